//! A defect of the source that providers have to live with.

use crate::endpoint::Endpoint;
use crate::property::ProviderSpecificProperty;

/// Keeps what is meant for the webhook provider and sorts it by name. Properties
/// without a slash in their name belong to every provider.
pub(super) fn retain_own(properties: &mut Vec<ProviderSpecificProperty>) {
    properties.retain(is_own);
    properties.sort_by(|left, right| left.name.cmp(&right.name));
}

/// The same for all records of one object whose properties share one array, in the
/// order in which they are processed.
///
/// Filtering moves what stays to the front of the array and clears the rest, then
/// sorting moves the cleared properties to the front; every other record still
/// looks at the same array with its old length. Each thus ends up with what the
/// last step left: the first record, shortened, sees cleared properties and has
/// lost as many of its own.
pub(super) fn retain_own_shared(
    shared: &mut [ProviderSpecificProperty],
    records: &mut [&mut Endpoint],
) {
    let mut lengths = Vec::with_capacity(records.len());
    for _ in records.iter() {
        let kept: Vec<_> = shared.iter().filter(|p| is_own(p)).cloned().collect();
        let length = kept.len();
        let cleared = std::iter::repeat_with(ProviderSpecificProperty::default);
        for (place, property) in shared.iter_mut().zip(kept.into_iter().chain(cleared)) {
            *place = property;
        }
        if let Some(own) = shared.get_mut(..length) {
            own.sort_by(|left, right| left.name.cmp(&right.name));
        }
        lengths.push(length);
    }
    for (record, length) in records.iter_mut().zip(lengths) {
        record.provider_specific = shared.iter().take(length).cloned().collect();
    }
}

fn is_own(property: &ProviderSpecificProperty) -> bool {
    !property.name.contains('/') || property.name.starts_with("webhook/")
}
