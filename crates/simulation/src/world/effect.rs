//! What a call does in Azure, and what the laws say about it.

use std::collections::VecDeque;

use arm_client::Clock as _;
use emulator::{Request, Response};
use members::claim::Claim;
use tokio::time::Instant;

use super::{World, is_list, profile_of, short};
use crate::cluster::Batch;
use crate::debts;
use crate::history::OWNERS;
use crate::law::Law;
use crate::ledger::{Change, Known, Maker};
use crate::line::{Waiting, lock};
use crate::names;
use crate::others;
use crate::surroundings::mix;
use crate::view;

impl World {
    /// Carries out a call. `told` says whether the client will see the answer.
    pub(super) fn effect(&mut self, owner: usize, request: &Request, told: bool) -> Response {
        self.statistics.calls += 1;
        let is_read = request.method == "GET" || request.method == "POST";
        let is_dns = names::is_about(&request.path);
        if is_list(request) {
            self.lists += 1;
        } else if !is_read {
            self.writes += 1;
        } else if !is_dns {
            // Records are compared now and then, whatever happens.
            self.reads += 1;
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
        let who = OWNERS.get(owner).copied().unwrap_or_default();
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
        } else if is_dns && !is_read {
            self.judge_names(Maker::Owner(owner));
        } else if !is_read {
            let whole = request.method == "PUT" && !request.path.contains("ndpoints/");
            self.judge(Maker::Owner(owner), &name, before.as_ref(), whole);
        }
        response
    }

    pub(super) fn judge(
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
            if let (Some(before), None) = (before, others::find(&self.state, name)) {
                let fqdn = view::fqdn(before);
                self.freed(owner, &fqdn);
            }
            for (endpoint, target) in verdict.adopted {
                self.adopted(owner, name, &endpoint, &target);
            }
            for claim in verdict.deleted.into_iter().flatten() {
                self.deleted(owner, name, &claim);
            }
        }
    }

    /// A profile was deleted by an owner: its name is free for anybody.
    fn freed(&mut self, owner: usize, fqdn: &str) {
        let Some(names) = &self.names else { return };
        let who = OWNERS.get(owner).copied().unwrap_or_default();
        let what = match names.unled(fqdn) {
            None => format!("{who} freed {fqdn}, to which a name leads"),
            Some(time) if time < names::TTL => format!(
                "{who} freed {fqdn}, to which a name led {} s ago",
                time.as_secs()
            ),
            Some(_) => return,
        };
        self.broken(Law::Names, what);
    }

    /// Judges what was done to the zone.
    pub(super) fn judge_names(&mut self, by: Maker) {
        let Some(names) = &mut self.names else { return };
        let before = names.look(&mut self.state);
        let Maker::Owner(owner) = by else { return };
        let Some(cluster) = self.clusters.get(owner) else {
            return;
        };
        let who = cluster.name();
        let mut broken = Vec::new();
        for (place, old) in &before {
            let new = names.held.get(place);
            if new == Some(old) {
                continue;
            }
            let Some(profile) = &old.profile else {
                let what = format!(
                    "{who} changed the record set {}, which is not ours",
                    old.host
                );
                broken.push((Law::Foreign, what));
                continue;
            };
            let known = cluster.process.known.get(profile);
            let seen = known.and_then(|known| known.profile.as_ref());
            if new.is_none() && seen.is_some_and(|seen| view::wants_record(seen, &old.host)) {
                let what = format!("{who} deleted the record {} of profile {profile}", old.host);
                broken.push((Law::Lost, what));
            }
        }
        for (place, new) in &names.held {
            let old = before.get(place);
            let Some(target) = new.target.as_ref().filter(|_| old != Some(new)) else {
                continue;
            };
            let profile = new.profile.as_deref().unwrap_or_default();
            let held = others::find(&self.state, profile);
            let leads = held.is_some_and(|held| view::fqdn(held) == *target);
            let at = cluster
                .process
                .known
                .get(profile)
                .map_or(0, |known| known.at);
            if !leads && !self.ledger.is_meddled_with(profile, at) {
                let what = format!("{who} made {} lead to {target}, which is free", new.host);
                broken.push((Law::Names, what));
            }
        }
        for (law, what) in broken {
            self.broken(law, what);
        }
    }

    /// An existing endpoint may be claimed when an object asks for exactly it.
    pub(super) fn adopted(&mut self, owner: usize, profile: &str, endpoint: &str, target: &str) {
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
    pub(super) fn deleted(&mut self, owner: usize, profile: &str, claim: &Claim) {
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
    pub(super) fn sweep(&mut self) {
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
    pub(super) fn settle(&mut self, owner: usize) {
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
}
