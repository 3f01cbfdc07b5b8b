//! The names of the operations, as metrics, logs and errors show them.

use std::fmt;

/// One kind of call to Azure Resource Manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// List the profiles of a subscription or a resource group.
    ProfilesList,
    /// Read one profile.
    ProfilesGet,
    /// Create or replace a profile with all its endpoints.
    ProfilesPut,
    /// Change settings of a profile.
    ProfilesPatch,
    /// Delete a profile.
    ProfilesDelete,
    /// Create or replace one endpoint.
    EndpointsPut,
    /// Delete one endpoint.
    EndpointsDelete,
    /// Set tags of a profile, leaving its other tags alone.
    TagsMerge,
    /// Remove tags of a profile, leaving its other tags alone.
    TagsDelete,
    /// Ask whether a DNS name is free.
    NameCheck,
    /// Read the geographic hierarchy.
    GeographyGet,
    /// List the public IP addresses of a subscription.
    PublicIpsList,
    /// List the DNS zones of a subscription or a resource group.
    ZonesList,
    /// List the record sets of a zone.
    RecordSetsList,
    /// Read one record set.
    RecordSetsGet,
    /// Create or replace a record set.
    RecordSetsPut,
    /// Delete a record set.
    RecordSetsDelete,
}

// === impl Operation ===

impl Operation {
    /// Every operation, in the order in which the documentation lists them.
    pub const ALL: &[Self] = &[
        Self::ProfilesList,
        Self::ProfilesGet,
        Self::ProfilesPut,
        Self::ProfilesPatch,
        Self::ProfilesDelete,
        Self::EndpointsPut,
        Self::EndpointsDelete,
        Self::TagsMerge,
        Self::TagsDelete,
        Self::NameCheck,
        Self::GeographyGet,
        Self::PublicIpsList,
        Self::ZonesList,
        Self::RecordSetsList,
        Self::RecordSetsGet,
        Self::RecordSetsPut,
        Self::RecordSetsDelete,
    ];

    /// The stable name, fit for a metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProfilesList => "profiles.list",
            Self::ProfilesGet => "profiles.get",
            Self::ProfilesPut => "profiles.put",
            Self::ProfilesPatch => "profiles.patch",
            Self::ProfilesDelete => "profiles.delete",
            Self::EndpointsPut => "endpoints.put",
            Self::EndpointsDelete => "endpoints.delete",
            Self::TagsMerge => "tags.merge",
            Self::TagsDelete => "tags.delete",
            Self::NameCheck => "name.check",
            Self::GeographyGet => "geography.get",
            Self::PublicIpsList => "publicIps.list",
            Self::ZonesList => "zones.list",
            Self::RecordSetsList => "recordSets.list",
            Self::RecordSetsGet => "recordSets.get",
            Self::RecordSetsPut => "recordSets.put",
            Self::RecordSetsDelete => "recordSets.delete",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
