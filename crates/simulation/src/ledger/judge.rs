//! What one owner's write changes in a profile: its settings, tags and endpoints.

use std::collections::BTreeSet;

use emulator::model::{Profile, Toggle};
use members::claim::Claim;

use super::{Change, Held, Ledger, Maker, Touched, Verdict};
use crate::law::Law;
use crate::view;

impl Ledger {
    pub(super) fn judge_settings(
        change: &Change<'_>,
        owner: usize,
        (before, after): (&Profile, &Profile),
        (seen, seen_claims): (&Profile, &[Claim]),
        verdict: &mut Verdict,
    ) {
        if before.settings == after.settings {
            return;
        }
        let who = Maker::Owner(owner).name();
        // What no annotation can say is never ours to change.
        let free = |profile: &Profile| {
            let settings = &profile.settings;
            (
                settings.record_type,
                settings.allowed_record_types.clone(),
                settings.relative_name.clone(),
            )
        };
        if free(before) != free(after) && free(seen) == free(after) {
            verdict
                .races
                .push("settings were written back that a racing creation had replaced");
        } else if free(before) != free(after) {
            verdict.say(
                Law::Foreign,
                format!(
                    "{who} changed settings of profile {} that no annotation is about",
                    change.name
                ),
            );
        }
        let decider = view::decider(seen, seen_claims);
        let decides = decider.as_deref().is_none_or(|decider| decider == who);
        let retires = after.settings.status == Toggle::Disabled
            && seen.endpoints.iter().all(|endpoint| {
                view::counting(seen_claims, &endpoint.name)
                    .is_some_and(|claim| claim.owner.as_str() == who)
            });
        if !decides && !retires {
            verdict.say(
                Law::OtherOwner,
                format!(
                    "{who} changed the settings of profile {}, which {} decides",
                    change.name,
                    decider.unwrap_or_default()
                ),
            );
        }
    }

    pub(super) fn judge_tags(
        &mut self,
        change: &Change<'_>,
        owner: usize,
        (before, after): (&Profile, &Profile),
        (seen, seen_claims): (&Profile, &[Claim]),
        verdict: &mut Verdict,
    ) {
        let who = Maker::Owner(owner).name();
        let (old, new) = (view::tags(before), view::tags(after));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            if old.get(name) == new.get(name) {
                continue;
            }
            if view::is_foreign_tag(name) {
                verdict.say(
                    Law::Foreign,
                    format!("{who} changed tag {name} of profile {}", change.name),
                );
            }
            let claimant = members::claim::owner_of(name);
            if claimant.is_some_and(|claimant| claimant.as_str() != who) {
                verdict.say(
                    Law::OtherOwner,
                    format!("{who} changed tag {name} of profile {}", change.name),
                );
            }
        }
        let Some(entry) = self.entries.get_mut(change.name) else {
            return;
        };
        if old.get(view::RETIRED) != new.get(view::RETIRED) {
            entry.retired = new.get(view::RETIRED).map(|_| (owner, change.now));
        }
        let (old_claims, new_claims) = (view::claims(before), view::claims(after));
        for claim in new_claims
            .iter()
            .filter(|claim| claim.owner.as_str() == who)
        {
            let endpoint = claim.endpoint.as_str();
            let was = old_claims
                .iter()
                .any(|old| old.owner == claim.owner && old.endpoint == claim.endpoint);
            let Some(held) = entry.endpoints.get_mut(&endpoint.to_ascii_lowercase()) else {
                continue;
            };
            if was || held.by == Maker::Owner(owner) {
                continue;
            }
            let rival = view::counting(&old_claims, endpoint);
            if let Some(rival) = rival.filter(|rival| rival.owner.as_str() != who) {
                let knew = seen_claims
                    .iter()
                    .any(|seen| seen.owner == rival.owner && seen.endpoint == rival.endpoint);
                if knew {
                    verdict.say(
                        Law::OtherOwner,
                        format!(
                            "{who} claimed endpoint {endpoint} of profile {} beside {}",
                            change.name, rival.owner
                        ),
                    );
                } else {
                    verdict
                        .races
                        .push("an endpoint was claimed by two at the same time");
                }
                continue;
            }
            if view::endpoint(seen, endpoint).is_some() {
                let target =
                    view::endpoint(after, endpoint).map(|held| held.target.host().to_owned());
                verdict
                    .adopted
                    .push((endpoint.to_owned(), target.unwrap_or_default()));
            } else {
                verdict
                    .races
                    .push("an endpoint appeared before its name was claimed");
            }
            held.by = Maker::Owner(owner);
        }
    }

    pub(super) fn judge_endpoints(
        &mut self,
        change: &Change<'_>,
        owner: usize,
        (before, after): (&Profile, &Profile),
        (seen, seen_claims): (&Profile, &[Claim]),
        verdict: &mut Verdict,
    ) {
        let claims = view::claims(before);
        for old in &before.endpoints {
            let new = view::endpoint(after, &old.name);
            if new == Some(old) {
                continue;
            }
            let touched = Touched {
                name: &old.name,
                old,
            };
            self.judge_touched(
                change,
                owner,
                &touched,
                &claims,
                (seen, seen_claims),
                verdict,
            );
            if new.is_none() {
                let claim = view::counting(&claims, &old.name);
                let own = claim.filter(|claim| claim.owner.as_str() == Maker::Owner(owner).name());
                verdict.deleted.push(own.cloned());
            }
        }
        let Some(entry) = self.entries.get_mut(change.name) else {
            return;
        };
        entry
            .endpoints
            .retain(|name, _| view::endpoint(after, name).is_some());
        for endpoint in &after.endpoints {
            let name = endpoint.name.to_ascii_lowercase();
            entry.endpoints.entry(name).or_insert(Held {
                by: Maker::Owner(owner),
                // The claim may have been swept away since the last look.
                excused: entry.disturbed > change.known.map_or(0, |known| known.at),
            });
        }
    }

    pub(super) fn judge_touched(
        &self,
        change: &Change<'_>,
        owner: usize,
        touched: &Touched<'_>,
        claims: &[Claim],
        (seen, seen_claims): (&Profile, &[Claim]),
        verdict: &mut Verdict,
    ) {
        let who = Maker::Owner(owner).name();
        let Touched { name, old } = *touched;
        if let Some(claim) = view::counting(claims, name) {
            if claim.owner.as_str() == who {
                return;
            }
            let knew = seen_claims
                .iter()
                .any(|known| known.owner == claim.owner && known.endpoint == claim.endpoint);
            if knew {
                verdict.say(
                    Law::OtherOwner,
                    format!(
                        "{who} changed endpoint {name} of profile {}, which belongs to {}",
                        change.name, claim.owner
                    ),
                );
            } else {
                verdict
                    .races
                    .push("an endpoint was claimed by two at the same time");
            }
            return;
        }
        let held = self
            .entries
            .get(change.name)
            .and_then(|entry| entry.endpoints.get(&name.to_ascii_lowercase()));
        if held.is_some_and(|held| held.by == Maker::Owner(owner)) {
            return;
        }
        let knew = view::endpoint(seen, name).is_some_and(|seen| seen.target == old.target)
            && view::counting(seen_claims, name).is_none();
        if knew {
            verdict.say(
                Law::Foreign,
                format!(
                    "{who} changed endpoint {name} of profile {}, which it has not claimed",
                    change.name
                ),
            );
        } else {
            verdict.races.push("an endpoint appeared before a write");
        }
    }
}
