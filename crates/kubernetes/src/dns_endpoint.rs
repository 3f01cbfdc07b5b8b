//! `DNSEndpoint` of ExternalDNS, group `externaldns.k8s.io`, version `v1alpha1`.

use std::collections::BTreeMap;

use kube::ResourceExt as _;
use kube::api::{ApiResource, DynamicObject};
use serde::Deserialize;
use serde_json::{Value, json};

const GROUP: &str = "externaldns.k8s.io";
const VERSION: &str = "v1alpha1";

/// One CNAME record that an ExternalDNS with `--source=crd` is asked to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsEndpoint {
    /// Which object it is.
    pub key: DnsEndpointKey,
    /// The labels of the object. Those that are empty are not written.
    pub labels: BTreeMap<String, String>,
    /// The name of the record, without a trailing dot.
    pub host: String,
    /// What it points to, without a trailing dot: ExternalDNS's azure provider would otherwise update it for ever.
    pub target: String,
    /// Seconds; `None` leaves it to the ExternalDNS that reads it.
    pub ttl: Option<u32>,
}

/// One object of this kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsEndpointKey {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its identity, when it was read from the cluster: an object that is made again under this name has another.
    pub uid: Option<String>,
}

/// What is read of the object's `spec`. Everything may be absent: another tool may have written it.
#[derive(Debug, Default, Deserialize)]
struct Spec {
    #[serde(default)]
    endpoints: Vec<Record>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(default)]
    dns_name: String,
    #[serde(default, rename = "recordType")]
    kind: String,
    #[serde(default)]
    targets: Vec<String>,
    #[serde(rename = "recordTTL")]
    ttl: Option<i64>,
}

// === impl DnsEndpoint ===

impl DnsEndpoint {
    pub(crate) fn resource() -> ApiResource {
        ApiResource {
            group: GROUP.to_owned(),
            version: VERSION.to_owned(),
            api_version: format!("{GROUP}/{VERSION}"),
            kind: "DNSEndpoint".to_owned(),
            plural: "dnsendpoints".to_owned(),
        }
    }

    /// The body of a server-side apply: every field in it becomes ours, and one that was ours and is no longer in it
    /// goes. So nothing is in it but what is meant; old API servers read an empty text as a null.
    pub(crate) fn to_apply(&self) -> Value {
        let labels: BTreeMap<_, _> = self
            .labels
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let mut record = json!({
            "dnsName": self.host,
            "recordType": "CNAME",
            "targets": [self.target],
        });
        if let Some(ttl) = self.ttl {
            record["recordTTL"] = ttl.into();
        }
        json!({
            "apiVersion": format!("{GROUP}/{VERSION}"),
            "kind": "DNSEndpoint",
            "metadata": {
                "name": self.key.name,
                "namespace": self.key.namespace,
                "labels": labels,
            },
            "spec": { "endpoints": [record] },
        })
    }

    /// The object as it was read. One that holds no record is read all the same, with an empty host and target: it is
    /// labelled ours, so it has to be seen to be put right or removed.
    pub(crate) fn from_object(object: &DynamicObject) -> Self {
        let spec = object.data.get("spec").cloned().unwrap_or_default();
        let spec: Spec = serde_json::from_value(spec).unwrap_or_default();
        let mut records = spec.endpoints.into_iter();
        // One record is all that we write; with more of them the object is not as we left it.
        let record = records.next().filter(|record| {
            records.next().is_none() && record.kind == "CNAME" && record.targets.len() == 1
        });
        let (host, target, ttl) = match record {
            Some(mut record) => (
                record.dns_name,
                record.targets.pop().unwrap_or_default(),
                record.ttl.and_then(|ttl| u32::try_from(ttl).ok()),
            ),
            None => (String::new(), String::new(), None),
        };
        Self {
            key: DnsEndpointKey {
                namespace: object.namespace().unwrap_or_default(),
                name: object.name_any(),
                uid: object.uid(),
            },
            labels: object.labels().clone(),
            host,
            target,
            // A TTL of zero is what ExternalDNS writes for none.
            ttl: ttl.filter(|ttl| *ttl > 0),
        }
    }

    /// Whether the proof of concept made it: it named its objects so, and gave them no label to find them by.
    pub(crate) fn is_of_proof_of_concept(&self) -> bool {
        self.key.name.ends_with("-tm-cname")
            && !self.host.is_empty()
            && !self.labels.contains_key(crate::MANAGED_BY)
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_json_snapshot;

    use super::*;

    fn wanted() -> DnsEndpoint {
        DnsEndpoint {
            key: DnsEndpointKey {
                namespace: "dns".to_owned(),
                name: "my-app.example.com".to_owned(),
                uid: None,
            },
            labels: BTreeMap::from([
                (crate::MANAGED_BY.to_owned(), crate::NAME.to_owned()),
                (crate::OWNER.to_owned(), "east".to_owned()),
                ("empty".to_owned(), String::new()),
            ]),
            host: "my-app.example.com".to_owned(),
            target: "my-app-global.trafficmanager.net".to_owned(),
            ttl: Some(60),
        }
    }

    #[test]
    fn what_is_applied() {
        assert_json_snapshot!(wanted().to_apply(), @r#"
        {
          "apiVersion": "externaldns.k8s.io/v1alpha1",
          "kind": "DNSEndpoint",
          "metadata": {
            "labels": {
              "app.kubernetes.io/managed-by": "external-dns-traffic-manager",
              "external-dns-traffic-manager/owner": "east"
            },
            "name": "my-app.example.com",
            "namespace": "dns"
          },
          "spec": {
            "endpoints": [
              {
                "dnsName": "my-app.example.com",
                "recordTTL": 60,
                "recordType": "CNAME",
                "targets": [
                  "my-app-global.trafficmanager.net"
                ]
              }
            ]
          }
        }
        "#);
    }

    #[test]
    fn what_was_applied_is_read_back() {
        for ttl in [Some(60), None] {
            let mut wanted = wanted();
            wanted.ttl = ttl;
            let object: DynamicObject = serde_json::from_value(wanted.to_apply()).unwrap();
            wanted.labels.remove("empty");
            assert_eq!(DnsEndpoint::from_object(&object), wanted);
        }
    }

    #[test]
    fn an_object_that_is_not_as_we_write_it_holds_no_record() {
        for spec in [
            json!({}),
            json!({"endpoints": null}),
            json!({"endpoints": []}),
            json!({"endpoints": [{"dnsName": "a.example.com", "recordType": "A", "targets": ["192.0.2.1"]}]}),
            json!({"endpoints": [{"dnsName": "a.example.com", "recordType": "CNAME", "targets": ["b", "c"]}]}),
            json!({"endpoints": [
                {"dnsName": "a.example.com", "recordType": "CNAME", "targets": ["b"]},
                {"dnsName": "b.example.com", "recordType": "CNAME", "targets": ["b"]},
            ]}),
        ] {
            let mut body = wanted().to_apply();
            body["spec"] = spec;
            let object: DynamicObject = serde_json::from_value(body).unwrap();
            let read = DnsEndpoint::from_object(&object);
            assert_eq!((read.host.as_str(), read.target.as_str()), ("", ""));
            assert_eq!(read.key, wanted().key);
        }
    }
}
