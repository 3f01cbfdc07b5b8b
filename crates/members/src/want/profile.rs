//! Which profile, and what it asks of its endpoints.

use traffic_manager::{
    ApiVersion, Hostname, Invalid, ProfileName, RecordType, RelativeName, ResourceGroup,
    RoutingMethod, SubscriptionId, Target,
};

use super::Scope;
use crate::annotation::{Name, Reader};
use crate::derive;
use crate::destination::Destination;
use crate::member::{EndpointSpec, Settings};
use crate::requirement;
use crate::vanity::{Vanity, VanityMode};

pub(super) fn subscription(scope: &Scope, reader: &mut Reader<'_>) -> Option<SubscriptionId> {
    if reader.text(Name::SubscriptionId).is_none() {
        return Some(scope.subscription.clone());
    }
    let subscription: SubscriptionId = reader.value(Name::SubscriptionId)?;
    if scope.groups(&subscription).is_some() {
        return Some(subscription);
    }
    let allowed: Vec<_> = scope
        .subscriptions()
        .map(|(subscription, _)| subscription.to_string())
        .collect();
    let noun = if allowed.len() == 1 {
        "subscription"
    } else {
        "subscriptions"
    };
    reader.invalid(
        Name::SubscriptionId,
        &format!(
            "this webhook is limited to the {noun} {}",
            allowed.join(", ")
        ),
    );
    None
}

/// The group, one of those that may be named in the subscription. Without a
/// subscription, which is reported, nothing can be said about groups.
pub(super) fn resource_group(
    scope: &Scope,
    subscription: Option<&SubscriptionId>,
    reader: &mut Reader<'_>,
) -> Option<ResourceGroup> {
    let groups = scope.groups(subscription?)?;
    let listed = || {
        let groups: Vec<_> = groups.iter().map(ToString::to_string).collect();
        groups.join(", ")
    };
    if reader.text(Name::ResourceGroup).is_none() {
        if let [only] = groups {
            return Some(only.clone());
        }
        reader.problem(format!(
            "{} is required: the resource group of the profile",
            Name::ResourceGroup
        ));
        return None;
    }
    let group: ResourceGroup = reader.value(Name::ResourceGroup)?;
    if groups.is_empty() || groups.contains(&group) {
        Some(group)
    } else {
        reader.invalid(
            Name::ResourceGroup,
            &format!(
                "this webhook is limited to the resource groups {}",
                listed()
            ),
        );
        None
    }
}

pub(super) fn profile_name(
    reader: &mut Reader<'_>,
    host: Option<&Hostname>,
) -> Option<ProfileName> {
    match reader.text(Name::ProfileName) {
        Some(_) => reader.value(Name::ProfileName),
        None => derived(reader, host.map(derive::profile_name)),
    }
}

pub(super) fn relative_name(
    reader: &mut Reader<'_>,
    profile: Option<&ProfileName>,
) -> Option<RelativeName> {
    if reader.text(Name::DnsName).is_some() {
        return reader.value(Name::DnsName);
    }
    let derived: Option<RelativeName> = profile?.into();
    if derived.is_none() {
        reader.problem(format!(
            "the profile name {} is not a DNS name; give one with {}",
            profile?,
            Name::DnsName
        ));
    }
    derived
}

/// The vanity host and who makes its record.
pub(super) fn vanity(
    scope: &Scope,
    reader: &mut Reader<'_>,
    host: Option<Hostname>,
) -> Option<Vanity> {
    let mode: Option<VanityMode> = reader.value(Name::Vanity);
    let Some(host) = host else {
        // An invalid host is reported already.
        if mode.is_some_and(|mode| mode != VanityMode::None)
            && reader.text(Name::Hostname).is_none()
        {
            reader.invalid(
                Name::Vanity,
                &format!(
                    "there is no vanity host to make a record for; name it with {}",
                    Name::Hostname
                ),
            );
        }
        return None;
    };
    let mode = mode.unwrap_or(scope.vanity);
    Some(Vanity { host, mode })
}

pub(super) fn derived<T>(reader: &mut Reader<'_>, name: Option<Result<T, Invalid>>) -> Option<T> {
    match name? {
        Ok(name) => Some(name),
        Err(invalid) => {
            reader.problem(format!("no name can be derived from the host: {invalid}"));
            None
        }
    }
}

/// What a routing method needs of each of its endpoints.
pub(super) fn check_method(reader: &mut Reader<'_>, settings: &Settings, endpoint: &EndpointSpec) {
    let missing = |name: Name, example: &str| {
        format!(
            "{name} is required with {} routing, for example {example:?}",
            settings.method
        )
    };
    match settings.method {
        RoutingMethod::Performance
            if reader.text(Name::EndpointLocation).is_none()
                && requirement::missing(settings.method, endpoint).is_some() =>
        {
            reader.problem(missing(Name::EndpointLocation, "westeurope"));
        }
        RoutingMethod::Geographic if reader.text(Name::GeoMapping).is_none() => {
            reader.problem(missing(Name::GeoMapping, "GEO-EU,US"));
        }
        RoutingMethod::MultiValue => match &endpoint.destination {
            Destination::External(Target::Name(name)) => reader.problem(format!(
                "MultiValue routing answers with addresses, and the target is the name {name}; set {} to `address` or to an IP address",
                Name::Target
            )),
            Destination::External(_) => {}
            other => reader.problem(format!(
                "MultiValue routing answers with the addresses of external endpoints, and this one is {}; choose another {}, or External with an address as {}",
                other.kind().word(),
                Name::RoutingMethod,
                Name::Target
            )),
        },
        _ => {}
    }
}

/// The kind of answers, when this webhook's api-version has such a thing.
pub(super) fn record_type(scope: &Scope, reader: &mut Reader<'_>) -> Option<RecordType> {
    let wanted = reader.value(Name::RecordType)?;
    if !scope.api_version.has_record_type() {
        reader.invalid(
            Name::RecordType,
            &format!(
                "api-version {} of Azure, which this webhook uses, has no record types; start it with --api-version {}",
                scope.api_version,
                ApiVersion::V2026_09_01
            ),
        );
    }
    Some(wanted)
}

/// A typed profile has targets of its type only.
pub(super) fn check_record_type(
    reader: &mut Reader<'_>,
    settings: &Settings,
    endpoint: &EndpointSpec,
) {
    if let Some(wanted) = settings.record_type
        && let Some(unsuited) = requirement::unsuited(wanted, &endpoint.destination)
    {
        reader.invalid(
            Name::RecordType,
            &format!("{unsuited}; name another with {}", Name::Target),
        );
    }
}

/// Users on the internet, and Azure's probes, reach public addresses only.
pub(super) fn check_public(scope: &Scope, reader: &mut Reader<'_>, endpoint: &EndpointSpec) {
    if let Destination::External(target) = &endpoint.destination
        && target.is_reserved()
        && !scope.private_targets
    {
        reader.problem(format!(
            "the target {target} is a private or reserved address, which neither Azure nor users on the internet can reach; name a public one with {}",
            Name::Target
        ));
    }
}
