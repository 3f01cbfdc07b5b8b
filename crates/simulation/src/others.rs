//! What somebody else does in Azure: a person in the portal, or another tool.

use arm_client::exchange::Method;
use emulator::model::Profile;
use emulator::{Request, State};
use serde_json::{Value, json};

use crate::cluster::{GROUP, SUBSCRIPTION};
use crate::history::{Deed, OWNERS};
use crate::view;

const VERSION: &str = "2022-04-01";
const TAGS_VERSION: &str = "2021-04-01";

/// Does it. Nothing happens where there is nothing to do it to.
pub(crate) fn act(state: &mut State, name: &str, deed: &Deed) {
    let profile = find(state, name).cloned();
    for (method, rest, body) in requests(profile.as_ref(), name, deed) {
        let version = if rest.contains("/tags/") {
            TAGS_VERSION
        } else {
            VERSION
        };
        let path = format!("{}{rest}", path(name));
        state.answer(&Request::new(method, &path, version, &body));
    }
}

pub(crate) fn path(name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/trafficManagerProfiles/{name}"
    )
}

pub(crate) fn find<'a>(state: &'a State, name: &str) -> Option<&'a Profile> {
    state
        .profiles()
        .find(|profile| profile.path.name.eq_ignore_ascii_case(name))
}

fn requests(profile: Option<&Profile>, name: &str, deed: &Deed) -> Vec<(Method, String, Value)> {
    let at = |index: u8| {
        let endpoints = &profile?.endpoints;
        let endpoint = endpoints.get(usize::from(index) % endpoints.len().max(1))?;
        let kind = endpoint.kind().as_str();
        Some(format!("/{kind}/{}", endpoint.name))
    };
    let patch = |rest: Option<String>, properties: Value| {
        rest.map(|rest| (Method::PATCH, rest, json!({ "properties": properties })))
    };
    let settings = |properties: Value| {
        profile.map(|_| {
            (
                Method::PATCH,
                String::new(),
                json!({ "properties": properties }),
            )
        })
    };
    let tags = |operation: &str, tags: Value| {
        let body = json!({ "operation": operation, "properties": { "tags": tags } });
        let rest = "/providers/Microsoft.Resources/tags/default".to_owned();
        profile.map(|_| (Method::PATCH, rest, body))
    };
    let without = |is_gone: &dyn Fn(&str) -> bool| {
        let held = profile.map(view::tags).unwrap_or_default();
        let gone: serde_json::Map<String, Value> = held
            .into_iter()
            .filter(|(name, _)| is_gone(name))
            .map(|(name, value)| (name, Value::String(value)))
            .collect();
        tags("Delete", Value::Object(gone))
    };
    let request = match deed {
        Deed::Create if profile.is_none() => Some((Method::PUT, String::new(), foreign(name))),
        Deed::Create => None,
        Deed::Delete => profile.map(|_| (Method::DELETE, String::new(), Value::Null)),
        Deed::Weight(index, weight) => patch(at(*index), json!({ "weight": weight })),
        Deed::Disable(index) => patch(at(*index), json!({ "endpointStatus": "Disabled" })),
        Deed::Retarget(index, target) => patch(at(*index), json!({ "target": target })),
        Deed::Drop(index) => at(*index).map(|rest| (Method::DELETE, rest, Value::Null)),
        Deed::Add(endpoint, target) => {
            let rest = format!("/externalEndpoints/{endpoint}");
            let taken = profile.is_none_or(|held| view::endpoint(held, endpoint).is_some());
            let body = json!({ "properties": { "target": target, "weight": 7 } });
            (!taken).then_some((Method::PUT, rest, body))
        }
        Deed::Tag(tag, value) => tags("Merge", json!({ tag: value })),
        Deed::Wipe => without(&|_| true),
        Deed::WipeOurs => without(&|tag| !view::is_foreign_tag(tag)),
        Deed::WipeClaims(owner) => {
            let owner = OWNERS.get(*owner).copied().unwrap_or_default();
            without(&|tag| {
                members::claim::owner_of(tag).is_some_and(|claimant| claimant.as_str() == owner)
            })
        }
        Deed::Mark => tags(
            "Merge",
            json!({ "externaldns-managed-by": "external-dns-traffic-manager" }),
        ),
        Deed::Darken => settings(json!({ "profileStatus": "Disabled" })),
        Deed::Ttl(seconds) => settings(json!({ "dnsConfig": { "ttl": seconds } })),
        Deed::Method(method) => settings(json!({ "trafficRoutingMethod": method })),
    };
    request.into_iter().collect()
}

/// A profile as another tool makes it.
fn foreign(name: &str) -> Value {
    json!({
        "location": "global",
        "tags": { "team": "web", "Terraform": "yes" },
        "properties": {
            "trafficRoutingMethod": "Weighted",
            "dnsConfig": { "relativeName": name, "ttl": 77 },
            "monitorConfig": {
                "protocol": "HTTP", "port": 8080, "path": "/alive", "intervalInSeconds": 10,
                "timeoutInSeconds": 5, "toleratedNumberOfFailures": 2,
                "customHeaders": [{ "name": "x-team", "value": "web" }],
                "expectedStatusCodeRanges": [{ "min": 200, "max": 204 }]
            },
            "endpoints": [{
                "name": "theirs",
                "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
                "properties": {
                    "target": "theirs.example.net", "weight": 9,
                    "customHeaders": [{ "name": "x-a", "value": "b" }]
                }
            }]
        }
    })
}
