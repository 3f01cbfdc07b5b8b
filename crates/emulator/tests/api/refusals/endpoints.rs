//! Rules about endpoints, alone and together.

use axum::http::Method;
use emulator::{Request, Response};
use rstest::rstest;
use serde_json::{Value, json};

use super::note;
use super::settings::properties;
use crate::client::{external, profile, profile_path, send, state};

fn endpoints(method: &str, endpoints: Value) -> Response {
    let mut body = profile("app", method, endpoints);
    if method == "MultiValue" {
        body["properties"]["maxReturn"] = json!(3);
    }
    send(&mut state(), Method::PUT, &profile_path("app"), &body)
}

/// The refusal of one external endpoint with these properties.
fn endpoint(more: Value) -> Response {
    endpoints("Weighted", json!([external("one", "a.example.com", more)]))
}

#[test]
fn of_endpoints() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    let one = |more| external("one", "a.example.com", more);
    case(
        "endpoints of a wrong type",
        properties(json!({ "endpoints": {} })),
    );
    case(
        "endpoint of a wrong type",
        endpoints("Weighted", json!([7])),
    );
    case(
        "without name and type",
        endpoints("Weighted", json!([{}, {}])),
    );
    case(
        "unknown type",
        endpoints(
            "Weighted",
            json!([{ "name": "one", "type": "Microsoft.Network/dnsZones" }]),
        ),
    );
    case(
        "same name in another case",
        endpoints(
            "Weighted",
            json!([one(json!({})), external("ONE", "b.example.com", json!({}))]),
        ),
    );
    case(
        "name with a slash",
        endpoints(
            "Weighted",
            json!([external("a/b", "a.example.com", json!({}))]),
        ),
    );
    case(
        "name too long",
        endpoints(
            "Weighted",
            json!([external(&"n".repeat(261), "a.example.com", json!({}))]),
        ),
    );
    case("no target", endpoint(json!({ "target": null })));
    case(
        "target with a port",
        endpoint(json!({ "target": "a.example.com:443" })),
    );
    case(
        "target with a scheme",
        endpoint(json!({ "target": "https://a.example.com" })),
    );
    case(
        "wildcard target",
        endpoint(json!({ "target": "*.example.com" })),
    );
    case(
        "mistyped address",
        endpoint(json!({ "target": "20.1.2.300" })),
    );
    case("private target", endpoint(json!({ "target": "10.1.2.3" })));
    case("weight of zero", endpoint(json!({ "weight": 0 })));
    case("weight too large", endpoint(json!({ "weight": 1001 })));
    case("weight in words", endpoint(json!({ "weight": "70" })));
    case("priority of zero", endpoint(json!({ "priority": 0 })));
    case(
        "unknown status",
        endpoint(json!({ "endpointStatus": "Paused" })),
    );
    case(
        "unknown location",
        endpoint(json!({ "endpointLocation": "atlantis" })),
    );
    case(
        "unknown geographic code",
        endpoint(json!({ "geoMapping": ["XX"] })),
    );
    case(
        "geographic code twice",
        endpoint(json!({ "geoMapping": ["DE", "de"] })),
    );
    case(
        "subnet without end",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.0" }] })),
    );
    case(
        "subnet with two ends",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.0", "last": "1.2.3.9", "scope": 24 }] })),
    );
    case(
        "subnet backwards",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.9", "last": "1.2.3.0" }] })),
    );
    case(
        "subnet of two families",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.9", "last": "::1" }] })),
    );
    case(
        "subnet off its network",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.1", "scope": 24 }] })),
    );
    case(
        "subnet too narrow",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.0", "scope": 33 }] })),
    );
    case(
        "subnet of words",
        endpoint(json!({ "subnets": [{ "first": "here", "last": "there" }] })),
    );
    let headers: Vec<_> = (0..9)
        .map(|n| json!({ "name": format!("h{n}"), "value": "v" }))
        .collect();
    case(
        "nine headers",
        endpoint(json!({ "customHeaders": headers })),
    );
    case(
        "several at once",
        endpoint(json!({ "weight": 0, "priority": 1001, "target": "" })),
    );
    insta::assert_snapshot!(all);
}

#[test]
fn of_profiles_as_a_whole() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    let pair = |left: Value, right: Value| {
        json!([
            external("one", "a.example.com", left),
            external("two", "b.example.com", right)
        ])
    };
    case(
        "same target in another case",
        endpoints(
            "Weighted",
            json!([
                external("one", "a.example.com", json!({})),
                external("two", "A.Example.com", json!({})),
            ]),
        ),
    );
    case(
        "same address in another form",
        endpoints(
            "Weighted",
            json!([
                external("one", "2603:1030::1", json!({})),
                external("two", "2603:1030:0::1", json!({})),
            ]),
        ),
    );
    case(
        "same priority",
        endpoints(
            "Weighted",
            pair(json!({ "priority": 5 }), json!({ "priority": 5 })),
        ),
    );
    case(
        "name and address",
        endpoints(
            "Priority",
            json!([
                external("one", "a.example.com", json!({})),
                external("two", "20.1.2.3", json!({})),
            ]),
        ),
    );
    case(
        "both address families",
        endpoints(
            "Priority",
            json!([
                external("one", "2603:1030::1", json!({})),
                external("two", "20.1.2.3", json!({})),
            ]),
        ),
    );
    case(
        "Performance without location",
        endpoints(
            "Performance",
            pair(json!({ "endpointLocation": "westus" }), json!({})),
        ),
    );
    case(
        "Geographic without code",
        endpoints(
            "Geographic",
            pair(json!({ "geoMapping": ["DE"] }), json!({})),
        ),
    );
    case(
        "Geographic code on two endpoints",
        endpoints(
            "Geographic",
            pair(
                json!({ "geoMapping": ["DE", "FR"] }),
                json!({ "geoMapping": ["FR"] }),
            ),
        ),
    );
    case(
        "Subnet overlap",
        endpoints(
            "Subnet",
            pair(
                json!({ "subnets": [{ "first": "1.2.0.0", "scope": 16 }] }),
                json!({ "subnets": [{ "first": "1.2.3.4", "last": "1.2.3.5" }] }),
            ),
        ),
    );
    case(
        "Subnet with two fallbacks",
        endpoints("Subnet", pair(json!({}), json!({}))),
    );
    case(
        "MultiValue with a name",
        endpoints(
            "MultiValue",
            json!([external("one", "a.example.com", json!({}))]),
        ),
    );
    let many: Vec<_> = (0..201)
        .map(|n| external(&format!("e{n}"), &format!("e{n}.example.com"), json!({})))
        .collect();
    case("201 endpoints", endpoints("Weighted", json!(many)));
    case("record type that no endpoint has", {
        let mut body = profile(
            "app",
            "Weighted",
            json!([external("one", "a.example.com", json!({}))]),
        );
        body["properties"]["recordType"] = json!("A");
        state().answer(&Request::new(
            Method::PUT,
            &profile_path("app"),
            "2026-09-01",
            &body,
        ))
    });
    insta::assert_snapshot!(all);
}

#[rstest]
#[case::touching("1.2.3.0/25", "1.2.3.128/25", false)]
#[case::equal("1.2.3.0/24", "1.2.3.0/24", true)]
#[case::inside("1.2.0.0/16", "1.2.3.0/24", true)]
#[case::around("1.2.3.0/24", "1.2.0.0/16", true)]
#[case::last_address("1.2.3.0/24", "1.2.3.255-1.2.4.0", true)]
#[case::first_address("1.2.3.0-1.2.3.9", "1.2.2.0-1.2.3.0", true)]
#[case::next_address("1.2.3.0-1.2.3.9", "1.2.3.10-1.2.3.11", false)]
#[case::other_family("0.0.0.0/0", "2603:1030::/32", false)]
#[case::version_6("2603:1030::/32", "2603:1030:1::/48", true)]
#[case::everything("::/0", "1.2.3.0/24", true)]
fn subnets_overlap(#[case] left: &str, #[case] right: &str, #[case] refused: bool) {
    let subnets = |text: &str| {
        let subnet = if let Some((first, scope)) = text.split_once('/') {
            json!({ "first": first, "scope": scope.parse::<u8>().expect("a length") })
        } else {
            let (first, last) = text.split_once('-').expect("a range");
            json!({ "first": first, "last": last })
        };
        json!({ "subnets": [subnet] })
    };
    let pair = json!([
        external("one", "a.example.com", subnets(left)),
        external("two", "b.example.com", subnets(right)),
    ]);
    let response = endpoints("Subnet", pair.clone());
    assert_eq!(response.status.is_client_error(), refused, "{response:?}");
    // Under another method the mapping is stored and means nothing.
    assert_eq!(endpoints("Weighted", pair).status, 201);
}
