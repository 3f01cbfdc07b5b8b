//! The data plane against the documented behaviour of Traffic Manager.
//!
//! Where a case follows a rule that Azure documents, a comment names the page: *monitoring* (endpoint monitoring),
//! *methods* (routing methods), *faq* (FAQs), *nested* (nested profiles), all under
//! <https://learn.microsoft.com/azure/traffic-manager/>. *Inferred* marks a rule that no page states.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod answers;
mod applications;
mod dns_answers;
mod dns_server;
mod dns_wire;
mod fixtures;
mod health;
mod laws;
mod probe_loops;
mod probe_requests;
mod probe_routes;
mod prober;
mod routing;
mod rules;
