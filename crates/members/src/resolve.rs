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
mod wishes;

use std::collections::{BTreeMap, BTreeSet};

use external_dns::Endpoint as Record;
use traffic_manager::{EndpointName, ProfileId};

use crate::finding::Finding;
use crate::member::{Member, MemberKey};
use crate::observe::{Observed, one_per_row};
use crate::properties::Properties;
use crate::public_ip::PublicIps;
use crate::record;
use crate::want::{Scope, Source, Want};

pub use blocked::Blocked;
use current::Current;
use wishes::Wishes;

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

/// Resolves the wishes of one loop. `public_ips` matters only for objects
/// that leave theirs to be looked up ([`public_ip::wanted`](crate::public_ip::wanted)).
pub fn resolve(
    sources: &[Source],
    observed: &Observed,
    public_ips: &PublicIps,
    scope: &Scope,
    blocked: &Blocked,
) -> Resolution {
    let mut resolution = Resolution::default();
    let mut kept = Kept::new();
    let mut wanted = Vec::new();
    let current = Current::new(sources, observed, scope);
    for source in sources {
        let (want, findings) = source.want_among(scope, public_ips);
        resolution.findings.extend(findings);
        match want {
            Want::Nothing => {}
            Want::Invalid => kept.extend(current.of_source(&source.subject)),
            Want::Member(member) => wanted.push(*member),
        }
    }
    let (wanted, losers) = duplicates::separate(wanted, observed, scope);
    for (loser, finding) in losers {
        resolution.findings.push(finding);
        kept.extend(current.of_member(&loser, &wanted));
    }

    // A member that is refused falls back to what it is now, which takes room
    // that another may have been given: start over until nobody is refused.
    // Every round refuses at least one member, and none returns twice, so this
    // ends.
    let mut wishes = Wishes::new(wanted);
    loop {
        let mut kept_now = kept.clone();
        kept_now.extend(wishes.fallbacks(&current));
        let mut round = place(&wishes.standing, &kept_now, observed, scope, blocked);
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
            if let Some((finding, remedy)) = last::endangered(&round, &kept_now, observed, scope) {
                resolution.findings.push(finding);
                remedy.apply(&mut wishes.standing, &mut kept);
                continue;
            }
            resolution.findings.extend(round.findings);
            resolution.findings.extend(wishes.findings());
            let settings = &round.settings;
            resolution.records = records(round.accepted, settings, &kept_now, observed, scope);
            break;
        }
        wishes.refuse(round.refused);
    }
    resolution.findings.sort_unstable();
    resolution.findings.dedup();
    resolution
}

/// A member that cannot be what its object wants.
#[derive(Debug)]
struct Refusal {
    key: MemberKey,
    finding: Finding,
    /// The endpoint of the same profile because of which, if it is one.
    in_the_way: Option<EndpointName>,
}

/// The outcome of trying to place all members.
#[derive(Debug, Default)]
struct Round {
    accepted: Vec<(Member, Properties)>,
    refused: Vec<Refusal>,
    findings: Vec<Finding>,
    /// The settings that each profile with a placed member shall have.
    settings: BTreeMap<ProfileId, Properties>,
}

// === impl Refusal ===

impl Refusal {
    fn new(member: &Member, finding: Finding) -> Self {
        Self {
            key: member.key.clone(),
            finding,
            in_the_way: None,
        }
    }
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
