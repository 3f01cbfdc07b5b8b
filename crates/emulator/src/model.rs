//! What Traffic Manager stores: profiles and their settings. Endpoints are in [`endpoint`], tags in [`tags`].
//!
//! Values here have passed validation. Everything that a document shows and that is not here (FQDN, monitor
//! statuses, ids) is derived when a document is written.

pub mod endpoint;
pub mod location;
pub mod tags;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use endpoint::{Endpoint, EndpointKind};
use tags::Tags;

/// Identity of a profile. Two identities that differ only in letter case are the same profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileKey(String);

/// Where a profile is, in the spelling of its creator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfilePath {
    /// Subscription id, a GUID.
    pub subscription: String,
    /// Resource group name.
    pub resource_group: String,
    /// Profile name, unique in the resource group.
    pub name: String,
}

/// A profile as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its place, in the spelling of its creator.
    pub path: ProfilePath,
    /// Tags; `None` when no request ever named any, which only the oldest api-version can tell from an empty set.
    pub tags: Option<Tags>,
    /// Everything under `properties` apart from the endpoints.
    pub settings: Settings,
    /// Endpoints in the order of their creation.
    pub endpoints: Vec<Endpoint>,
}

/// Settings of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `profileStatus`.
    pub status: Toggle,
    /// `trafficRoutingMethod`.
    pub routing: RoutingMethod,
    /// `dnsConfig.relativeName`, in the spelling of the creator; unique in the cloud in any letter case.
    pub relative_name: String,
    /// `dnsConfig.ttl` in seconds, 0 to 2 147 483 647.
    pub ttl: u32,
    /// `monitorConfig`.
    pub monitor: Monitor,
    /// `trafficViewEnrollmentStatus`.
    pub traffic_view: Toggle,
    /// `maxReturn`, for MultiValue.
    pub max_return: Option<u8>,
    /// `recordType`, fixed once it is set.
    pub record_type: Option<RecordType>,
    /// `allowedEndpointRecordTypes`, set when Azure DNS alias records point at the profile.
    pub allowed_record_types: Vec<AllowedRecordType>,
}

/// How endpoints are probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// `protocol`.
    pub protocol: Protocol,
    /// `port`.
    pub port: u16,
    /// `path`; `None` exactly for TCP.
    pub path: Option<String>,
    /// `intervalInSeconds`: 10 or 30.
    pub interval: u8,
    /// `timeoutInSeconds`: 5 to 10, and at most 9 when the interval is 10.
    pub timeout: u8,
    /// `toleratedNumberOfFailures`: 0 to 9.
    pub tolerated_failures: u8,
    /// `customHeaders`, at most 8.
    pub headers: Vec<Header>,
    /// `expectedStatusCodeRanges`, at most 8; none means 200.
    pub expected_status_codes: Vec<StatusRange>,
}

/// A header that probes send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Header name.
    pub name: String,
    /// Header value.
    pub value: String,
}

/// Status codes that count as healthy, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRange {
    /// First status code.
    pub min: u16,
    /// Last status code.
    pub max: u16,
}

/// Addresses that a Subnet profile maps to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// `first`, as given.
    pub first: IpAddr,
    /// The other end, in the form that was given.
    pub end: SubnetEnd,
}

/// How a [`Subnet`] ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubnetEnd {
    /// `last`: the last address.
    Last(IpAddr),
    /// `scope`: the length of the prefix.
    Scope(u8),
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant),+
        }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The canonical spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads a value in any letter case, as the service does.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text))
            }
        }
    };
}

words! {
    /// Enabled or Disabled: profile status, endpoint status, traffic view, always serve.
    Toggle {
        /// On.
        Enabled = "Enabled",
        /// Off.
        Disabled = "Disabled",
    }
}

words! {
    /// `trafficRoutingMethod`.
    RoutingMethod {
        /// Lowest latency.
        Performance = "Performance",
        /// Lowest priority number.
        Priority = "Priority",
        /// Random in proportion to weights.
        Weighted = "Weighted",
        /// By the region that the query comes from.
        Geographic = "Geographic",
        /// Several addresses in one answer.
        MultiValue = "MultiValue",
        /// By the address that the query comes from.
        Subnet = "Subnet",
    }
}

words! {
    /// `monitorConfig.protocol`.
    Protocol {
        /// Plain HTTP.
        Http = "HTTP",
        /// HTTP over TLS.
        Https = "HTTPS",
        /// TCP handshake.
        Tcp = "TCP",
    }
}

words! {
    /// `recordType` of a strictly typed profile.
    RecordType {
        /// IPv4 addresses.
        A = "A",
        /// IPv6 addresses.
        Aaaa = "AAAA",
        /// Names.
        Cname = "CNAME",
    }
}

words! {
    /// A member of `allowedEndpointRecordTypes`.
    AllowedRecordType {
        /// Names.
        DomainName = "DomainName",
        /// IPv4 addresses.
        Ipv4Address = "IPv4Address",
        /// IPv6 addresses.
        Ipv6Address = "IPv6Address",
        /// Anything.
        Any = "Any",
    }
}

// === impl ProfilePath ===

impl ProfilePath {
    /// The identity, in which letter case does not count.
    pub fn key(&self) -> ProfileKey {
        ProfileKey(self.id().to_ascii_lowercase())
    }

    /// The resource id in its canonical form.
    pub fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/trafficManagerProfiles/{}",
            self.subscription, self.resource_group, self.name
        )
    }

    /// Whether the profile is in this subscription, and in this resource group if one is given.
    pub fn is_in(&self, subscription: &str, resource_group: Option<&str>) -> bool {
        self.subscription.eq_ignore_ascii_case(subscription)
            && resource_group.is_none_or(|group| self.resource_group.eq_ignore_ascii_case(group))
    }
}

// === impl ProfileKey ===

impl ProfileKey {
    /// The key of the profile that a resource id names.
    pub fn of_id(id: &str) -> Self {
        Self(id.to_ascii_lowercase())
    }

    /// The resource id in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// === impl Profile ===

impl Profile {
    /// The endpoint of this type and name, in any letter case.
    pub fn endpoint(&self, kind: EndpointKind, name: &str) -> Option<&Endpoint> {
        self.endpoints
            .iter()
            .find(|endpoint| endpoint.is(kind, name))
    }

    /// The endpoints in the order of documents: by priority.
    pub fn by_priority(&self) -> Vec<&Endpoint> {
        let mut endpoints: Vec<_> = self.endpoints.iter().collect();
        endpoints.sort_by_key(|endpoint| endpoint.priority);
        endpoints
    }
}

// === impl RoutingMethod ===

impl RoutingMethod {
    /// The methods that an api-version can express.
    pub(crate) fn known_to(self, version: crate::ApiVersion) -> bool {
        use crate::Feature;
        match self {
            Self::Performance | Self::Priority | Self::Weighted => true,
            Self::Geographic => version.has(Feature::Geographic),
            Self::MultiValue | Self::Subnet => version.has(Feature::SubnetsAndMultiValue),
        }
    }
}

// === impl Subnet ===

impl Subnet {
    /// First and last address as numbers, IPv4 as its mapped IPv6 range so that both families compare.
    pub fn bounds(&self) -> (u128, u128) {
        let first = number(self.first);
        match self.end {
            SubnetEnd::Last(last) => (first, number(last)),
            SubnetEnd::Scope(scope) => {
                let width = if self.first.is_ipv4() { 32 } else { 128 };
                let host_bits = u32::from(width - scope.min(width));
                let hosts = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |n| n - 1);
                (first, first.saturating_add(hosts))
            }
        }
    }
}

impl Subnet {
    /// The last address.
    pub fn last(&self) -> IpAddr {
        let (_, last) = self.bounds();
        match self.first {
            // The bounds of an IPv4 subnet are those of its mapped range, whose low 32 bits are the address.
            IpAddr::V4(_) => {
                Ipv4Addr::from(u32::try_from(last & u128::from(u32::MAX)).unwrap_or(u32::MAX))
                    .into()
            }
            IpAddr::V6(_) => Ipv6Addr::from(last).into(),
        }
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}
