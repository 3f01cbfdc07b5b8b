//! The emulator's behaviour: refusals, lifecycles, laws, and everything over HTTP and DNS.

mod client;
mod control;
mod dns;
mod faults;
mod laws;
mod lifecycle;
mod quirks;
mod refusals;
mod tags;
mod versions;
