//! What people ask about profiles, and what they do to them by hand: who has
//! what, what is left over, the removal of a cluster that is gone, and the
//! adoption of a profile.
//!
//! ```text
//!  listing ─▶ Observed ─┬─▶ owners   ─▶ report
//!                       ├─▶ orphans  ─▶ report
//!                       ├─▶ removal  ─▶ steps ─▶ carry_out ─▶ Azure
//!                       └─▶ adoption ─▶ step  ─▶ perform   ─▶ Azure
//! ```
//!
//! Reports and steps are pure: what a preview shows is what is done. What can be
//! done at all is [`step::Write`], which has no way to change an endpoint other
//! than to disable or delete it, and none to create or replace a profile.

pub mod adoption;
pub mod life;
pub mod listing;
pub mod orphans;
pub mod owners;
pub mod place;
pub mod removal;
pub mod step;
