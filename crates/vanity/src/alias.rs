//! Aliases: record sets of Azure DNS that answer whatever a profile answers.

use azure_dns::RecordSetKind;
use members::{Destination, ObservedProfile};
use traffic_manager::target::TargetFamily;

/// The type of an alias of addresses for this profile, or why there can be none.
///
/// Azure lets an A or AAAA alias point at a profile only if all its endpoints are
/// external ones with addresses of that family; disabled ones count too.
pub(crate) fn of_addresses(profile: &ObservedProfile) -> Result<RecordSetKind, String> {
    let mut found: Option<RecordSetKind> = None;
    for (name, endpoint) in profile.endpoints() {
        let destination = Destination::of(endpoint);
        let family = destination.as_ref().map(|destination| match destination {
            Destination::External(target) => target.family(),
            Destination::Azure(_) | Destination::Nested(_) => TargetFamily::Name,
        });
        let kind = match family {
            Some(TargetFamily::V4) => RecordSetKind::A,
            Some(TargetFamily::V6) => RecordSetKind::Aaaa,
            Some(TargetFamily::Name) | None => {
                let what = match &destination {
                    Some(Destination::External(target)) => format!("points at the name {target}"),
                    Some(other) => format!("is of type {}", other.kind().word()),
                    None => "is of a type that this system does not know".to_owned(),
                };
                return Err(format!("the endpoint {name} {what}"));
            }
        };
        match found {
            Some(other) if other != kind => {
                return Err("its endpoints have IPv4 and IPv6 addresses".to_owned());
            }
            _ => found = Some(kind),
        }
    }
    found.ok_or_else(|| "it has no endpoints".to_owned())
}
