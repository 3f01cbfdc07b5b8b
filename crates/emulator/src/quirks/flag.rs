//! One switch as the flag states it.

use std::str::FromStr;

use data_plane::answer::{Negative, NestedTtl, OtherTypes};

use super::{AutoPriority, Quirks};

/// One switch of either side, as `--quirk` states it: `auto-priority=lowest-free`, `no-endpoints=nodata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirk(Which);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    AutoPriority(AutoPriority),
    KeepPriority(bool),
    LocationRequired(bool),
    FixedRelativeName(bool),
    MaxReturnLimit(u8),
    MaxReturnRequired(bool),
    PatchNullResets(bool),
    DeleteMissingEndpointIs204(bool),
    NestedChildIsKept(bool),
    DeleteHasBodySince2026(bool),
    SingleSubnetFallback(bool),
    NoEndpoints(Negative),
    NothingEligible(Negative),
    SubnetNoMatch(Negative),
    SubnetUnhealthy(Negative),
    NestedTtl(NestedTtl),
    OtherTypes(OtherTypes),
}

/// A text that is not a switch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuirk {
    /// There is no `=`.
    #[error("{0:?} is not of the form NAME=VALUE")]
    Form(String),
    /// No switch has this name.
    #[error("there is no switch {0:?}; there are {names}", names = Quirk::NAMES.join(", "))]
    Name(String),
    /// The switch does not have this value.
    #[error("{name} is not {value:?} but {wanted}")]
    Value {
        /// The switch.
        name: String,
        /// What was given.
        value: String,
        /// What it can be.
        wanted: &'static str,
    },
}

const SWITCH: &str = "true or false";

const NEGATIVES: &str = "nodata or nxdomain";

impl Quirk {
    /// Every name: first those of the ARM side, then those of the DNS side.
    pub const NAMES: [&'static str; 17] = [
        "auto-priority",
        "keep-priority",
        "location-required",
        "fixed-relative-name",
        "max-return-limit",
        "max-return-required",
        "patch-null-resets",
        "delete-missing-endpoint-is-204",
        "nested-child-is-kept",
        "delete-has-body-since-2026",
        "single-subnet-fallback",
        "no-endpoints",
        "nothing-eligible",
        "subnet-no-match",
        "subnet-unhealthy",
        "nested-ttl",
        "other-types",
    ];

    /// Turns this switch in the set that it belongs to.
    pub fn turn(self, arm: &mut Quirks, dns: &mut data_plane::Quirks) {
        match self.0 {
            Which::AutoPriority(value) => arm.auto_priority = value,
            Which::KeepPriority(value) => arm.keep_priority = value,
            Which::LocationRequired(value) => arm.location_required = value,
            Which::FixedRelativeName(value) => arm.fixed_relative_name = value,
            Which::MaxReturnLimit(value) => arm.max_return_limit = value,
            Which::MaxReturnRequired(value) => arm.max_return_required = value,
            Which::PatchNullResets(value) => arm.patch_null_resets = value,
            Which::DeleteMissingEndpointIs204(value) => arm.delete_missing_endpoint_is_204 = value,
            Which::NestedChildIsKept(value) => arm.nested_child_is_kept = value,
            Which::DeleteHasBodySince2026(value) => arm.delete_has_body_since_2026 = value,
            Which::SingleSubnetFallback(value) => arm.single_subnet_fallback = value,
            Which::NoEndpoints(value) => dns.no_endpoints = value,
            Which::NothingEligible(value) => dns.nothing_eligible = value,
            Which::SubnetNoMatch(value) => dns.subnet_no_match = value,
            Which::SubnetUnhealthy(value) => dns.subnet_unhealthy = value,
            Which::NestedTtl(value) => dns.nested_ttl = value,
            Which::OtherTypes(value) => dns.other_types = value,
        }
    }
}

impl FromStr for Quirk {
    type Err = InvalidQuirk;

    fn from_str(text: &str) -> Result<Self, InvalidQuirk> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| InvalidQuirk::Form(text.to_owned()))?;
        let (which, wanted) = match name {
            "auto-priority" => (
                auto_priority(value).map(Which::AutoPriority),
                "highest-plus-one or lowest-free",
            ),
            "keep-priority" => (switch(value).map(Which::KeepPriority), SWITCH),
            "location-required" => (switch(value).map(Which::LocationRequired), SWITCH),
            "fixed-relative-name" => (switch(value).map(Which::FixedRelativeName), SWITCH),
            "max-return-limit" => (
                limit(value).map(Which::MaxReturnLimit),
                "a number from 1 to 10",
            ),
            "max-return-required" => (switch(value).map(Which::MaxReturnRequired), SWITCH),
            "patch-null-resets" => (switch(value).map(Which::PatchNullResets), SWITCH),
            "delete-missing-endpoint-is-204" => {
                (switch(value).map(Which::DeleteMissingEndpointIs204), SWITCH)
            }
            "nested-child-is-kept" => (switch(value).map(Which::NestedChildIsKept), SWITCH),
            "delete-has-body-since-2026" => {
                (switch(value).map(Which::DeleteHasBodySince2026), SWITCH)
            }
            "single-subnet-fallback" => (switch(value).map(Which::SingleSubnetFallback), SWITCH),
            "no-endpoints" => (negative(value).map(Which::NoEndpoints), NEGATIVES),
            "nothing-eligible" => (negative(value).map(Which::NothingEligible), NEGATIVES),
            "subnet-no-match" => (negative(value).map(Which::SubnetNoMatch), NEGATIVES),
            "subnet-unhealthy" => (negative(value).map(Which::SubnetUnhealthy), NEGATIVES),
            "nested-ttl" => (
                nested_ttl(value).map(Which::NestedTtl),
                "asked or innermost",
            ),
            "other-types" => (other_types(value).map(Which::OtherTypes), "nodata or cname"),
            _ => return Err(InvalidQuirk::Name(name.to_owned())),
        };
        which.map(Self).ok_or_else(|| InvalidQuirk::Value {
            name: name.to_owned(),
            value: value.to_owned(),
            wanted,
        })
    }
}

fn switch(text: &str) -> Option<bool> {
    text.parse().ok()
}

fn limit(text: &str) -> Option<u8> {
    text.parse().ok().filter(|limit| (1..=10).contains(limit))
}

fn auto_priority(text: &str) -> Option<AutoPriority> {
    match text {
        "highest-plus-one" => Some(AutoPriority::HighestPlusOne),
        "lowest-free" => Some(AutoPriority::LowestFree),
        _ => None,
    }
}

fn negative(text: &str) -> Option<Negative> {
    match text {
        "nodata" => Some(Negative::NoData),
        "nxdomain" => Some(Negative::NxDomain),
        _ => None,
    }
}

fn nested_ttl(text: &str) -> Option<NestedTtl> {
    match text {
        "asked" => Some(NestedTtl::Asked),
        "innermost" => Some(NestedTtl::Innermost),
        _ => None,
    }
}

fn other_types(text: &str) -> Option<OtherTypes> {
    match text {
        "nodata" => Some(OtherTypes::NoData),
        "cname" => Some(OtherTypes::Cname),
        _ => None,
    }
}
