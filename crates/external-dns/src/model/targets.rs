//! How the plan compares the targets of two records.
//!
//! The order in a list means nothing, so both lists are sorted first, in place:
//! what is later sent is the sorted list.

use std::net::IpAddr;

use super::insertion_sort::sort_by_less;

/// Whether two lists hold the same targets: regardless of order and letter case,
/// and of how an address is written. A trailing dot makes a difference.
pub(super) fn same(left: &mut [String], right: &mut [String]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    sort(left);
    sort(right);
    for (l, r) in left.iter().zip(right.iter()) {
        if equal_ignoring_case(l, r) {
            continue;
        }
        // ExternalDNS stops at the first pair that differs in letters only by
        // spelling of an address, and takes the rest on trust.
        return match (address(l), address(r)) {
            (Some(l), Some(r)) => l == r,
            _ => false,
        };
    }
    true
}

/// Whether `left` wins over `right` when both want the same name: the shorter list
/// does, then an address over a name, then the lower value.
pub(super) fn is_less(left: &mut [String], right: &mut [String]) -> bool {
    if left.len() != right.len() {
        return left.len() < right.len();
    }
    sort(left);
    sort(right);
    let Some((l, r)) = left.iter().zip(right.iter()).find(|(l, r)| l != r) else {
        return false;
    };
    match (address(l), address(r)) {
        (Some(l), Some(r)) => l < r,
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (None, None) => l < r,
    }
}

fn sort(targets: &mut [String]) {
    sort_by_less(targets, |l, r| match (address(l), address(r)) {
        (Some(l), Some(r)) => l.to_string() < r.to_string(),
        _ => l < r,
    });
}

fn address(target: &str) -> Option<IpAddr> {
    target.parse().ok()
}

fn equal_ignoring_case(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
        || (!(left.is_ascii() && right.is_ascii()) && left.to_lowercase() == right.to_lowercase())
}
