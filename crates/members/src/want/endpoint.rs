//! What belongs to the endpoint, beside where it points.

use traffic_manager::{Region, Switch};

use super::wish::Flag;
use crate::annotation::{Name, Reader};

/// Whether the endpoint is served without being probed. Two annotations say so,
/// one in Azure's words and one the other way round.
pub(super) fn always_serve(reader: &mut Reader<'_>) -> Switch {
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
    always.or(unchecked).unwrap_or(Switch::Disabled)
}

/// The region. One that this version does not know may be newer: Azure decides.
pub(super) fn location(reader: &mut Reader<'_>) -> Option<Region> {
    let region: Region = reader.value(Name::EndpointLocation)?;
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
