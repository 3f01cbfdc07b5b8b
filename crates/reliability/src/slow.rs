//! ARM answers, but late: every call takes longer than ExternalDNS may be kept waiting.
//!
//! Two histories at the same time: profiles are created, and an existing one is changed. ExternalDNS comes again and
//! again, as it does; it is answered in time, and each write is made once.

use std::path::Path;
use std::time::Duration;

use external_dns::model::Service;
use serde_json::json;

use crate::azure::Azure;
use crate::cluster::{Cluster, Loop};
use crate::failure::Failure;
use crate::report::Report;
use crate::serve::Launch;
use crate::wish::Wish;

const ONCE: &str = "each write is made once";
const IN_PLACE: &str = "the change is in place when ARM has caught up";
const TOLD: &str = "while ARM is slow, ExternalDNS is told to come again";
/// Far more loops than it takes.
const LOOPS: usize = 60;
/// ExternalDNS's interval is a minute; here it is only long enough not to spin.
const INTERVAL: Duration = Duration::from_millis(100);

/// How slow, and how patient.
#[derive(Debug, Clone, Copy)]
pub struct Slow {
    /// How long every ARM call takes.
    pub arm: Duration,
    /// `--deadline`
    pub deadline: Duration,
}

/// One history: what is wanted first, while ARM is quick, and then, when it is slow.
struct Story {
    name: &'static str,
    before: Vec<Wish>,
    after: Vec<Wish>,
    /// The writes that the change costs, by operation.
    writes: &'static [(&'static str, u64)],
}

#[derive(Debug, Default)]
struct Found {
    loops: u64,
    records: u64,
    applies: u64,
}

impl Slow {
    /// Sees the promises kept while ARM is slow.
    pub async fn run(self, binary: &Path) -> Result<Report, Failure> {
        let wish = |profile: &str, number: u16, weight: u16| Wish {
            service: format!("app-{number}"),
            profile: profile.to_owned(),
            endpoint: format!("east-{number}"),
            target: format!("t{number}.east.example.net"),
            weight,
            priority: None,
        };
        let create = Story {
            name: "creating two profiles",
            before: Vec::new(),
            after: vec![wish("one", 0, 10), wish("one", 1, 20), wish("two", 2, 30)],
            writes: &[("profiles.put", 2)],
        };
        let change = Story {
            name: "changing one member and adding another",
            before: vec![wish("one", 0, 10)],
            after: vec![wish("one", 0, 70), wish("one", 1, 30)],
            writes: &[("endpoints.put", 2), ("tags.patch", 1)],
        };
        let (create, change) =
            tokio::try_join!(self.tell(binary, &create), self.tell(binary, &change))?;
        let line = |name: &str, found: &Found| {
            format!(
                "{name}: {} loops; GET /records was answered 503 in {} of them and POST /records in {}, each time within the deadline; each write was made once",
                found.loops, found.records, found.applies
            )
        };
        Ok(Report {
            trial: "slow",
            tried: format!(
                "every ARM call takes {} s, and the deadline is {} s",
                self.arm.as_secs_f64(),
                self.deadline.as_secs_f64()
            ),
            observed: vec![
                line("creating two profiles", &create),
                line("changing a member and adding one", &change),
            ],
        })
    }

    async fn tell(self, binary: &Path, story: &Story) -> Result<Found, Failure> {
        let azure = Azure::start(1).await?;
        let mut launch = Launch::new(binary, "east", azure.url());
        launch.deadline = self.deadline;
        let mut east = Cluster::start(launch).await?;
        let before = services(&story.before);
        if !before.is_empty() {
            east.run(&before).await?;
            east.quiet(&azure, &before).await?;
        }
        azure.reset();
        azure.faults(&json!([{"delay": format!("{}ms", self.arm.as_millis())}]))?;
        let told = self.catch_up(&azure, &mut east, story).await;
        told.map_err(|failure| Failure::setup(story.name, east.with_log(failure)))
    }

    async fn catch_up(
        self,
        azure: &Azure,
        east: &mut Cluster,
        story: &Story,
    ) -> Result<Found, Failure> {
        let wanted = services(&story.after);
        let mut found = Found::default();
        let mut last = Loop::Quiet;
        let mut rested = false;
        for _ in 0..LOOPS {
            found.loops += 1;
            last = east.run(&wanted).await?;
            match &last {
                Loop::Quiet => {
                    rested = true;
                    break;
                }
                Loop::Later(reason) if reason.starts_with("POST /records: 503") => {
                    found.applies += 1;
                }
                Loop::Later(reason) if reason.starts_with("GET /records: 503") => {
                    found.records += 1;
                }
                _ => return Err(Failure::broken(TOLD, format!("{last:?}"))),
            }
            tokio::time::sleep(INTERVAL).await;
        }
        if !rested {
            return Err(Failure::broken(IN_PLACE, format!("{last:?}")));
        }
        if found.records == 0 || found.applies != 1 {
            return Err(Failure::broken(TOLD, format!("{found:?}")));
        }
        for wish in &story.after {
            let shown = azure.profile(&wish.profile).unwrap_or_default();
            let held = crate::azure::endpoints(&shown);
            if !held
                .get(&wish.endpoint)
                .is_some_and(|held| wish.is_met_by(held))
            {
                return Err(Failure::broken(IN_PLACE, format!("{wish:?}: {shown:#}")));
            }
        }
        let calls = azure.calls();
        let expected: u64 = story.writes.iter().map(|(_, count)| count).sum();
        let each = story
            .writes
            .iter()
            .all(|(operation, count)| calls.operations.get(operation) == Some(count));
        if !each || calls.writes != expected {
            return Err(Failure::broken(ONCE, format!("{calls:?}")));
        }
        azure.calm();
        east.quiet(azure, &wanted).await?;
        Ok(found)
    }
}

fn services(wishes: &[Wish]) -> Vec<Service> {
    wishes.iter().map(|wish| wish.to_service("east")).collect()
}
