//! Azure DNS's JSON: zones, record sets and the validated values in them.
