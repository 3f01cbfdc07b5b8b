//! The known annotation names.

use std::fmt;

use super::PROPERTY_PREFIX;

macro_rules! names {
    ($($(#[doc = $doc:literal])* $variant:ident = $text:literal),* $(,)?) => {
        /// The name of an annotation, without its prefix. Ordered by text, as
        /// ExternalDNS orders properties.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Name {
            $($(#[doc = $doc])* $variant),*
        }

        impl Name {
            /// Every name, sorted.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The text after `traffic-manager-`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),*
                }
            }

            /// One sentence for the documentation.
            pub const fn summary(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),*)),*
                }
            }
        }
    };
}

names! {
    /// `Enabled` serves the endpoint without probing it. Default: Disabled. `health-checks-enabled` says the same the other way round.
    AlwaysServe = "always-serve",
    /// The relative DNS name: what stands before `.trafficmanager.net`. Default: the profile name.
    DnsName = "dns-name",
    /// Seconds that resolvers may keep an answer. Default: the record's own TTL annotation, else 30.
    DnsTtl = "dns-ttl",
    /// `true` makes the object a member, `false` or no annotation leaves it alone.
    Enabled = "enabled",
    /// Headers of this endpoint's probes, `Name: value` separated by semicolons or lines, at most 8; not with TCP.
    EndpointHeaders = "endpoint-headers",
    /// Azure region of the endpoint; required under Performance routing, and not with `endpoint-type: Azure`.
    EndpointLocation = "endpoint-location",
    /// Name of the endpoint in its profile. Default: derived from the owner, the set identifier and the host.
    EndpointName = "endpoint-name",
    /// `Enabled` or `Disabled`. Default: Enabled.
    EndpointStatus = "endpoint-status",
    /// `External` (default): a name or an address; `Azure`: a resource of Azure; `Nested`: another profile.
    EndpointType = "endpoint-type",
    /// Geographic codes or names of regions, separated by commas; required under Geographic routing.
    GeoMapping = "geo-mapping",
    /// `false` serves the endpoint without probing it (Azure's always-serve). Default: true.
    HealthChecksEnabled = "health-checks-enabled",
    /// The vanity host: the name that users type.
    Hostname = "hostname",
    /// Addresses in one MultiValue answer, 1 to 10. Default: 2.
    MaxReturn = "max-return",
    /// With `endpoint-type: Nested`: so many endpoints of the other profile have to be healthy, or this one counts as unhealthy. Default: 1.
    MinChildEndpoints = "min-child-endpoints",
    /// The same for its endpoints with IPv4 addresses. Default: 0.
    MinChildEndpointsIpv4 = "min-child-endpoints-ipv4",
    /// The same for its endpoints with IPv6 addresses. Default: 0.
    MinChildEndpointsIpv6 = "min-child-endpoints-ipv6",
    /// Status codes that count as healthy, such as `200-299,301`, at most 8 ranges; not with TCP. Default: 200.
    MonitorExpectedStatusCodes = "monitor-expected-status-codes",
    /// Headers of the probe, `Name: value` separated by semicolons or lines, at most 8; not with TCP.
    MonitorHeaders = "monitor-headers",
    /// Host header of the probe, or `none`; not with TCP. Default: the vanity host, if there is one.
    MonitorHost = "monitor-host",
    /// Seconds from one probe to the next, 10 or 30. Default: 30.
    MonitorInterval = "monitor-interval",
    /// Path of the probe, `/` by default; not with TCP.
    MonitorPath = "monitor-path",
    /// Port of the probe. Default: 80 for HTTP, 443 for HTTPS; required for TCP.
    MonitorPort = "monitor-port",
    /// `HTTP`, `HTTPS` or `TCP`. Default: HTTPS.
    MonitorProtocol = "monitor-protocol",
    /// Seconds within which a probe has to be answered, 5 to 10, or to 9 with interval 10. Default: the longest.
    MonitorTimeout = "monitor-timeout",
    /// Failures in a row that do not make an endpoint unhealthy yet, 0 to 9. Default: 3.
    MonitorToleratedFailures = "monitor-tolerated-failures",
    /// Rank of the endpoint, 1 to 1000, unique in its profile. Default: what Azure assigns.
    Priority = "priority",
    /// `manage` (default), or `join` to be a member of a profile that others made and keep.
    ProfileManagement = "profile-management",
    /// ARM name of the profile. Default: derived from the vanity host, else from the host.
    ProfileName = "profile-name",
    /// `Enabled` or `Disabled`, for the profile as a whole. Default: Enabled.
    ProfileStatus = "profile-status",
    /// `A`, `AAAA` or `CNAME`: the profile gives such answers only; for ever, once it is set. Needs `--api-version` 2026-09-01.
    RecordType = "record-type",
    /// Resource group of the profile. Default: the only one that is configured.
    ResourceGroup = "resource-group",
    /// Weighted (default), Priority, Performance, Geographic, Subnet or MultiValue.
    RoutingMethod = "routing-method",
    /// Address ranges of clients, separated by commas, for Subnet routing.
    Subnets = "subnets",
    /// Subscription of the profile, one of those that are configured. Default: `--subscription-id`.
    SubscriptionId = "subscription-id",
    /// Tags of your own for the profile, such as `cost-centre=42,env=prod`.
    Tags = "tags",
    /// `hostname` (default), `address`, or an explicit name or IP address; with `endpoint-type: External`.
    Target = "target",
    /// With `endpoint-type: Nested`: the other profile, by name in the same resource group or by ARM id.
    TargetProfile = "target-profile",
    /// With `endpoint-type: Azure`: the ARM id of a public IP address, a web app or a cloud service. Default: the public IP address of the load balancer.
    TargetResourceId = "target-resource-id",
    /// `true` lets Azure measure from where users come and how far they have it (Traffic View, charged for). Default: false.
    TrafficView = "traffic-view",
    /// Who makes the record of the vanity host: `dnsendpoint`, `azure-dns`, `azure-dns-alias` or `none`. Default: `--vanity`.
    Vanity = "vanity",
    /// Share of the traffic, 1 to 1000; 0 keeps the endpoint but disables it. Default: 100.
    Weight = "weight",
}

// === impl Name ===

impl Name {
    /// What belongs to the profile and can change; not its DNS name.
    pub const SETTINGS: &[Self] = &[
        Self::Hostname,
        Self::Vanity,
        Self::ProfileStatus,
        Self::RoutingMethod,
        Self::DnsTtl,
        Self::MonitorProtocol,
        Self::MonitorPort,
        Self::MonitorPath,
        Self::MonitorInterval,
        Self::MonitorTimeout,
        Self::MonitorToleratedFailures,
        Self::MonitorExpectedStatusCodes,
        Self::MonitorHeaders,
        Self::MonitorHost,
        Self::MaxReturn,
        Self::TrafficView,
        Self::RecordType,
        Self::Tags,
    ];

    /// The name with this text after `traffic-manager-`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|name| name.as_str().eq_ignore_ascii_case(text))
    }

    /// The property name in a record.
    pub fn property(self) -> String {
        format!("{PROPERTY_PREFIX}{}", self.as_str())
    }

    /// The known name that looks most like `text`, when one is near enough to
    /// be a typo of it.
    pub fn nearest(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .map(|name| {
                (
                    strsim::normalized_damerau_levenshtein(name.as_str(), text),
                    name,
                )
            })
            .filter(|(likeness, _)| *likeness >= 0.5)
            .max_by(|(left, _), (right, _)| left.total_cmp(right))
            .map(|(_, name)| name)
    }
}

impl fmt::Display for Name {
    /// As it stands in a manifest, after ExternalDNS's prefix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "webhook-traffic-manager-{}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_fit_kubernetes() {
        let texts: Vec<_> = Name::ALL.iter().map(|name| name.as_str()).collect();
        assert!(texts.is_sorted());
        // Kubernetes allows 63 characters after the slash.
        assert!(Name::ALL.iter().all(|name| name.to_string().len() <= 63));
    }

    #[test]
    fn a_typo_finds_its_name() {
        assert_eq!(Name::nearest("wieght"), Some(Name::Weight));
        assert_eq!(Name::nearest("monitor-prot"), Some(Name::MonitorPort));
        assert_eq!(Name::nearest("host-name"), Some(Name::Hostname));
        assert_eq!(Name::nearest("zzz"), None);
    }
}
