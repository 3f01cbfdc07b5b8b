//! Annotation values that are not yet values of Azure.

use std::str::FromStr;

use traffic_manager::{Invalid, Target, Weight};

/// How the annotation `target` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TargetWish {
    Hostname,
    Address,
    Explicit(Target),
}

/// A weight, where zero means "disabled".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WeightWish(pub(super) Option<Weight>);

/// `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

// === impl TargetWish, WeightWish, Flag ===

impl FromStr for TargetWish {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.to_ascii_lowercase().as_str() {
            "hostname" => Ok(Self::Hostname),
            "address" => Ok(Self::Address),
            _ => text.parse().map(Self::Explicit).map_err(|_| {
                Invalid::new(
                    "must be `hostname`, `address`, a DNS name such as app.example.com, or an IP address",
                )
            }),
        }
    }
}

impl FromStr for WeightWish {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "0" {
            return Ok(Self(None));
        }
        let weight = text.parse().map_err(|_| {
            Invalid::new(
                "must be a whole number from 1 to 1000, or 0 to keep the endpoint but disable it",
            )
        })?;
        Ok(Self(Some(weight)))
    }
}

impl FromStr for Flag {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Self(true)),
            "false" => Ok(Self(false)),
            _ => Err(Invalid::new("must be `true` or `false`")),
        }
    }
}
