//! The client against an HTTP server that says what each test tells it to. Time
//! stands still but for the waits that the client asks for, so nothing sleeps.

mod bench;
mod credentials;
mod dns;
mod endpoints;
mod lists;
mod lookups;
mod pace;
mod profiles;
mod raw_server;
mod tags;
mod tries;
