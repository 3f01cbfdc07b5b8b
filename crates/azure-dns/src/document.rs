//! The JSON of zones and record sets, as ARM sends it.
//!
//! Every field is optional, and nulls and unknown words are accepted, because a
//! zone holds records of every kind for everybody. Only reading goes through
//! here; what is written is [`RecordSetBody`](crate::RecordSetBody).

use std::collections::BTreeMap;

use serde::Deserialize;

/// A zone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoneDocument {
    /// ARM id.
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub(crate) properties: ZoneProperties,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ZoneProperties {
    pub(crate) zone_type: Option<String>,
    pub(crate) name_servers: Option<Vec<String>>,
}

/// A record set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordSetDocument {
    /// ARM id.
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default, rename = "type")]
    pub(crate) arm_type: Option<String>,
    #[serde(default)]
    pub(crate) etag: Option<String>,
    #[serde(default)]
    pub(crate) properties: RecordSetProperties,
}

/// Azure has written these names in more than one letter case over the years.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordSetProperties {
    #[serde(default, rename = "TTL", alias = "ttl")]
    pub(crate) ttl: Option<u32>,
    #[serde(default)]
    pub(crate) metadata: Option<BTreeMap<String, Option<String>>>,
    #[serde(default, rename = "ARecords", alias = "aRecords")]
    pub(crate) a_records: Option<Vec<ARecord>>,
    #[serde(default, rename = "AAAARecords", alias = "aaaaRecords")]
    pub(crate) aaaa_records: Option<Vec<AaaaRecord>>,
    #[serde(default, rename = "CNAMERecord", alias = "cnameRecord")]
    pub(crate) cname_record: Option<CnameRecord>,
    #[serde(default)]
    pub(crate) target_resource: Option<SubResource>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ARecord {
    pub(crate) ipv4_address: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AaaaRecord {
    pub(crate) ipv6_address: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CnameRecord {
    pub(crate) cname: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SubResource {
    pub(crate) id: Option<String>,
}
