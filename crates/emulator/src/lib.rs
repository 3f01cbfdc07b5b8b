//! Azure Traffic Manager on this machine: the ARM REST API, probes and DNS answers.
//!
//! ```text
//!              axum                       synchronous, deterministic
//!   ARM call ──▶ http ──▶ fault? ──▶ Service ──▶ State ──▶ documents, refusals
//!   token call ──▶ http ──────────▶ Authority
//!   control  ──▶ http::control ─────────▲          │ profiles, health
//!                                       │          ▼
//!   DNS query ──▶ data_plane::DnsServer ┴── Directory
//!   probes    ◀─▶ data_plane::Prober ── jobs, reports
//! ```
//!
//! [`State`] is the emulated cloud: it takes a [`Request`] and gives a [`Response`], without a network, a clock or
//! randomness, so that a simulation can call it between any two steps. [`Service`] adds what a gateway adds: counts,
//! fault rules and headers. [`Emulator::start`] puts both behind sockets and wires them with the `data-plane` crate,
//! which answers DNS queries and probes endpoints.
//!
//! The crate is held to recorded exchanges with the real service (`tests/replay`). Where no record settles how the
//! service behaves, a switch in [`Quirks`] says what is assumed. It shares no code with the client that this project
//! uses against Azure, so that a mistake of one cannot hide in the other.
//!
//! # What is emulated
//!
//! Profiles, endpoints of the three types, tags at `Microsoft.Resources/tags/default`, both name checks, the
//! geographic hierarchy, heat maps and the key of real user measurements, in the api-versions of [`ApiVersion`]; zones
//! and record sets of Azure DNS, with aliases of profiles ([`zones`]). Every subscription exists whose id is a GUID, and every
//! resource group, unless [`Cloud::resource_groups`] names the ones that do. Tokens are ignored unless
//! [`authority::Settings::require_token`] asks for them; there are no roles. The headers count requests as the service
//! does; with [`Throttle::enforced`] those beyond the limits are answered 429.
//!
//! An endpoint is `CheckingEndpoint` until its first probe has finished, and DNS answers with it meanwhile. Without
//! probes it stays so until its health is forced.
//!
//! # Control API
//!
//! Below `/_emulator/` on the ARM port. Its calls are never counted, and wrong input is answered with 400 and
//! `{"error": "…"}`.
//!
//! | call | effect |
//! |---|---|
//! | `GET requests` | counts of ARM requests since the last reset, by method and operation; `?log=true` adds the last 1000 |
//! | `DELETE requests` | resets counts and log |
//! | `PUT faults` | `{"rules":[…]}` in place of the rules in force; `GET` shows them, `DELETE` clears them |
//! | `PUT health/{profile}/{endpoint}` | `{"status":"Online"}`, `"Degraded"`, or `"Probe"` to hand back to the probes; `?subscription=` and `?resourceGroup=` tell profiles of one name apart |
//! | `PUT resources` | `{"id","host","location"}`, for a public IP address also `address` and `dnsLabel`: an Azure resource that endpoints of type Azure can point at |
//! | `GET tokens` | the tokens of the last day, without their text; `DELETE` revokes them |
//! | `GET state` | every profile with the monitor statuses of this moment, and what DNS answered |
//!
//! The first rule that matches a request and fires applies to it. What a rule does not state matches everything:
//!
//! | field | meaning |
//! |---|---|
//! | `operation` | a name of [`Operation`] such as `endpoints.put`, a family such as `profiles.*`, `reads`, `writes` or `*` |
//! | `subscription`, `resourceGroup`, `profile`, `endpoint` | only requests to these, in any letter case |
//! | `when` | `before` (default): `delay` passes, then `status` or `reset` in place of the effect, or else the effect; `after`: the effect, then `delay`, then `status`, `reset`, or else the true answer |
//! | `delay` | wait so long, `200ms`, `90s`, `1h30m` |
//! | `status`, `body`, `retryAfter` | answer so; without `body`, as Azure does; `"body": null` sends none |
//! | `refusal` | a refusal of Azure's by its name, such as `ScopeLocked`, in place of `status` and `body` |
//! | `reset` | `true`: reset the connection instead of answering |
//! | `calls`, `fraction`, `seed` | only so many calls, only this share of calls, the seed of the choice |

pub mod api_version;
pub mod authority;
pub mod clock;
pub mod duration;
pub mod fault;
pub mod health;
pub mod journal;
pub mod model;
pub mod operation;
pub mod options;
pub mod quirks;
pub mod request;
pub mod running;
pub mod service;
pub mod state;
pub mod throttle;
pub mod zones;

mod caller;
mod connection;
mod document;
mod geography;
mod http;
mod ids;
mod quota;
mod read;
mod refusal;
mod resolver;
mod rules;
mod shared;
mod tls;
mod view;

pub use api_version::{ApiVersion, Feature};
pub use clock::{Clock, SystemClock};
pub use operation::Operation;
pub use options::{Args, Options, Tls};
pub use quirks::{AutoPriority, Quirk, Quirks};
pub use request::{Conditions, Request, Response};
pub use running::{Emulator, Running, StartError};
pub use service::Service;
pub use state::{AzureResource, Cloud, State};
pub use throttle::{Limits, Refill, Throttle};
pub use tls::TlsError;
pub use zones::ZoneSeed;
