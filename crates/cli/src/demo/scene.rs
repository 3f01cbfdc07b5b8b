//! What can be done and seen while the story is told: loops of ExternalDNS, Azure's requests, probes, members, answers.

use std::io::Write;
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use tokio::time::{Instant, sleep};

use super::azure::{ProfileState, Requests};
use super::cluster::Did;
use super::error::StoryError;
use super::narrator::Narrator;
use super::roster::{self, Member};
use super::share::{Comparison, Expected};
use super::world::{Side, World};
use super::{dns, metrics};

/// Everything that is waited for takes much less.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at something that takes time.
const GLANCE: Duration = Duration::from_millis(100);
/// The listing that is the whole cost of a quiet loop.
const LIST: &str = "profiles.list";
/// Counts the objects with wrong annotations.
const INVALID: &str = "external_dns_traffic_manager_invalid_objects{reason=\"InvalidAnnotation\"}";

/// Whether something is as expected; if not, why not.
pub(super) type Outcome = Result<(), String>;

/// The world and who tells of it.
#[derive(Debug)]
pub(super) struct Scene<'a, W> {
    /// Where it happens.
    pub(super) world: &'a mut World,
    /// Who tells it.
    pub(super) tell: &'a mut Narrator<W>,
}

/// What one loop of ExternalDNS did, and what Azure was asked for meanwhile.
#[derive(Debug)]
pub(super) struct Loop {
    /// Its changes.
    pub(super) did: Did,
    /// ARM requests.
    pub(super) requests: Requests,
}

// === impl Scene ===

impl<W: Write> Scene<'_, W> {
    /// One loop of one cluster.
    pub(super) async fn loop_once(&mut self, side: Side) -> Result<Loop, StoryError> {
        self.world.control.reset_requests().await?;
        let did = self.world.site_mut(side).cluster.run_loop().await?;
        let requests = self.world.control.requests().await?;
        Ok(Loop { did, requests })
    }

    /// One loop of one cluster, and a line about it.
    pub(super) async fn tell_loop(&mut self, side: Side) -> Result<Loop, StoryError> {
        let mut done = self.loop_once(side).await?;
        // What goes on behind the answers, as the record of a vanity host, counts too.
        self.settle().await?;
        done.requests = self.world.control.requests().await?;
        let owner = &self.world.site(side).cluster.owner;
        let line = format!(
            "{owner}: ExternalDNS {}; calls to Azure: {}",
            done.did, done.requests
        );
        self.tell.note(&line)?;
        Ok(done)
    }

    /// Ends the story unless the outcome is good.
    pub(super) fn expect(&mut self, what: &str, outcome: Outcome) -> Result<(), StoryError> {
        self.tell.expect(what, outcome)??;
        Ok(())
    }

    /// The next loop after a change has nothing to do, and costs one listing and no write.
    pub(super) async fn expect_quiet(&mut self) -> Result<(), StoryError> {
        let mut outcome = Ok(());
        for side in Side::BOTH {
            let Loop { did, requests } = self.loop_once(side).await?;
            let owner = &self.world.site(side).cluster.owner;
            let cheap = requests.of(LIST) == 1 && requests.besides(&[LIST]) == 0;
            outcome = outcome
                .and_then(|()| met(did.is_nothing(), || format!("ExternalDNS of {owner} {did}")))
                .and_then(|()| met(cheap, || format!("{owner} asked Azure for {requests}")));
        }
        let what = "the next loop of each cluster changes nothing: one list call, no write";
        self.expect(what, outcome)
    }

    /// Waits until the probes see exactly the endpoints of these clusters online, and have made up their mind about
    /// the others.
    pub(super) async fn expect_online(&mut self, sides: &[Side]) -> Result<(), StoryError> {
        let names = sides
            .iter()
            .map(|side| self.world.site(*side).endpoint().to_owned());
        let mut wanted: Vec<_> = names.collect();
        wanted.sort();
        let only = if sides.len() == 1 { "only " } else { "" };
        let what = format!("the probes find {only}{} online", wanted.join(" and "));
        let reached = |profile: Option<&ProfileState>| {
            profile.is_some_and(|profile| online(profile).is_some_and(|found| found == wanted))
        };
        let limit = Instant::now() + PATIENCE;
        loop {
            let profile = self.world.profile().await?;
            if reached(profile.as_ref()) {
                return self.expect(&what, Ok(()));
            }
            if Instant::now() > limit {
                return self.expect(&what, Err(too_late(profile.as_ref())));
            }
            sleep(GLANCE).await;
        }
    }

    /// Lets the loops go on until there is no profile any more. They have nothing to change meanwhile.
    pub(super) async fn expect_gone(&mut self, what: &str) -> Result<(), StoryError> {
        let limit = Instant::now() + PATIENCE;
        loop {
            let profile = self.world.profile().await?;
            if profile.is_none() {
                // Whoever made a record looks once more whether one is left.
                for side in Side::BOTH {
                    self.loop_once(side).await?;
                }
                self.settle().await?;
                return self.expect(what, Ok(()));
            }
            if Instant::now() > limit {
                return self.expect(what, Err(too_late(profile.as_ref())));
            }
            for side in Side::BOTH {
                let did = self.loop_once(side).await?.did;
                if !did.is_nothing() {
                    let owner = &self.world.site(side).cluster.owner;
                    let why = format!("meanwhile ExternalDNS of {owner} {did}");
                    return self.expect(what, Err(why));
                }
            }
            sleep(GLANCE).await;
        }
    }

    /// Waits until nobody asks Azure for anything: a second look of the webhook at the same profile may be under way. If
    /// that does not end, what is expected next says so.
    async fn settle(&mut self) -> Result<(), StoryError> {
        let limit = Instant::now() + PATIENCE;
        let mut before = self.world.control.requests().await?;
        loop {
            sleep(GLANCE).await;
            let after = self.world.control.requests().await?;
            if after == before || Instant::now() > limit {
                return Ok(());
            }
            before = after;
        }
    }

    /// The table of members, and the members. Whose each is, says the webhook that returns it.
    pub(super) async fn show_members(&mut self) -> Result<Vec<Member>, StoryError> {
        for side in Side::BOTH {
            self.loop_once(side).await?;
        }
        let profile = self.world.profile().await?;
        let records = Side::BOTH.map(|side| self.world.site(side).cluster.records.as_slice());
        let members = profile.map_or_else(Vec::new, |profile| roster::members(&profile, &records));
        self.tell.table(&roster::table(&members))?;
        Ok(members)
    }

    /// Asks for the profile's name some thousand times, and shows where the answers lead.
    pub(super) async fn expect_split(
        &mut self,
        what: &str,
        expected: &[Expected],
    ) -> Result<(), StoryError> {
        let name = self.fqdn().await?;
        let server = self.world.emulator().dns_addr();
        let places = Side::BOTH.map(|side| self.world.site(side).place.clone());
        let tally = dns::tally(server, &name, &places).await?;
        let shares = tally.compare(expected);
        self.tell
            .note(&format!("{} DNS queries for {name}", tally.queries))?;
        self.tell.shares(&shares)?;
        let outcome = met(shares.iter().all(Comparison::holds), || {
            "they do not, and chance does not explain it".to_owned()
        });
        self.expect(what, outcome)
    }

    /// One query for the profile's name has to find no such name.
    pub(super) async fn expect_no_answer(&mut self, name: &str) -> Result<(), StoryError> {
        let answer = dns::ask(self.world.emulator().dns_addr(), name).await?;
        let outcome = met(
            answer.code == ResponseCode::NXDomain && answer.addresses.is_empty(),
            || format!("the answer is {answer}"),
        );
        self.expect(&format!("{name} is answered no more"), outcome)
    }

    /// Waits until a user who types the application's name gets to one of the clusters.
    pub(super) async fn expect_record(&mut self) -> Result<(), StoryError> {
        let host = self.world.site(Side::East).app.get("hostname")?.to_owned();
        let name = self.fqdn().await?;
        let what = format!("{host} leads to one of the clusters by way of {name}");
        let limit = Instant::now() + PATIENCE;
        loop {
            let answer = dns::ask(self.world.emulator().dns_addr(), &host).await?;
            if answer.names.first() == Some(&name) && !answer.addresses.is_empty() {
                self.tell.note(&format!("{host} -> {answer}"))?;
                self.settle().await?;
                return self.expect(&what, Ok(()));
            }
            if Instant::now() > limit {
                return self.expect(&what, Err(format!("the answer is {answer}")));
            }
            for side in Side::BOTH {
                self.loop_once(side).await?;
            }
            sleep(GLANCE).await;
        }
    }

    /// Lets the loops go on until the record of the application's name is gone. The profile is there until then.
    pub(super) async fn expect_record_gone_first(&mut self) -> Result<(), StoryError> {
        let host = self.world.site(Side::East).app.get("hostname")?.to_owned();
        let what = format!("the record of {host} goes first, and the profile stays until then");
        let limit = Instant::now() + PATIENCE;
        loop {
            let profile = self.world.profile().await?;
            let answer = dns::ask(self.world.emulator().dns_addr(), &host).await?;
            let is_gone = answer.names.is_empty() && answer.addresses.is_empty();
            if profile.is_none() && !is_gone {
                return self.expect(&what, Err(format!("the answer is still {answer}")));
            }
            if is_gone {
                return self.expect(&what, Ok(()));
            }
            if Instant::now() > limit {
                return self.expect(&what, Err(format!("the answer is {answer}")));
            }
            for side in Side::BOTH {
                self.loop_once(side).await?;
            }
            sleep(GLANCE).await;
        }
    }

    /// The metric of objects with wrong annotations has this value.
    pub(super) async fn expect_invalid(
        &mut self,
        side: Side,
        count: f64,
    ) -> Result<(), StoryError> {
        let site = self.world.site(side);
        let owner = site.cluster.owner.clone();
        let text = metrics::read(&site.instance.ops_url()).await?;
        let line = metrics::line(&text, INVALID);
        if let Some(line) = line {
            self.tell.note(&format!("/metrics of {owner}: {line}"))?;
        }
        let value = line.and_then(metrics::value);
        let outcome = met(value == Some(count), || match line {
            Some(line) => format!("the metric is {line}"),
            None => format!("there is no {INVALID}"),
        });
        self.expect(
            &format!("the metric of invalid objects is {count}"),
            outcome,
        )
    }

    /// The global name of the profile.
    pub(super) async fn fqdn(&self) -> Result<String, StoryError> {
        Ok(self.named_profile().await?.1)
    }

    /// The profile and its global name.
    pub(super) async fn named_profile(&self) -> Result<(ProfileState, String), StoryError> {
        let profile = self.world.profile().await?.ok_or(StoryError::NoProfile)?;
        let name = profile.fqdn.clone().ok_or(StoryError::NoProfile)?;
        Ok((profile, name))
    }
}

/// The endpoints that are online, sorted; `None` as long as the probes have not decided about all of them.
fn online(profile: &ProfileState) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for endpoint in &profile.endpoints {
        match endpoint.endpoint_monitor_status.as_deref() {
            Some("Online") => found.push(endpoint.name.clone()),
            Some("Degraded" | "Disabled") => {}
            _ => return None,
        }
    }
    found.sort();
    Some(found)
}

fn too_late(profile: Option<&ProfileState>) -> String {
    let seconds = PATIENCE.as_secs();
    match profile {
        None => format!("after {seconds} seconds there is no profile"),
        Some(profile) => {
            let endpoints = profile.endpoints.iter().map(|endpoint| {
                let health = endpoint.endpoint_monitor_status.as_deref();
                format!("{} {}", endpoint.name, health.unwrap_or("unknown"))
            });
            let endpoints: Vec<_> = endpoints.collect();
            format!(
                "after {seconds} seconds the profile is {} with the endpoints [{}]",
                profile.profile_status,
                endpoints.join(", ")
            )
        }
    }
}

/// Good, or the reason why not.
pub(super) fn met(condition: bool, why: impl FnOnce() -> String) -> Outcome {
    if condition { Ok(()) } else { Err(why()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::azure::EndpointState;

    fn profile(states: &[(&str, Option<&str>)]) -> ProfileState {
        ProfileState {
            id: String::new(),
            fqdn: None,
            profile_status: "Enabled".to_owned(),
            endpoints: states
                .iter()
                .map(|(name, health)| EndpointState {
                    name: (*name).to_owned(),
                    target: String::new(),
                    endpoint_status: "Enabled".to_owned(),
                    endpoint_monitor_status: health.map(str::to_owned),
                    weight: 1,
                })
                .collect(),
        }
    }

    #[test]
    fn online_is_known_when_all_probes_have_decided() {
        let decided = profile(&[
            ("west", Some("Online")),
            ("east", Some("Online")),
            ("old", Some("Degraded")),
        ]);
        assert_eq!(
            online(&decided),
            Some(vec!["east".to_owned(), "west".to_owned()])
        );
        let undecided = profile(&[("west", Some("Online")), ("east", Some("CheckingEndpoint"))]);
        assert_eq!(online(&undecided), None);
        assert_eq!(online(&profile(&[("east", None)])), None);
        assert_eq!(
            too_late(Some(&undecided)),
            "after 30 seconds the profile is Enabled with the endpoints [west Online, east CheckingEndpoint]"
        );
    }
}
