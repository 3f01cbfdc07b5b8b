//! From a row of the table to the answer: the notation of profiles, and the query over the wire.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use data_plane::RoutingMethod::{Geographic, MultiValue, Performance, Priority, Subnet, Weighted};
use data_plane::health::assess;
use data_plane::{Fqdn, Profile};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};

use crate::dns_server::{Running, from_subnet, question};
use crate::fixtures::{SUFFIX, directory, disabled, fqdn, profile, returning, with_ttl};

/// A network of the built-in table, next to `westeurope`.
pub(super) const EUROPE: &str = "198.51.100.0/24";

/// Enough to see every endpoint that can be picked. The server's seed is fixed, so the answers are the same each time.
const QUERIES: usize = 60;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ask {
    /// A type of record, from anywhere: all answers that come.
    Type(RecordType),
    /// The address, of a client in this network.
    From(&'static str),
    /// To how many bits of the client's network an answer to a query from Europe is bound.
    Scope,
    /// A thousand times the name: in how many tenths of the answers which comes.
    Tenths,
    /// Monitor statuses, as the management API shows them.
    Status,
}

/// `name=Method[,ttl=n][,max=n][,off] endpoint ...`, several separated by ` | `; the first is asked for.
fn cloud(text: &str) -> (Profile, HashMap<Fqdn, Arc<Profile>>) {
    let mut profiles: Vec<Profile> = text.split(" | ").map(one).collect();
    let children = profiles.split_off(1);
    let asked = profiles.remove(0);
    let mut all = directory([asked.clone()]);
    for child in children {
        all.extend(directory([child]));
    }
    (asked, all)
}

fn one(text: &str) -> Profile {
    let (head, endpoints) = text.split_once(' ').unwrap_or((text, ""));
    let (name, rest) = head.split_once('=').unwrap();
    let mut rest = rest.split(',');
    let method = match rest.next().unwrap() {
        "Weighted" => Weighted,
        "Priority" => Priority,
        "Performance" => Performance,
        "Geographic" => Geographic,
        "Subnet" => Subnet,
        "MultiValue" => MultiValue,
        other => panic!("no such method: {other}"),
    };
    let mut profile = profile(name, method, endpoints);
    for option in rest {
        profile = match option.split_once('=') {
            Some(("ttl", seconds)) => with_ttl(seconds.parse().unwrap(), profile),
            Some(("max", max)) => returning(max.parse().unwrap(), profile),
            None if option == "off" => disabled(profile),
            _ => panic!("no such option: {option}"),
        };
    }
    profile
}

/// `TTL TYPE data` of every record, or how their absence is told.
fn text(message: &Message) -> String {
    let mut records: Vec<_> = message
        .answers
        .iter()
        .map(|record| {
            let data = record.data.to_string();
            let data = data.trim_end_matches('.');
            format!("{} {} {data}", record.ttl, record.record_type())
        })
        .collect();
    records.sort();
    match message.metadata.response_code {
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NoError if records.is_empty() => "NODATA".to_owned(),
        ResponseCode::NoError => records.join(", "),
        other => other.to_string(),
    }
}

fn scope(message: &Message) -> String {
    let options = message.edns.as_ref().unwrap().options();
    match options.get(EdnsCode::Subnet) {
        Some(EdnsOption::Subnet(subnet)) => subnet.scope_prefix().to_string(),
        other => panic!("no client subnet comes back: {other:?}"),
    }
}

fn status(asked: &Profile, all: &HashMap<Fqdn, Arc<Profile>>) -> String {
    let assessment = assess(asked, all);
    let endpoints: Vec<_> = assessment.endpoints.iter().map(|s| s.as_str()).collect();
    let text = format!("{}: {}", assessment.status, endpoints.join(" "));
    text.trim_end().to_owned()
}

/// All answers that come, joined by ` or `.
pub(super) async fn answer(cloud_text: &str, ask: Ask) -> String {
    let (asked, all) = cloud(cloud_text);
    let name = format!("{}.", asked.fqdn);
    let (query, times) = match ask {
        Ask::Status => return status(&asked, &all),
        Ask::Type(record_type) => (question(&name, record_type), QUERIES),
        Ask::From(network) => (
            from_subnet(question(&name, RecordType::A), network),
            QUERIES,
        ),
        Ask::Scope => (from_subnet(question(&name, RecordType::A), EUROPE), 1),
        Ask::Tenths => (question(&name, RecordType::CNAME), 1000),
    };
    let server = Running::serving(all, |config| {
        config.suffix = fqdn(SUFFIX);
        config.chase = false;
    })
    .await;
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..times {
        let message = server.udp(&query).await;
        let said = match ask {
            Ask::Scope => scope(&message),
            _ => text(&message),
        };
        *answers.entry(said).or_default() += 1;
    }
    server.end().await;
    let texts: Vec<_> = answers
        .into_iter()
        .map(|(answer, count)| match ask {
            Ask::Tenths => format!("{} of 10: {answer}", (count + 50) / 100),
            _ => answer,
        })
        .collect();
    texts.join(" or ")
}
