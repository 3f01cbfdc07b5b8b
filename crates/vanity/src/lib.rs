//! Vanity records: which names lead to which profiles, and what is to be written
//! so that they do.
//!
//! Values in, values out, as in `members`: a listing of profiles and what is held
//! in the cluster or in DNS on one side, writes and findings on the other.
//!
//! * [`dns_endpoint`]: `DNSEndpoint` objects, one for each vanity host in each
//!   cluster that has a member there; another `ExternalDNS` makes the record.
//! * [`record_set`]: record sets in Azure DNS, one for all clusters, as long as
//!   the profile has endpoints.
//!
//! Both keep to the same rules. The record goes before the profile does. A host
//! that two profiles have stays with the one that it leads to. What somebody else
//! made is never changed. And a profile that has lost its marks, to a tool that
//! wipes tags, keeps its record: nothing is removed because something is missing.

mod alias;
pub mod dns_endpoint;
mod hosts;
mod picture;
pub mod record_set;

pub use hosts::{Subjects, disputes};
pub use picture::Picture;
