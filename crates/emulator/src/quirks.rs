//! Behaviour of the service that no public record settles.
//!
//! Each switch names what is not known. The defaults are the stricter or the more often reported reading, so that a
//! client that works here has the better chance to work there; a test can turn one and see whether its client cares.

mod flag;

pub use flag::{InvalidQuirk, Quirk};

/// How a priority is chosen for an endpoint that is written without one.
///
/// Recorded: consecutive endpoints without a priority get 1, 2, 3. Whether the service counts, takes the highest or
/// fills gaps is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AutoPriority {
    /// One more than the highest priority in the profile; the lowest free number once 1000 is taken.
    #[default]
    HighestPlusOne,
    /// The lowest number that no endpoint of the profile has.
    LowestFree,
}

/// Switches for behaviour that is not recorded anywhere.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switch is a question of its own"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quirks {
    /// How a missing priority is filled in.
    pub auto_priority: AutoPriority,
    /// Whether an endpoint that is written again without a priority keeps the one it had. Not recorded; `true`.
    pub keep_priority: bool,
    /// Whether a PUT of a profile must name a location. The SDKs' documentation says that it must be provided, no
    /// refusal is recorded; `true`.
    pub location_required: bool,
    /// Whether another relative name is refused on an existing profile. Every tool replaces the profile instead, no
    /// refusal is recorded; `true`.
    pub fixed_relative_name: bool,
    /// The largest `maxReturn`. Terraform stops at 8, the service's FAQ says 10; 10.
    pub max_return_limit: u8,
    /// Whether a MultiValue profile must state `maxReturn`. Terraform demands it, the monitoring documentation has a
    /// default of 2; `true`.
    pub max_return_required: bool,
    /// Whether a null in a PATCH resets the property to its default instead of being ignored. Not recorded; `false`.
    pub patch_null_resets: bool,
    /// Whether the deletion of an endpoint that does not exist, in a profile that does, is answered with 204 (as the
    /// specification has it) instead of 404. Not recorded; `true`.
    pub delete_missing_endpoint_is_204: bool,
    /// Whether a profile that another profile nests cannot be deleted. Not recorded; `true`.
    pub nested_child_is_kept: bool,
    /// Whether a DELETE that has deleted something is answered with `{}` from api-version 2026-09-01 on, which is how its
    /// examples read and the only thing that the client for Python can take, instead of an empty body, which is what is
    /// recorded of older versions. Not recorded; `true`.
    pub delete_has_body_since_2026: bool,
    /// Whether a Subnet profile can have only one endpoint without subnets, the fallback. The documentation speaks
    /// of one such endpoint, no refusal of a second is recorded; `true`.
    pub single_subnet_fallback: bool,
}

// === impl Quirks ===

impl Default for Quirks {
    fn default() -> Self {
        Self {
            auto_priority: AutoPriority::default(),
            keep_priority: true,
            location_required: true,
            fixed_relative_name: true,
            max_return_limit: 10,
            max_return_required: true,
            patch_null_resets: false,
            delete_missing_endpoint_is_204: true,
            nested_child_is_kept: true,
            delete_has_body_since_2026: true,
            single_subnet_fallback: true,
        }
    }
}
