//! The world of one history: Azure, the clusters, and the scheduler that lets
//! one thing happen after another.

mod effect;

use std::collections::BTreeMap;
use std::time::Duration;

use arm_client::Phase;
use arm_client::exchange::{Answer, HeaderMap};
use bytes::Bytes;
use emulator::{Cloud, Request, Response, State, ZoneSeed};
use tokio::time::Instant;

use crate::SetUpError;
use crate::cluster::{Batch, Cluster, GRACE, Object, Setting};
use crate::history::{Deed, Hand, History, How, Step};
use crate::law::{Law, Violation};
use crate::ledger::{Ledger, Maker};
use crate::line::{Reply, Waiting, lock};
use crate::mutation::Mutation;
use crate::names::{self, Names};
use crate::others;
use crate::statistics::Statistics;
use crate::surroundings::mix;

/// How long the scheduler sleeps between two steps. Time is paused, so this
/// returns when everybody else has nothing left to do.
const BARRIER: Duration = Duration::from_millis(1);
/// How old a list may be when it is called stale.
const STALE: Duration = Duration::from_mins(2);

/// The world.
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) ledger: Ledger,
    pub(crate) statistics: Statistics,
    pub(crate) violations: Vec<Violation>,
    /// What happened, in words, when somebody wants to know.
    pub(crate) journal: Option<Vec<String>>,
    /// The step under way, from 1.
    pub(crate) step: usize,
    /// Writes that clusters have sent, however they ended.
    pub(crate) writes: u64,
    /// Lists that clusters have sent.
    pub(crate) lists: u64,
    /// Other calls that clusters have sent.
    pub(crate) reads: u64,
    /// What DNS says, when there is a zone for vanity records.
    pub(crate) names: Option<Names>,
    /// Whether a clock has been set.
    pub(crate) skewed: bool,
    /// Effects so far.
    number: u64,
    seed: u64,
    start: Instant,
    last_list: Option<(Instant, Response)>,
}

// === impl World ===

impl World {
    pub(crate) fn new(
        history: &History,
        journal: bool,
        mutation: Option<Mutation>,
    ) -> Result<Self, SetUpError> {
        let History { seed, owners, .. } = *history;
        let start = Instant::now();
        let mut state = State::new(Cloud::default());
        let names = history.records.then(Names::default);
        if names.is_some() {
            let zone: ZoneSeed = names::seed().parse().map_err(|_| SetUpError::Name)?;
            state.add_zone(&zone);
        }
        let setting = Setting {
            mutation,
            answers: names.as_ref().map(|names| names.answers.clone()),
        };
        let clusters = (0..owners)
            .map(|number| {
                let seed = mix(seed ^ (number as u64 + 1));
                Cluster::new(number, seed, start, setting.clone())
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            state,
            names,
            clusters,
            ledger: Ledger::new(GRACE),
            statistics: Statistics::default(),
            violations: Vec::new(),
            journal: journal.then(Vec::new),
            step: 0,
            writes: 0,
            lists: 0,
            reads: 0,
            skewed: false,
            number: 0,
            seed,
            start,
            last_list: None,
        })
    }

    /// Lets a step happen.
    pub(crate) async fn take(&mut self, step: &Step) -> Result<(), SetUpError> {
        self.step += 1;
        self.note(|| format!("--- {step}"));
        match step {
            Step::Run(owner) => self.begin(*owner).await,
            Step::Turn(owner, count) => {
                for _ in 0..*count {
                    if !self.serve(*owner, 0, How::Fine).await {
                        break;
                    }
                }
            }
            Step::Serve(owner, index, how) => {
                self.serve(*owner, usize::from(*index), *how).await;
            }
            Step::Edit(owner, slot, changes) => self.edit(*owner, *slot, changes),
            Step::Remove(owner, slot) => {
                if let Some(cluster) = self.clusters.get_mut(*owner) {
                    cluster.objects.remove(slot);
                }
            }
            Step::Kill(owner, bits) => self.kill(*owner, *bits)?,
            Step::Pass(seconds) => self.pass(Duration::from_secs(u64::from(*seconds))).await,
            Step::Skew(owner, seconds) => {
                self.skewed = true;
                if let Some(cluster) = self.clusters.get(*owner) {
                    cluster.clock.skew(*seconds);
                }
            }
            Step::Others(profile, deed) => self.others(profile, deed),
            Step::Name(host, hand) => self.hand(host, *hand),
        }
        Ok(())
    }

    /// Begins a loop.
    pub(crate) async fn begin(&mut self, owner: usize) {
        let Some(cluster) = self.clusters.get(owner) else {
            return;
        };
        cluster.begin_loop();
        self.barrier().await;
    }

    /// Waits until nobody has anything left to do but to wait.
    pub(crate) async fn barrier(&mut self) {
        tokio::time::sleep(BARRIER).await;
        self.sweep();
    }

    /// Lets time pass, second by second while calls wait, because clients give
    /// up and try again.
    pub(crate) async fn pass(&mut self, time: Duration) {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let step = if self.is_idle() {
                left
            } else {
                left.min(Duration::from_secs(1))
            };
            tokio::time::sleep(step).await;
            self.sweep();
        }
    }

    /// Whether no call waits and no loop runs.
    pub(crate) fn is_idle(&self) -> bool {
        self.clusters.iter().all(|cluster| {
            let shared = lock(&cluster.process.shared);
            !shared.running && shared.batch == Batch::None && lock(&cluster.process.line).is_empty()
        })
    }

    /// Carries out a waiting call, or not, and answers it, or not. Says whether
    /// there was one.
    pub(crate) async fn serve(&mut self, owner: usize, index: usize, how: How) -> bool {
        let Some(cluster) = self.clusters.get_mut(owner) else {
            return false;
        };
        let waiting = {
            let mut line = lock(&cluster.process.line);
            let index = index % line.len().max(1);
            line.remove(index)
        };
        let Some(waiting) = waiting else {
            return false;
        };
        self.statistics.count_fault(how.fault());
        let heard = !matches!(how, How::Fine | How::Late(_) | How::Stale);
        cluster.process.failed |= heard;
        self.answer(owner, waiting, how);
        self.barrier().await;
        true
    }

    fn answer(&mut self, owner: usize, waiting: Waiting, how: How) {
        let request = waiting.request.clone();
        match how {
            How::Fine => {
                let response = self.effect(owner, &request, true);
                waiting.tell(Reply::Answer(answer(&response)));
            }
            How::Refused(status) => waiting.tell(Reply::Answer(refusal(status, None))),
            How::CutBefore => waiting.tell(Reply::Cut(Phase::Interrupted)),
            How::CutAfter => {
                self.effect(owner, &request, false);
                waiting.tell(Reply::Cut(Phase::Interrupted));
            }
            How::FailsAfter => {
                self.effect(owner, &request, false);
                waiting.tell(Reply::Answer(refusal(500, None)));
            }
            How::Throttled(seconds) => {
                waiting.tell(Reply::Answer(refusal(429, Some(seconds))));
            }
            How::ThrottledSilently => waiting.tell(Reply::Answer(refusal(429, None))),
            How::Late(seconds) => {
                let response = self.effect(owner, &request, true);
                let reply = Reply::Answer(answer(&response));
                waiting.tell_later(reply, Duration::from_secs(u64::from(seconds)));
            }
            How::Stale => {
                let stale = self
                    .last_list
                    .clone()
                    .filter(|(at, _)| at.elapsed() <= STALE);
                let response = match stale {
                    Some((_, response)) if is_list(&request) => response,
                    _ => self.effect(owner, &request, true),
                };
                waiting.tell(Reply::Answer(answer(&response)));
            }
        }
    }

    /// Ends a process. The bits say which of its calls reach Azure all the same.
    fn kill(&mut self, owner: usize, bits: u8) -> Result<(), SetUpError> {
        let Some(cluster) = self.clusters.get_mut(owner) else {
            return Ok(());
        };
        self.statistics.kills += 1;
        let left: Vec<Waiting> = lock(&cluster.process.line).drain(..).collect();
        for (index, waiting) in left.iter().enumerate() {
            if index < 8 && bits & (1 << index) != 0 {
                let request = waiting.request.clone();
                self.effect(owner, &request, false);
            }
        }
        // Its tasks would run on when their calls end; they never do.
        if let Some(cluster) = self.clusters.get_mut(owner) {
            cluster.restart()?;
        }
        Ok(())
    }

    fn edit(&mut self, owner: usize, slot: u8, changes: &BTreeMap<String, Option<String>>) {
        let Some(cluster) = self.clusters.get_mut(owner) else {
            return;
        };
        let object = cluster
            .objects
            .entry(slot)
            .or_insert_with(|| Object::new(owner, slot));
        for (name, value) in changes {
            match value {
                Some(value) => object.annotations.insert(name.clone(), value.clone()),
                None => object.annotations.remove(name),
            };
        }
    }

    fn others(&mut self, name: &str, deed: &Deed) {
        self.statistics.edits_by_others += 1;
        let before = others::find(&self.state, name).cloned();
        others::act(&mut self.state, name, deed);
        self.judge(Maker::Others, name, before.as_ref(), false);
    }

    fn hand(&mut self, host: &str, hand: Hand) {
        if self.names.is_none() {
            return;
        }
        self.statistics.edits_by_others += 1;
        names::act(&mut self.state, host, hand);
        self.judge_names(Maker::Others);
    }

    pub(crate) fn broken(&mut self, law: Law, what: String) {
        self.note(|| format!("BROKEN: {law}: {what}"));
        let step = self.step;
        self.violations.push(Violation { law, step, what });
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(journal) = &mut self.journal {
            let time = self.start.elapsed().as_millis();
            journal.push(format!("{time:>9} {}", line()));
        }
    }
}

fn answer(response: &Response) -> Answer {
    Answer {
        status: response.status.as_u16(),
        headers: HeaderMap::new(),
        body: Bytes::from(response.body.clone().unwrap_or_default()),
    }
}

fn refusal(status: u16, retry_after: Option<u8>) -> Answer {
    let mut headers = HeaderMap::new();
    if let Some(seconds) = retry_after {
        headers.insert("retry-after", u16::from(seconds).into());
    }
    let body = r#"{"error":{"code":"Simulated","message":"The simulation says no."}}"#;
    Answer {
        status,
        headers,
        body: Bytes::from_static(body.as_bytes()),
    }
}

fn is_list(request: &Request) -> bool {
    request.method == "GET" && request.path.ends_with("/trafficManagerProfiles")
}

/// The name of the profile that a path is in.
fn profile_of(path: &str) -> &str {
    let rest = path.split_once("/trafficManagerProfiles/");
    rest.and_then(|(_, rest)| rest.split('/').next())
        .unwrap_or_default()
}

fn short(path: &str) -> &str {
    path.split_once("/Microsoft.Network/")
        .map_or(path, |(_, rest)| rest)
}
