//! What belongs to the endpoint, beside where it points.

use traffic_manager::{EndpointKind, MinChildren, MinChildrenOfFamily, Region, Switch};

use super::wish::{Flag, KindWish};
use crate::annotation::{Name, Reader};
use crate::destination::Thresholds;

/// The type of the endpoint; `None` when it is mistyped. What belongs to another
/// type is a mistake: it would be ignored without a word.
pub(super) fn kind(reader: &mut Reader<'_>) -> Option<EndpointKind> {
    let kind = match reader.value(Name::EndpointType) {
        Some(KindWish(kind)) => kind,
        None if reader.text(Name::EndpointType).is_some() => return None,
        None => EndpointKind::External,
    };
    let of_others = [
        (Name::Target, EndpointKind::External),
        (Name::TargetResourceId, EndpointKind::Azure),
        (Name::TargetProfile, EndpointKind::Nested),
        (Name::MinChildEndpoints, EndpointKind::Nested),
        (Name::MinChildEndpointsIpv4, EndpointKind::Nested),
        (Name::MinChildEndpointsIpv6, EndpointKind::Nested),
    ];
    for (name, its_kind) in of_others {
        if kind != its_kind && reader.text(name).is_some() {
            let hint = format!(
                "is for endpoints of type {}, and this one is {}; remove it, or change {}",
                its_kind.word(),
                kind.word(),
                Name::EndpointType
            );
            reader.invalid(name, &hint);
        }
    }
    Some(kind)
}

/// From when on a nested endpoint counts as healthy.
pub(super) fn thresholds(
    reader: &mut Reader<'_>,
    kind: Option<EndpointKind>,
) -> Option<Thresholds> {
    if kind != Some(EndpointKind::Nested) {
        return None;
    }
    let any: Option<MinChildren> = reader.value(Name::MinChildEndpoints);
    let ipv4: Option<MinChildrenOfFamily> = reader.value(Name::MinChildEndpointsIpv4);
    let ipv6: Option<MinChildrenOfFamily> = reader.value(Name::MinChildEndpointsIpv6);
    let default = Thresholds::default();
    Some(Thresholds {
        any: any.unwrap_or(default.any),
        ipv4: ipv4.unwrap_or(default.ipv4),
        ipv6: ipv6.unwrap_or(default.ipv6),
    })
}

/// Whether the endpoint is served without being probed. Two annotations say so,
/// one in Azure's words and one the other way round.
pub(super) fn always_serve(reader: &mut Reader<'_>, kind: Option<EndpointKind>) -> Switch {
    let always: Option<Switch> = reader.value(Name::AlwaysServe);
    let checked: Option<Flag> = reader.value(Name::HealthChecksEnabled);
    let unchecked = checked.map(|Flag(checked)| Switch::from_bool(!checked));
    if let (Some(always), Some(unchecked)) = (always, unchecked)
        && always != unchecked
    {
        reader.invalid(
            Name::AlwaysServe,
            &format!(
                "{} says the opposite; they are two words for one thing, so remove one",
                Name::HealthChecksEnabled
            ),
        );
    }
    let wish = always.or(unchecked).unwrap_or(Switch::Disabled);
    if wish.is_enabled() && kind == Some(EndpointKind::Nested) {
        let given = match always {
            Some(_) => Name::AlwaysServe,
            None => Name::HealthChecksEnabled,
        };
        reader.invalid(
            given,
            "a nested endpoint is as healthy as its profile, and Azure does not serve it unchecked; disable the checks of the endpoints in that profile instead",
        );
    }
    wish
}

/// The region. One that this version does not know may be newer: Azure decides.
pub(super) fn location(reader: &mut Reader<'_>, kind: Option<EndpointKind>) -> Option<Region> {
    let region: Region = reader.value(Name::EndpointLocation)?;
    if kind == Some(EndpointKind::Azure) {
        reader.invalid(
            Name::EndpointLocation,
            "an Azure endpoint is where its resource is; remove it",
        );
        return None;
    }
    if !region.is_known() {
        let hint = match region.nearest() {
            Some(nearest) => format!("; did you mean {nearest}?"),
            None => String::new(),
        };
        reader.warn(
            Name::EndpointLocation,
            &format!("this version knows no such Azure region and leaves it to Azure{hint}"),
        );
    }
    Some(region)
}
