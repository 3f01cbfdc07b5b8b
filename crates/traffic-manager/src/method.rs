//! The closed sets of words: routing methods, protocols, endpoint types,
//! the status of probes and the on/off switch. Input is accepted in any letter case, as Azure does;
//! output is Azure's spelling.

use std::fmt;
use std::str::FromStr;

use crate::Invalid;
use crate::target::TargetFamily;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant),*
        }

        impl $name {
            /// Every value, in the order in which messages list them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Azure's spelling.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),*
                }
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                let text = text.trim();
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str().eq_ignore_ascii_case(text))
                    .ok_or_else(|| {
                        let all: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                        Invalid::new(format!("must be one of {}", all.join(", ")))
                    })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(
    /// How a profile chooses among its endpoints.
    RoutingMethod {
        /// At random, in proportion to the weights.
        Weighted = "Weighted",
        /// The healthy endpoint with the lowest priority number.
        Priority = "Priority",
        /// The endpoint with the lowest network latency for the client.
        Performance = "Performance",
        /// The endpoint to which the client's region is mapped.
        Geographic = "Geographic",
        /// The endpoint to which the client's address range is mapped.
        Subnet = "Subnet",
        /// Several healthy addresses in one answer.
        MultiValue = "MultiValue",
    }
);

words!(
    /// How Azure's probes ask an endpoint for its health.
    MonitorProtocol {
        /// A GET over HTTP.
        Http = "HTTP",
        /// A GET over HTTPS; the certificate is not checked.
        Https = "HTTPS",
        /// A TCP connection.
        Tcp = "TCP",
    }
);

words!(
    /// What Azure's probes have found, of an endpoint or of a profile as a whole.
    MonitorStatus {
        /// An endpoint that is in use and answers.
        Online = "Online",
        /// An endpoint that does not answer, or a profile with one.
        Degraded = "Degraded",
        /// An endpoint that has not been probed long enough.
        CheckingEndpoint = "CheckingEndpoint",
        /// A profile with such endpoints and no better ones.
        CheckingEndpoints = "CheckingEndpoints",
        /// Somebody has switched it off.
        Disabled = "Disabled",
        /// An endpoint of a disabled profile, or a profile without an enabled endpoint.
        Inactive = "Inactive",
        /// The Azure resource or the profile behind an endpoint is switched off.
        Stopped = "Stopped",
        /// An endpoint that is served without being probed.
        Unmonitored = "Unmonitored",
    }
);

words!(
    /// Azure's on/off word for profiles, endpoints and always-serve.
    Switch {
        /// On.
        Enabled = "Enabled",
        /// Off.
        Disabled = "Disabled",
    }
);

words!(
    /// The three kinds of endpoint, by the path segment that names them.
    EndpointKind {
        /// A host name or address anywhere.
        External = "ExternalEndpoints",
        /// A resource of Azure, by its id.
        Azure = "AzureEndpoints",
        /// Another profile.
        Nested = "NestedEndpoints",
    }
);

words!(
    /// The kind of answers that a strictly typed profile gives. It cannot change
    /// once it is set.
    RecordType {
        /// IPv4 addresses.
        A = "A",
        /// IPv6 addresses.
        Aaaa = "AAAA",
        /// Names.
        Cname = "CNAME",
    }
);

words!(
    /// The api-versions in which everything that this system does can be said.
    #[derive(Default)]
    ApiVersion {
        /// What every cloud has.
        #[default]
        V2022_04_01 = "2022-04-01",
        /// The first with record types.
        V2024_04_01Preview = "2024-04-01-preview",
        /// Another preview.
        V2025_01_01Preview = "2025-01-01-preview",
        /// The first stable one with record types.
        V2026_09_01 = "2026-09-01",
    }
);

impl ApiVersion {
    /// Whether profiles have a [`RecordType`].
    pub fn has_record_type(self) -> bool {
        self >= Self::V2024_04_01Preview
    }
}

impl RecordType {
    /// The kind of targets that such a profile has.
    pub const fn family(self) -> TargetFamily {
        match self {
            Self::A => TargetFamily::V4,
            Self::Aaaa => TargetFamily::V6,
            Self::Cname => TargetFamily::Name,
        }
    }

    /// The targets that this type has, in words.
    pub const fn targets_in_words(self) -> &'static str {
        match self {
            Self::A => "IPv4 addresses",
            Self::Aaaa => "IPv6 addresses",
            Self::Cname => "DNS names",
        }
    }
}

impl MonitorProtocol {
    /// The port that the protocol implies; TCP implies none.
    pub const fn default_port(self) -> Option<u16> {
        match self {
            Self::Http => Some(80),
            Self::Https => Some(443),
            Self::Tcp => None,
        }
    }
}

impl EndpointKind {
    /// The kind named by an ARM `type`, such as
    /// `Microsoft.Network/trafficManagerProfiles/externalEndpoints`.
    pub fn of_type(arm_type: &str) -> Option<Self> {
        let segment = arm_type.rsplit('/').next()?;
        segment.parse().ok()
    }

    /// The word for it in the portal: `External`, `Azure` or `Nested`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::External => "External",
            Self::Azure => "Azure",
            Self::Nested => "Nested",
        }
    }

    /// The ARM `type` of endpoints of this kind.
    pub const fn arm_type(self) -> &'static str {
        match self {
            Self::External => "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
            Self::Azure => "Microsoft.Network/trafficManagerProfiles/azureEndpoints",
            Self::Nested => "Microsoft.Network/trafficManagerProfiles/nestedEndpoints",
        }
    }
}

impl MonitorStatus {
    /// Whether Azure cannot say yet.
    pub const fn is_checking(self) -> bool {
        matches!(self, Self::CheckingEndpoint | Self::CheckingEndpoints)
    }

    /// Whether users are not sent there although nobody has switched off the
    /// endpoint or the profile itself.
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Degraded | Self::Stopped)
    }
}

impl Switch {
    /// `Enabled` for true.
    pub const fn from_bool(on: bool) -> Self {
        if on { Self::Enabled } else { Self::Disabled }
    }

    /// Whether it is `Enabled`.
    pub const fn is_enabled(self) -> bool {
        matches!(self, Self::Enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_letter_case_is_read_and_azures_is_written() {
        assert_eq!("multivalue".parse(), Ok(RoutingMethod::MultiValue));
        assert_eq!(RoutingMethod::MultiValue.to_string(), "MultiValue");
        assert_eq!("https".parse(), Ok(MonitorProtocol::Https));
    }

    #[test]
    fn an_unknown_word_lists_the_known_ones() {
        let error = "roundrobin".parse::<RoutingMethod>().unwrap_err();
        insta::assert_snapshot!(error, @"must be one of Weighted, Priority, Performance, Geographic, Subnet, MultiValue");
    }

    #[test]
    fn kinds_are_read_from_any_spelling_of_the_type() {
        for text in [
            "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
            "microsoft.network/TRAFFICMANAGERPROFILES/ExternalEndpoints",
        ] {
            assert_eq!(EndpointKind::of_type(text), Some(EndpointKind::External));
        }
        assert_eq!(EndpointKind::of_type("Microsoft.Network/other"), None);
    }
}
