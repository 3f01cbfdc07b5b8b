//! From an object to what the webhook will get of it: one source for each host,
//! made by the function that `serve` has for it.
//!
//! A manifest lacks what only a cluster knows, most of all the load balancer's
//! address. It is made up, different for each object, from addresses that hardly
//! anybody has. What is only true with addresses of one kind is no finding, nor what
//! is said about a made-up name.

use std::net::{Ipv4Addr, Ipv6Addr};

use external_dns::{Endpoint as Record, RecordType, labels};
use members::annotation::{Name, PROPERTY_PREFIX};
use members::gather::gather;
use members::want::Source;
use traffic_manager::target::TargetFamily;

use crate::manifest::{Entry, Object};
use crate::yaml::Node;

/// How the keys of our annotations begin, after ExternalDNS's prefix.
pub(crate) const OURS: &str = "webhook-traffic-manager-";
/// How the made-up addresses begin: the last block before multicast's, and one that was
/// given back.
const NOBODYS_V4: [u8; 2] = [223, 255];
const NOBODYS_V6: [u16; 2] = [0x3ffe, 0xffff];
/// What made-up names end in (RFC 6761).
const NOBODYS_NAME: &str = "unknown.invalid";
/// The value of the annotation `controller` that does not turn ExternalDNS away.
const CONTROLLER: &str = "dns-controller";

/// An object through one annotation prefix.
pub(crate) struct View<'a> {
    pub(crate) object: &'a Object,
    /// Our annotations, by what stands after [`OURS`]. Those of a `DNSEndpoint`
    /// are of one record.
    pub(crate) entries: Vec<(String, Entry)>,
    /// Those of a block that does not count.
    pub(crate) lost: Vec<(String, Entry)>,
    /// What the webhook will get: one source for each host.
    pub(crate) sources: Vec<Source>,
    /// What was made up for it.
    pub(crate) made_up: MadeUp,
    /// Whether no record comes of the object as it stands.
    pub(crate) has_no_host: bool,
}

/// What a manifest does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MadeUp {
    pub(crate) host: bool,
    pub(crate) address: bool,
}

/// Makes up what is missing, no two alike.
#[derive(Debug)]
pub(crate) struct Inventor {
    family: TargetFamily,
    number: u16,
}

// === impl View ===

impl View<'_> {
    /// The text of one of our annotations.
    pub(crate) fn get(&self, name: Name) -> Option<&str> {
        self.entry(name.as_str()).map(|entry| entry.value.trim())
    }

    /// Whether the object says that it takes no part.
    pub(crate) fn is_off(&self) -> bool {
        let enabled = self.get(Name::Enabled);
        enabled.is_some_and(|text| text.eq_ignore_ascii_case("false"))
    }

    /// The entry of an annotation, by what stands after [`OURS`]: of two spellings
    /// the one in small letters, and of two entries the last.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        let entries = self.entries.iter();
        entries
            .filter(|(held, _)| held.eq_ignore_ascii_case(key))
            .max_by_key(|(held, _)| held)
            .map(|(_, entry)| entry)
    }
}

/// What ExternalDNS makes of the object with this prefix: one view, or one for each
/// record of a `DNSEndpoint`; none when nothing of ours is there.
pub(crate) fn views<'a>(
    object: &'a Object,
    prefix: &str,
    namespace: &str,
    inventor: &mut Inventor,
) -> Vec<View<'a>> {
    let is_foreign = object
        .annotation(&format!("{prefix}controller"))
        .is_some_and(|controller| controller != CONTROLLER);
    if is_foreign {
        return Vec::new();
    }
    let namespace = object.name.namespace.as_deref().unwrap_or(namespace);
    if object.name.kind == "DNSEndpoint" {
        let resource = format!("crd/{namespace}/{}", object.name.name);
        let records = object.list(&["spec", "endpoints"]);
        return records
            .filter_map(|record| of_record(object, record, &resource))
            .collect();
    }
    let kind = object.name.kind.to_lowercase();
    let resource = format!("{kind}/{namespace}/{}", object.name.name);
    of_annotations(object, prefix, &resource, inventor)
        .into_iter()
        .collect()
}

fn of_annotations<'a>(
    object: &'a Object,
    prefix: &str,
    resource: &str,
    inventor: &mut Inventor,
) -> Option<View<'a>> {
    let ours = |entries: &[Entry]| -> Vec<_> {
        let entries = entries.iter();
        entries
            .filter_map(|entry| {
                let key = entry.key.strip_prefix(prefix)?.strip_prefix(OURS)?;
                Some((key.to_owned(), entry.clone()))
            })
            .collect()
    };
    let (entries, lost) = (ours(&object.annotations), ours(&object.lost));
    if entries.is_empty() && lost.is_empty() {
        return None;
    }
    let mut view = View {
        object,
        entries,
        lost,
        sources: Vec::new(),
        made_up: MadeUp::default(),
        has_no_host: false,
    };
    let get = |name: &str| object.annotation(&format!("{prefix}{name}"));
    let mut hosts = hosts(object, get);
    if hosts.is_empty() {
        // Every Service has a record of its own name, or none.
        view.has_no_host = object.name.kind == "Service";
        view.made_up.host = true;
        hosts.push(inventor.name());
    }
    let mut targets = targets(object, get);
    if targets.is_empty() {
        view.made_up.address = true;
        targets.push(inventor.target());
    }
    let set_identifier = get("set-identifier").unwrap_or_default();
    let mut records = Vec::new();
    for host in &hosts {
        for target in &targets {
            let kind = record_type(target);
            let record = Record::new(host, kind, [target]).with_set_identifier(set_identifier);
            records.push(with_properties(record, resource, &view.entries));
        }
    }
    view.sources = gather(&records);
    Some(view)
}

fn of_record<'a>(object: &'a Object, record: &'a Node, resource: &str) -> Option<View<'a>> {
    let ours = PROPERTY_PREFIX;
    let entries: Vec<_> = object
        .properties(record)
        .into_iter()
        .filter_map(|entry| Some((entry.key.strip_prefix(ours)?.to_owned(), entry)))
        .collect();
    if entries.is_empty() {
        return None;
    }
    let text = |key: &str| record.get(key).and_then(Node::text).unwrap_or_default();
    let targets = record.get("targets").into_iter().flat_map(Node::elements);
    let targets: Vec<_> = targets.filter_map(Node::text).collect();
    let kind = match text("recordType") {
        "" => targets
            .first()
            .map_or(RecordType::CNAME, |target| record_type(target)),
        kind => RecordType::from(kind),
    };
    let wanted =
        Record::new(text("dnsName"), kind, targets).with_set_identifier(text("setIdentifier"));
    let wanted = with_properties(wanted, resource, &entries);
    Some(View {
        object,
        entries,
        lost: Vec::new(),
        sources: gather(&[wanted]),
        made_up: MadeUp::default(),
        has_no_host: false,
    })
}

fn with_properties(mut record: Record, resource: &str, entries: &[(String, Entry)]) -> Record {
    record = record.with_label(labels::RESOURCE, resource);
    for (key, entry) in entries {
        record.set_property(&format!("{PROPERTY_PREFIX}{key}"), entry.value.as_str());
    }
    record
}

/// The names that ExternalDNS gives the object.
fn hosts<'a>(object: &'a Object, get: impl Fn(&str) -> Option<&'a str>) -> Vec<String> {
    let mut hosts: Vec<String> = ["hostname", "internal-hostname"]
        .into_iter()
        .filter_map(&get)
        .flat_map(names)
        .collect();
    let texts = |path: &[&str]| -> Vec<String> {
        let texts = object.list(path).filter_map(Node::text);
        texts.map(str::to_owned).collect()
    };
    let mut own = match object.name.kind.as_str() {
        "Ingress" => {
            let rules = object.list(&["spec", "rules"]);
            let hosts = rules.filter_map(|rule| rule.get("host")?.text());
            let secured = object.list(&["spec", "tls"]);
            let secured = secured
                .flat_map(|tls| tls.get("hosts").into_iter().flat_map(Node::elements))
                .filter_map(Node::text);
            hosts.chain(secured).map(str::to_owned).collect()
        }
        kind if kind.ends_with("Route") => texts(&["spec", "hostnames"]),
        _ => Vec::new(),
    };
    match get("ingress-hostname-source") {
        Some("annotation-only") => own.clear(),
        Some("defined-hosts-only") => hosts.clear(),
        _ => {}
    }
    hosts.append(&mut own);
    let mut seen = std::collections::BTreeSet::new();
    hosts.retain(|host| !host.is_empty() && seen.insert(host.clone()));
    hosts
}

/// What ExternalDNS lets the object's records point at, as far as it is written.
fn targets<'a>(object: &'a Object, get: impl Fn(&str) -> Option<&'a str>) -> Vec<String> {
    if let Some(targets) = get("target") {
        return names(targets).filter(|target| !target.is_empty()).collect();
    }
    let external: Vec<_> = object
        .list(&["spec", "externalIPs"])
        .filter_map(Node::text)
        .collect();
    if !external.is_empty() {
        return external.into_iter().map(str::to_owned).collect();
    }
    if object.text(&["spec", "type"]) == Some("ExternalName") {
        return object
            .text(&["spec", "externalName"])
            .map(str::to_owned)
            .into_iter()
            .collect();
    }
    let balancers = object.list(&["status", "loadBalancer", "ingress"]);
    balancers
        .flat_map(|ingress| ["ip", "hostname"].map(|key| ingress.get(key).and_then(Node::text)))
        .flatten()
        .map(str::to_owned)
        .collect()
}

fn names(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(|name| name.replace(' ', ""))
}

fn record_type(target: &str) -> RecordType {
    match target.parse() {
        Ok(std::net::IpAddr::V4(_)) => RecordType::A,
        Ok(std::net::IpAddr::V6(_)) => RecordType::AAAA,
        Err(_) => RecordType::CNAME,
    }
}

// === impl Inventor ===

impl Inventor {
    /// Every load balancer has an address of this kind.
    pub(crate) const fn new(family: TargetFamily) -> Self {
        Self { family, number: 0 }
    }

    fn target(&mut self) -> String {
        let number = self.number();
        match self.family {
            TargetFamily::V4 => {
                let [a, b] = NOBODYS_V4;
                let [c, d] = number.to_be_bytes();
                Ipv4Addr::new(a, b, c, d).to_string()
            }
            TargetFamily::V6 => {
                let [a, b] = NOBODYS_V6;
                Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, number).to_string()
            }
            TargetFamily::Name => format!("balancer-{number}.{NOBODYS_NAME}"),
        }
    }

    fn name(&mut self) -> String {
        format!("host-{}.{NOBODYS_NAME}", self.number())
    }

    fn number(&mut self) -> u16 {
        self.number = self.number.wrapping_add(1);
        self.number
    }
}

/// Whether an endpoint points at something made up.
pub(crate) fn mentions_made_up(destination: &str) -> bool {
    let [a, b] = NOBODYS_V4;
    let [first, second] = NOBODYS_V6;
    let v4 = format!("{a}.{b}.");
    let v6 = format!("{first:x}:{second:x}:");
    destination.starts_with(&v4)
        || destination.starts_with(&v6)
        || mentions_made_up_name(destination)
}

/// Whether a message is about a made-up name.
pub(crate) fn mentions_made_up_name(message: &str) -> bool {
    message.contains(NOBODYS_NAME)
}
