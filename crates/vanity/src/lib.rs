//! Vanity records: which names lead to which profiles.
