//! Annotation values that are not yet values of Azure.

use std::str::FromStr;

use traffic_manager::{EndpointKind, Invalid, ProbeHost, Switch, Target, Weight};

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

/// The type of an endpoint, by the word that the portal has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KindWish(pub(super) EndpointKind);

/// `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

/// Azure's switch, which may be written as `true` or `false` too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View(pub(super) Switch);

/// How the annotation `monitor-host` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostWish {
    None,
    Host(ProbeHost),
}

// === impl TargetWish, WeightWish, KindWish, Flag, View, HostWish ===

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

impl FromStr for KindWish {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let kinds = EndpointKind::ALL.iter().copied();
        let mut named = kinds.filter(|kind| kind.word().eq_ignore_ascii_case(text));
        named.next().map(Self).ok_or_else(|| {
            let words: Vec<_> = EndpointKind::ALL.iter().map(|kind| kind.word()).collect();
            Invalid::new(format!("must be one of {}", words.join(", ")))
        })
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

impl FromStr for View {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let flag = text
            .parse()
            .map(|Flag(on)| Switch::from_bool(on))
            .or_else(|_| text.parse());
        flag.map(Self)
            .map_err(|_| Invalid::new("must be `true` or `false`"))
    }
}

impl FromStr for HostWish {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.eq_ignore_ascii_case(ProbeHost::NONE) {
            Ok(Self::None)
        } else {
            text.parse().map(Self::Host)
        }
    }
}
