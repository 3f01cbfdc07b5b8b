//! The world of one history: Azure, the clusters, and the scheduler that lets
//! one thing happen after another.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use arm_client::exchange::{Answer, HeaderMap};
use arm_client::{Clock as _, Phase};
use bytes::Bytes;
use emulator::{Cloud, Request, Response, State};
use members::claim::Claim;
use tokio::time::Instant;

use crate::SetUpError;
use crate::cluster::{Batch, Cluster, GRACE, Object};
use crate::debts;
use crate::history::{Deed, History, How, Step};
use crate::law::{Law, Violation};
use crate::ledger::{Change, Known, Ledger, Maker};
use crate::line::{Reply, Waiting, lock};
use crate::mutation::Mutation;
use crate::others;
use crate::statistics::Statistics;
use crate::surroundings::mix;
use crate::view;

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
        let clusters = (0..owners)
            .map(|number| Cluster::new(number, mix(seed ^ (number as u64 + 1)), start, mutation))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            state: State::new(Cloud::default()),
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

    /// Carries out a call. `told` says whether the client will see the answer.
    fn effect(&mut self, owner: usize, request: &Request, told: bool) -> Response {
        self.statistics.calls += 1;
        let is_read = request.method == "GET" || request.method == "POST";
        if is_list(request) {
            self.lists += 1;
        } else if is_read {
            self.reads += 1;
        } else {
            self.writes += 1;
        }
        let name = profile_of(&request.path).to_owned();
        let before = if is_read {
            None
        } else {
            others::find(&self.state, &name).cloned()
        };
        let response = self.state.answer(request);
        self.statistics
            .count_status(response.status.as_u16(), is_read);
        let who = crate::history::OWNERS
            .get(owner)
            .copied()
            .unwrap_or_default();
        self.note(|| {
            format!(
                "{who}: {} {} {} -> {}",
                request.method,
                short(&request.path),
                String::from_utf8_lossy(&request.body),
                response.status
            )
        });
        let refused = !response.status.is_success();
        if let Some(cluster) = self.clusters.get_mut(owner) {
            cluster.process.failed |= refused && !is_read;
        }
        if is_list(request) {
            self.last_list = Some((Instant::now(), response.clone()));
        } else if is_read && told && !name.is_empty() {
            let known = Known {
                profile: others::find(&self.state, &name).cloned(),
                at: self.number,
            };
            if let Some(cluster) = self.clusters.get_mut(owner) {
                cluster.process.known.insert(name, known);
            }
        } else if !is_read {
            let whole = request.method == "PUT" && !request.path.contains("ndpoints/");
            self.judge(Maker::Owner(owner), &name, before.as_ref(), whole);
        }
        response
    }

    fn judge(
        &mut self,
        by: Maker,
        name: &str,
        before: Option<&emulator::model::Profile>,
        whole: bool,
    ) {
        self.number += 1;
        let after = others::find(&self.state, name);
        let cluster = match by {
            Maker::Owner(owner) => self.clusters.get(owner),
            Maker::Others => None,
        };
        let change = Change {
            by,
            name,
            before,
            after,
            known: cluster.and_then(|cluster| cluster.process.known.get(name)),
            now: cluster.map_or(jiff::Timestamp::MAX, |cluster| cluster.clock.now()),
            number: self.number,
            whole,
        };
        let verdict = self.ledger.judge(&change);
        for race in verdict.races {
            *self.statistics.races.entry(race).or_default() += 1;
        }
        for (law, what) in verdict.broken {
            self.broken(law, what);
        }
        if let Maker::Owner(owner) = by {
            for (endpoint, target) in verdict.adopted {
                self.adopted(owner, name, &endpoint, &target);
            }
            for claim in verdict.deleted.into_iter().flatten() {
                self.deleted(owner, name, &claim);
            }
        }
    }

    /// An existing endpoint may be claimed when an object asks for exactly it.
    fn adopted(&mut self, owner: usize, profile: &str, endpoint: &str, target: &str) {
        let Some(cluster) = self.clusters.get(owner) else {
            return;
        };
        if !debts::asks_for(cluster, profile, endpoint, target) {
            let what = format!(
                "{} claimed endpoint {endpoint} of profile {profile}, which none of its objects describes",
                cluster.name()
            );
            self.broken(Law::Foreign, what);
        }
    }

    /// An owner has deleted its endpoint: it may, or it owes a new one.
    fn deleted(&mut self, owner: usize, profile: &str, claim: &Claim) {
        let Some(cluster) = self.clusters.get_mut(owner) else {
            return;
        };
        match debts::of_deletion(cluster, &self.state, &self.ledger, profile, claim) {
            Ok(debt) => cluster.process.debts.extend(debt),
            Err(what) => self.broken(Law::Lost, what),
        }
    }

    /// What has to be looked at after everything that happens: calls that the
    /// client has given up, and batches that have ended.
    fn sweep(&mut self) {
        for owner in 0..self.clusters.len() {
            let abandoned: Vec<Waiting> = {
                let Some(cluster) = self.clusters.get(owner) else {
                    continue;
                };
                let mut line = lock(&cluster.process.line);
                let (heard, abandoned): (VecDeque<_>, VecDeque<_>) =
                    line.drain(..).partition(Waiting::is_heard);
                *line = heard;
                abandoned.into()
            };
            for waiting in abandoned {
                self.statistics
                    .count_fault(Some("held back until the client gave up"));
                if let Some(cluster) = self.clusters.get_mut(owner) {
                    cluster.process.failed = true;
                }
                // Azure may have been about to carry it out. Nobody hears.
                if mix(self.seed ^ self.number ^ 0xa5a5) & 1 == 0 {
                    let request = waiting.request.clone();
                    self.effect(owner, &request, false);
                }
            }
            self.settle(owner);
        }
    }

    /// When a batch has ended, its debts are due.
    fn settle(&mut self, owner: usize) {
        let Some(cluster) = self.clusters.get_mut(owner) else {
            return;
        };
        {
            let mut shared = lock(&cluster.process.shared);
            match shared.batch {
                Batch::Ended => shared.batch = Batch::None,
                // What failed before the batch is no excuse.
                Batch::None => {
                    cluster.process.failed = false;
                    return;
                }
                Batch::Running => return,
            }
        }
        let debts = std::mem::take(&mut cluster.process.debts);
        let excused = std::mem::take(&mut cluster.process.failed);
        for debt in debts {
            let known = self
                .clusters
                .get(owner)
                .and_then(|cluster| cluster.process.known.get(&debt.profile));
            let meddled =
                known.is_some_and(|known| self.ledger.is_meddled_with(&debt.profile, known.at));
            if meddled || debt.is_paid(owner, &self.state) {
                continue;
            }
            let rival = debt.rival(&self.state);
            let knew = known
                .and_then(|known| known.profile.as_ref())
                .is_some_and(|seen| {
                    view::counting(&view::claims(seen), &debt.new)
                        .is_some_and(|claim| Some(claim.owner.to_string()) == rival)
                });
            if rival.is_some() && !knew {
                let race = "a name was claimed by another while its member was renamed to it";
                *self.statistics.races.entry(race).or_default() += 1;
                continue;
            }
            if excused {
                self.statistics.passing_losses += 1;
            } else {
                let what = format!(
                    "endpoint {} of profile {} was taken away and not put back, and nothing had failed",
                    debt.old, debt.profile
                );
                self.broken(Law::Lost, what);
            }
        }
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
