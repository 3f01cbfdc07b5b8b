//! The authoritative DNS server of the Traffic Manager zone, over UDP and TCP.
//!
//! It answers the names of profiles below the suffix, the zone's own SOA and NS, and a few static names
//! ([`ZoneRecords`]) that stand for the rest of the Internet's DNS: the targets of endpoints.

mod counters;
mod server;
mod zone;

pub use counters::{DnsCounters, DnsCounts};
pub use server::{DnsConfig, DnsError, DnsServer};
pub use zone::{InvalidZoneRecord, ZoneRecord, ZoneRecords};
