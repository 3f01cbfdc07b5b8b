//! Resolving: from what the objects want and what Azure holds to the records
//! that ExternalDNS shall make true.
//!
//! The answer is what *can* be true. A wish that cannot be met is reported and
//! left out; when the object already has a member, the member's current record
//! stands in for it, so that ExternalDNS plans nothing: a mistake never changes
//! what works. The same input gives the same answer in every cluster.

mod blocked;
mod circle;
mod current;
mod duplicates;
mod last;
mod nesting;
mod placement;
mod priorities;
mod reachable;
mod room;
mod settings;
mod taken;

use std::collections::{BTreeMap, BTreeSet};

use external_dns::Endpoint as Record;
use traffic_manager::ProfileId;

use crate::finding::Finding;
use crate::member::{Member, MemberKey};
use crate::observe::{Observed, one_per_row};
use crate::properties::Properties;
use crate::record;
use crate::want::{Scope, Source, Want};

pub use blocked::Blocked;
use current::Current;

/// What ExternalDNS shall make true, and what is wrong.
#[derive(Debug, Clone, Default)]
pub struct Resolution {
    /// The desired records, sorted.
    pub records: Vec<Record>,
    /// What is wrong with objects. Some of them have a record all the same.
    pub findings: Vec<Finding>,
}

/// Members that stay as they are, by key.
type Kept = BTreeSet<MemberKey>;

/// Resolves the wishes of one loop.
pub fn resolve(
    sources: &[Source],
    observed: &Observed,
    scope: &Scope,
    blocked: &Blocked,
) -> Resolution {
    let mut resolution = Resolution::default();
    let mut kept = Kept::new();
    let mut wanted = Vec::new();
    let current = Current::new(sources, observed, scope);
    for source in sources {
        let (want, findings) = source.want(scope);
        resolution.findings.extend(findings);
        match want {
            Want::Nothing => {}
            Want::Invalid => kept.extend(current.of_source(&source.subject)),
            Want::Member(member) => wanted.push(*member),
        }
    }
    let (mut wanted, losers) = duplicates::separate(wanted, observed, scope);
    for (loser, finding) in losers {
        resolution.findings.push(finding);
        kept.extend(current.of_member(&loser, &wanted));
    }

    // A member that is refused falls back to what it is now, which takes room
    // that another may have been given: start over until nobody is refused.
    // Every round refuses at least one member, so this ends.
    loop {
        let mut round = place(&wanted, &kept, observed, scope, blocked);
        if round.refused.is_empty() {
            round.refused = nesting::impossible(&round, observed, scope);
        }
        if round.refused.is_empty() {
            round.refused = circle::too_early(&round, observed, scope);
        }
        if round.refused.is_empty() {
            round.refused = circle::stuck(&round, observed, scope);
        }
        if round.refused.is_empty() {
            if let Some((finding, remedy)) = last::endangered(&round, &kept, observed, scope) {
                resolution.findings.push(finding);
                remedy.apply(&mut wanted, &mut kept);
                continue;
            }
            resolution.findings.extend(round.findings);
            resolution.records = records(round.accepted, &round.settings, &kept, observed, scope);
            break;
        }
        for (key, finding) in round.refused {
            resolution.findings.push(finding);
            let Some(index) = wanted.iter().position(|member| member.key == key) else {
                continue;
            };
            let member = wanted.swap_remove(index);
            kept.extend(current.of_member(&member, &wanted));
        }
    }
    resolution.findings.sort_unstable();
    resolution.findings.dedup();
    resolution
}

/// The outcome of trying to place all members.
#[derive(Debug, Default)]
struct Round {
    accepted: Vec<(Member, Properties)>,
    refused: Vec<(MemberKey, Finding)>,
    findings: Vec<Finding>,
    /// The settings that each profile with a placed member shall have.
    settings: BTreeMap<ProfileId, Properties>,
}

fn place(
    wanted: &[Member],
    kept: &Kept,
    observed: &Observed,
    scope: &Scope,
    blocked: &Blocked,
) -> Round {
    let mut profiles: BTreeMap<&ProfileId, Vec<&Member>> = BTreeMap::new();
    for member in wanted {
        profiles
            .entry(&member.key.profile)
            .or_default()
            .push(member);
    }
    let mut round = Round::default();
    for (id, members) in profiles {
        placement::place(id, members, kept, observed, scope, blocked, &mut round);
    }
    round
}

fn records(
    accepted: Vec<(Member, Properties)>,
    settings: &BTreeMap<ProfileId, Properties>,
    kept: &Kept,
    observed: &Observed,
    scope: &Scope,
) -> Vec<Record> {
    let kept = observed
        .members(&scope.owner)
        .filter(|member| kept.contains(&member.key));
    let mut records = one_per_row(kept.map(|member| {
        // Settings are shared: a kept member takes part in their change.
        let record = match settings.get(&member.key.profile) {
            Some(settings) => member.record_with(&scope.owner, settings.clone()),
            None => member.record(&scope.owner),
        };
        (member.key.profile, record)
    }));
    for (member, properties) in accepted {
        let id = &member.key.profile;
        let fqdn = observed.profile(id).map_or_else(
            || format!("{}.{}", member.settings.relative_name, scope.dns_suffix),
            crate::observe::ObservedProfile::fqdn,
        );
        records.push(record::canonical(
            &scope.owner,
            &member.subject,
            &member.host,
            &member.key.endpoint,
            &fqdn,
            &properties,
        ));
    }
    records.sort_by(|a, b| (&a.dns_name, &a.set_identifier).cmp(&(&b.dns_name, &b.set_identifier)));
    // While a member is kept in one profile and another object's member of the
    // same name and host is new in another, ExternalDNS could not tell the two
    // rows apart.
    records.dedup_by(|a, b| a.key() == b.key());
    records
}
