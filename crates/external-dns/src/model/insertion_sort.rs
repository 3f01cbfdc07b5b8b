//! A sort whose comparison may change what it compares.

/// Sorts stably with `less`, which may reorder the insides of its arguments and
/// need not be a consistent order.
///
/// ExternalDNS compares records by sorting their targets in place, and compares
/// targets by a rule that is no total order when addresses and names mix. The
/// standard sorts promise nothing for that, this one always ends, and it visits
/// pairs in the order of Go's stable sort up to twenty elements.
pub(super) fn sort_by_less<T>(items: &mut [T], mut less: impl FnMut(&mut T, &mut T) -> bool) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 {
            let (head, tail) = items.split_at_mut(at);
            let (Some(left), Some(right)) = (head.last_mut(), tail.first_mut()) else {
                break;
            };
            if !less(right, left) {
                break;
            }
            std::mem::swap(left, right);
            at -= 1;
        }
    }
}
