//! The authoritative DNS server of the Traffic Manager zone, over UDP and TCP.
//!
//! It answers the names of profiles below the suffix, the zone's own SOA and NS, the zones that the
//! [`Directory`](crate::Directory) hosts beside them, and a few static names ([`ZoneRecords`]) that stand for the rest of
//! the Internet's DNS: the targets of endpoints.
//!
//! ```text
//!   udp, tcp      sockets; nothing but bytes
//!   responder     bytes to bytes: reads the query, checks EDNS, writes the answer, counts it
//!   lookup        names to records: zone, profiles, static names, following of CNAMEs
//!   hosted        the same for the names of hosted zones
//! ```

mod client_subnet;
mod counters;
mod hosted;
mod lookup;
mod responder;
mod server;
mod tcp;
mod udp;
mod zone;

pub use counters::{DnsCounters, DnsCounts};
pub use server::{DnsConfig, DnsError, DnsServer};
pub use zone::{InvalidZoneRecord, ZoneRecord, ZoneRecords};
