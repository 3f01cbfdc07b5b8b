//! Vanity records in Azure DNS and as objects, beside what the profiles do.
