//! Who gets a record that several sources want.

use crate::endpoint::Endpoint;
use crate::labels;

use super::insertion_sort::sort_by_less;
use super::targets;

/// The winner of a record that does not exist yet: the one with the least targets,
/// the first of them on a tie. `None` only for no candidate at all.
pub(super) fn for_creation(candidates: Vec<Endpoint>) -> Option<Endpoint> {
    candidates.into_iter().reduce(|mut least, mut next| {
        if targets::is_less(&mut next.targets, &mut least.targets) {
            next
        } else {
            least
        }
    })
}

/// The winner of a record that exists: the candidate of the object that has it
/// already, else the one that would win a new record.
pub(super) fn for_update(current: &Endpoint, mut candidates: Vec<Endpoint>) -> Option<Endpoint> {
    sort_by_less(&mut candidates, |left, right| {
        targets::is_less(&mut left.targets, &mut right.targets)
    });
    // A missing label counts as an empty one on both sides.
    let resource = |endpoint: &Endpoint| {
        endpoint
            .label(labels::RESOURCE)
            .unwrap_or_default()
            .to_owned()
    };
    let holder = resource(current);
    match candidates
        .iter()
        .position(|candidate| resource(candidate) == holder)
    {
        Some(at) => Some(candidates.swap_remove(at)),
        None => for_creation(candidates),
    }
}
