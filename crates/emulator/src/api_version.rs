//! The api-versions of `Microsoft.Network/trafficManagerProfiles` and what each of them can express.
//!
//! An old api-version neither shows nor reads a property that was added after it, so that a client pinned to it
//! keeps seeing the documents that it was written for.

use serde_json::Value;

/// An api-version that Traffic Manager answers, in the order of publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiVersion {
    /// `2015-04-28-preview`: lists under `values`, no monitor status, a PUT is always answered with 201.
    V2015_04_28Preview,
    /// `2015-11-01`.
    V2015_11_01,
    /// `2017-03-01`.
    V2017_03_01,
    /// `2017-05-01`.
    V2017_05_01,
    /// `2017-09-01-preview`.
    V2017_09_01Preview,
    /// `2018-02-01`.
    V2018_02_01,
    /// `2018-03-01`.
    V2018_03_01,
    /// `2018-04-01`.
    V2018_04_01,
    /// `2018-08-01`.
    V2018_08_01,
    /// `2022-04-01-preview`.
    V2022_04_01Preview,
    /// `2022-04-01`: the version that most tools use.
    V2022_04_01,
    /// `2024-04-01-preview`.
    V2024_04_01Preview,
    /// `2025-01-01-preview`.
    V2025_01_01Preview,
    /// `2026-09-01`: the newest stable version.
    V2026_09_01,
}

/// A part of the documents that only some api-versions know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Monitor statuses have values; before, they are always null.
    MonitorStatus,
    /// `tags` are shown as an empty object when a profile has none.
    EmptyTags,
    /// External and nested endpoints of Performance profiles must have a location.
    RequiredLocations,
    /// `geoMapping` and the Geographic routing method.
    Geographic,
    /// `intervalInSeconds`, `timeoutInSeconds`, `toleratedNumberOfFailures`.
    MonitorTimings,
    /// Error bodies of a missing endpoint are wrapped in `error`.
    WrappedEndpointErrors,
    /// `customHeaders` and `expectedStatusCodeRanges`.
    CustomHeaders,
    /// `trafficViewEnrollmentStatus`.
    TrafficView,
    /// Heat maps of profiles.
    HeatMaps,
    /// The key of real user measurements.
    UserMetrics,
    /// `subnets`, `maxReturn` and the routing methods Subnet and MultiValue.
    SubnetsAndMultiValue,
    /// `allowedEndpointRecordTypes`, which the examples of this version show first.
    AllowedRecordTypes,
    /// `minChildEndpointsIPv4` and `minChildEndpointsIPv6`.
    RecordTypesOfChildren,
    /// `alwaysServe`; properties of other endpoint types are shown as null; name check V2.
    AlwaysServe,
    /// `recordType`.
    RecordType,
}

const ALL: [(ApiVersion, &str); 14] = [
    (ApiVersion::V2015_04_28Preview, "2015-04-28-preview"),
    (ApiVersion::V2015_11_01, "2015-11-01"),
    (ApiVersion::V2017_03_01, "2017-03-01"),
    (ApiVersion::V2017_05_01, "2017-05-01"),
    (ApiVersion::V2017_09_01Preview, "2017-09-01-preview"),
    (ApiVersion::V2018_02_01, "2018-02-01"),
    (ApiVersion::V2018_03_01, "2018-03-01"),
    (ApiVersion::V2018_04_01, "2018-04-01"),
    (ApiVersion::V2018_08_01, "2018-08-01"),
    (ApiVersion::V2022_04_01Preview, "2022-04-01-preview"),
    (ApiVersion::V2022_04_01, "2022-04-01"),
    (ApiVersion::V2024_04_01Preview, "2024-04-01-preview"),
    (ApiVersion::V2025_01_01Preview, "2025-01-01-preview"),
    (ApiVersion::V2026_09_01, "2026-09-01"),
];

/// Versions of the tags API at `Microsoft.Resources/tags/default`, which are Resource Manager's own.
const TAGS_VERSIONS: [&str; 14] = [
    "2019-10-01",
    "2020-06-01",
    "2020-08-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2023-07-01",
    "2023-07-01-preview",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
];

/// Some versions of `Microsoft.Network/publicIPAddresses`, one for each of the last years.
const PUBLIC_IPS_VERSIONS: [&str; 10] = [
    "2018-11-01",
    "2019-11-01",
    "2020-11-01",
    "2021-08-01",
    "2022-07-01",
    "2023-09-01",
    "2024-01-01",
    "2024-05-01",
    "2024-07-01",
    "2025-01-01",
];

/// The versions of Azure DNS with record sets as documents show them here. Their documents are the same, but for the
/// link to a profile that the newer one has in addition.
const DNS_VERSIONS: [&str; 2] = ["2018-05-01", "2023-07-01-preview"];

// === impl ApiVersion ===

impl ApiVersion {
    /// The newest version, which knows every property.
    pub const NEWEST: Self = Self::V2026_09_01;

    /// Reads the value of the query parameter `api-version`, in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        ALL.iter()
            .find(|(_, name)| name.eq_ignore_ascii_case(text))
            .map(|(version, _)| *version)
    }

    /// Every version, oldest first, as it is written in a request.
    pub fn all() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(_, name)| *name)
    }

    /// Whether documents of this version can carry `feature`.
    pub fn has(self, feature: Feature) -> bool {
        self >= match feature {
            Feature::MonitorStatus | Feature::EmptyTags | Feature::RequiredLocations => {
                Self::V2015_11_01
            }
            Feature::Geographic => Self::V2017_03_01,
            Feature::MonitorTimings => Self::V2017_05_01,
            Feature::WrappedEndpointErrors => Self::V2018_02_01,
            Feature::CustomHeaders
            | Feature::TrafficView
            | Feature::HeatMaps
            | Feature::AllowedRecordTypes => Self::V2018_03_01,
            Feature::SubnetsAndMultiValue | Feature::UserMetrics => Self::V2018_04_01,
            Feature::RecordTypesOfChildren => Self::V2018_08_01,
            Feature::AlwaysServe => Self::V2022_04_01Preview,
            Feature::RecordType => Self::V2024_04_01Preview,
        }
    }

    /// Takes the properties that this version does not know out of a profile's `properties`.
    pub(crate) fn prune_profile(self, properties: &mut Value) {
        for (feature, keys) in [
            (Feature::TrafficView, &["trafficViewEnrollmentStatus"][..]),
            (Feature::SubnetsAndMultiValue, &["maxReturn"]),
            (Feature::AllowedRecordTypes, &["allowedEndpointRecordTypes"]),
            (Feature::RecordType, &["recordType"]),
        ] {
            self.prune(properties, feature, keys);
        }
        if let Some(monitor) = properties.get_mut("monitorConfig") {
            self.prune(
                monitor,
                Feature::MonitorTimings,
                &[
                    "intervalInSeconds",
                    "timeoutInSeconds",
                    "toleratedNumberOfFailures",
                ],
            );
            self.prune(
                monitor,
                Feature::CustomHeaders,
                &["customHeaders", "expectedStatusCodeRanges"],
            );
        }
        let endpoints = properties
            .get_mut("endpoints")
            .and_then(Value::as_array_mut);
        for endpoint in endpoints.into_iter().flatten() {
            if let Some(properties) = endpoint.get_mut("properties") {
                self.prune_endpoint(properties);
            }
        }
    }

    /// Takes the properties that this version does not know out of an endpoint's `properties`.
    pub(crate) fn prune_endpoint(self, properties: &mut Value) {
        for (feature, keys) in [
            (Feature::Geographic, &["geoMapping"][..]),
            (Feature::CustomHeaders, &["customHeaders"]),
            (Feature::SubnetsAndMultiValue, &["subnets"]),
            (
                Feature::RecordTypesOfChildren,
                &["minChildEndpointsIPv4", "minChildEndpointsIPv6"],
            ),
            (Feature::AlwaysServe, &["alwaysServe"]),
        ] {
            self.prune(properties, feature, keys);
        }
    }

    fn prune(self, value: &mut Value, feature: Feature, keys: &[&str]) {
        if self.has(feature) {
            return;
        }
        if let Some(object) = value.as_object_mut() {
            for key in keys {
                object.remove(*key);
            }
        }
    }
}

/// Whether public IP addresses are answered under `text` as an api-version.
pub(crate) fn is_public_ips_version(text: &str) -> bool {
    PUBLIC_IPS_VERSIONS
        .iter()
        .any(|version| version.eq_ignore_ascii_case(text))
}

/// The versions of public IP addresses, as an error lists them.
pub(crate) fn public_ips_versions() -> impl Iterator<Item = &'static str> {
    PUBLIC_IPS_VERSIONS.into_iter()
}

/// Whether Azure DNS answers `text` as an api-version.
pub(crate) fn is_dns_version(text: &str) -> bool {
    DNS_VERSIONS
        .iter()
        .any(|version| version.eq_ignore_ascii_case(text))
}

/// The versions of Azure DNS, as an error lists them.
pub(crate) fn dns_versions() -> impl Iterator<Item = &'static str> {
    DNS_VERSIONS.into_iter()
}

/// Whether Resource Manager's tags API answers `text` as an api-version.
pub(crate) fn is_tags_version(text: &str) -> bool {
    TAGS_VERSIONS
        .iter()
        .any(|version| version.eq_ignore_ascii_case(text))
}

/// The versions of the tags API, as an error lists them.
pub(crate) fn tags_versions() -> impl Iterator<Item = &'static str> {
    TAGS_VERSIONS.into_iter()
}
