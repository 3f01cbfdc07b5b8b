//! What was decided about an object, beside what it asks for and what Azure holds.

use std::collections::BTreeMap;

use external_dns::Endpoint;
use members::annotation::Name;
use members::finding::shown;
use members::properties::Properties;
use members::want::{Source, Want};
use members::{Observed, Scope, record};
use traffic_manager::{EndpointName, ProfileId};

use crate::explain::{Decided, Decision, Origin, Setting};

/// An annotation as it may be shown.
pub(super) fn setting(name: Name, value: &str) -> Setting {
    Setting {
        name: name.as_str().to_owned(),
        value: shown(name, value).into_owned(),
    }
}

/// The member of a record: which profile, and which endpoint of it.
pub(super) fn place_of(
    record: &Endpoint,
    observed: &Observed,
    scope: &Scope,
) -> Option<(ProfileId, EndpointName)> {
    let texts: BTreeMap<_, _> = record::properties(record).into_iter().collect();
    let id = ProfileId {
        subscription: match texts.get(&Name::SubscriptionId) {
            Some(id) => id.parse().ok()?,
            None => scope.subscription.clone(),
        },
        resource_group: texts.get(&Name::ResourceGroup)?.parse().ok()?,
        name: texts.get(&Name::ProfileName)?.parse().ok()?,
    };
    let id = observed.profile(&id).map_or(id, |held| held.id.clone());
    Some((id, record.set_identifier.parse().ok()?))
}

/// The record that was made of a source.
pub(super) fn record_of<'a>(
    source: &Source,
    want: &Want,
    records: &'a [Endpoint],
) -> Option<&'a Endpoint> {
    let subject = &source.subject;
    let of_object = |record: &&Endpoint| {
        record.dns_name == subject.host && record.resource().unwrap_or_default() == subject.resource
    };
    let all: Vec<_> = records.iter().filter(of_object).collect();
    let named = match want {
        Want::Member(member) => all
            .iter()
            .find(|record| record.set_identifier == member.key.endpoint.as_str()),
        Want::Nothing | Want::Invalid => None,
    };
    named.or_else(|| all.first()).copied()
}

/// Everything about the member, and where it comes from.
pub(super) fn decided(
    source: &Source,
    want: &Want,
    record: &Endpoint,
    now: Option<&Endpoint>,
) -> Decided {
    let own = match want {
        Want::Member(member) => Properties::identity(&member.key)
            .and(Properties::endpoint(&member.endpoint))
            .and(Properties::settings(&member.settings)),
        Want::Nothing | Want::Invalid => Properties::default(),
    };
    let held: Option<BTreeMap<_, _>> = now.map(|now| record::properties(now).into_iter().collect());
    let decision = |(name, value): (Name, &str)| {
        let from = if own.get(name) == Some(value) {
            match source.annotations.get(name) {
                Some(_) => Origin::Annotation,
                None => Origin::Default,
            }
        } else {
            Origin::Elsewhere
        };
        let held = held.as_ref().and_then(|held| {
            let held = held.get(&name).copied().unwrap_or("nothing");
            (held != value).then(|| shown(name, held).into_owned())
        });
        Decision {
            name: name.as_str().to_owned(),
            value: shown(name, value).into_owned(),
            from,
            held,
        }
    };
    Decided {
        endpoint: record.set_identifier.clone(),
        profile_host: record.targets.first().cloned().unwrap_or_default(),
        settings: record::properties(record)
            .into_iter()
            .map(decision)
            .collect(),
    }
}
