//! Zones and record sets as answers show them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::model::{Data, RecordSet, Zone};
use super::path::{Kind, ZonePath};

/// One page of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    pub(crate) value: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_link: Option<String>,
}

#[derive(Serialize)]
struct Document<'a, P> {
    id: String,
    name: &'a str,
    #[serde(rename = "type")]
    arm_type: String,
    etag: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a BTreeMap<String, String>>,
    properties: P,
}

/// A zone.
pub(crate) fn zone(zone: &Zone) -> Value {
    to_value(&Document {
        id: zone.path.id(),
        name: &zone.path.name,
        arm_type: "Microsoft.Network/dnszones".to_owned(),
        etag: &zone.etag,
        location: Some("global"),
        tags: Some(&zone.tags),
        properties: json!({
            "maxNumberOfRecordSets": 10_000,
            "maxNumberOfRecordsPerRecordSet": null,
            "nameServers": zone.name_servers(),
            "numberOfRecordSets": zone.sets.len(),
            "zoneType": "Public",
        }),
    })
}

/// A record set. `alias_ttl` is that of the profile of an alias, which takes the place of its own.
pub(crate) fn record_set(
    zone: &ZonePath,
    kind: Kind,
    set: &RecordSet,
    alias_ttl: Option<u32>,
) -> Value {
    let mut properties = Map::new();
    if let Some(metadata) = &set.metadata {
        properties.insert("metadata".to_owned(), json!(metadata));
    }
    let fqdn = match set.name.as_str() {
        "@" => format!("{}.", zone.name),
        name => format!("{name}.{}.", zone.name),
    };
    properties.insert("fqdn".to_owned(), fqdn.into());
    properties.insert("TTL".to_owned(), alias_ttl.unwrap_or(set.ttl).into());
    let target = if let Some(alias) = &set.alias {
        json!({"id": alias.id})
    } else {
        let (name, records) = records(&set.data);
        properties.insert(name, records);
        json!({})
    };
    properties.insert("targetResource".to_owned(), target);
    properties.insert("provisioningState".to_owned(), "Succeeded".into());
    to_value(&Document {
        id: format!("{}/{kind}/{}", zone.id(), set.name),
        name: &set.name,
        arm_type: format!("Microsoft.Network/dnszones/{kind}"),
        etag: &set.etag,
        location: None,
        tags: None,
        properties,
    })
}

fn records(data: &Data) -> (String, Value) {
    match data {
        Data::A(list) => ("ARecords".to_owned(), each(list, "ipv4Address")),
        Data::Aaaa(list) => ("AAAARecords".to_owned(), each(list, "ipv6Address")),
        Data::Cname(Some(name)) => ("CNAMERecord".to_owned(), json!({"cname": name})),
        Data::Cname(None) => ("CNAMERecord".to_owned(), Value::Null),
        Data::Ns(list) => ("NSRecords".to_owned(), each(list, "nsdname")),
        Data::Soa(record) => ("SOARecord".to_owned(), Value::Object(record.clone())),
        Data::Txt(list) => ("TXTRecords".to_owned(), each(list, "value")),
        Data::Other(Kind::Caa, list) => ("caaRecords".to_owned(), Value::Array(list.clone())),
        Data::Other(kind, list) => (format!("{kind}Records"), Value::Array(list.clone())),
    }
}

fn each<T: Serialize>(list: &[T], field: &str) -> Value {
    list.iter().map(|one| json!({field: one})).collect()
}

fn to_value(document: &impl Serialize) -> Value {
    // Documents are built from strings, numbers and lists, whose serialisation does not fail.
    serde_json::to_value(document).unwrap_or_default()
}
