//! Rules about endpoints that point at Azure resources and at other profiles.

use axum::http::Method;
use emulator::model::location::Location;
use emulator::{AzureResource, Response, State};
use serde_json::{Value, json};

use super::note;
use crate::client::{profile_path, put, send, state, weighted};

#[test]
fn of_other_endpoint_types() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    let mut state = state();
    let address =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/pip";
    let location = Location::parse("westus").expect("a region");
    state.add_resource(
        address,
        AzureResource {
            host: None,
            location,
        },
    );
    for name in ["parent", "child"] {
        put(&mut state, &profile_path(name), &weighted(name));
    }
    let mut endpoint = |path: &str, properties: Value| {
        send(
            &mut state,
            Method::PUT,
            &profile_path(path),
            &json!({ "properties": properties }),
        )
    };
    let child = profile_path("child");
    let parent = profile_path("parent");
    case(
        "Azure without id",
        endpoint(
            "parent/azureEndpoints/one",
            json!({ "target": "a.example.com" }),
        ),
    );
    case(
        "Azure with unknown resource",
        endpoint(
            "parent/azureEndpoints/one",
            json!({ "targetResourceId": format!("{address}2") }),
        ),
    );
    case(
        "Azure without DNS name",
        endpoint(
            "parent/azureEndpoints/one",
            json!({ "targetResourceId": address }),
        ),
    );
    case(
        "nested with unknown profile",
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": profile_path("nobody") }),
        ),
    );
    case(
        "nested with alwaysServe",
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": child, "alwaysServe": "Enabled" }),
        ),
    );
    case(
        "nested with no minimum",
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": child, "minChildEndpoints": 0 }),
        ),
    );
    case(
        "nested in itself",
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": parent }),
        ),
    );
    assert_eq!(
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": child })
        )
        .status,
        201
    );
    case(
        "nested in a circle",
        endpoint(
            "child/nestedEndpoints/one",
            json!({ "targetResourceId": parent }),
        ),
    );
    case(
        "same name under another type",
        endpoint(
            "parent/externalEndpoints/ONE",
            json!({ "target": "a.example.com" }),
        ),
    );
    case(
        "child deleted under its parent",
        send(&mut state, Method::DELETE, &child, &Value::Null),
    );
    insta::assert_snapshot!(all);
}

#[test]
fn of_nesting_eleven_levels() {
    let mut state = state();
    put(&mut state, &profile_path("p0"), &weighted("p0"));
    let mut response = None;
    for level in 1..=10 {
        let path = profile_path(&format!("p{level}"));
        put(&mut state, &path, &weighted(&format!("p{level}")));
        let body = json!({ "properties": { "targetResourceId": profile_path(&format!("p{}", level - 1)) } });
        let answer = send(
            &mut state,
            Method::PUT,
            &format!("{path}/nestedEndpoints/below"),
            &body,
        );
        assert_eq!(
            answer.status.is_success(),
            level < 10,
            "level {level}: {answer:?}"
        );
        response = Some(answer);
    }
    let message = response.expect("an answer").value()["error"]["message"].clone();
    assert_eq!(
        message,
        "Profiles cannot be nested more than 10 levels deep."
    );
}

#[test]
fn of_two_chains_that_are_too_deep_together() {
    fn nest(state: &mut State, parent: &str, child: &str) -> bool {
        let body = json!({ "properties": { "targetResourceId": profile_path(child) } });
        let path = profile_path(&format!("{parent}/nestedEndpoints/below"));
        send(state, Method::PUT, &path, &body).status.is_success()
    }
    for (upper, lower, allowed) in [(5, 5, true), (6, 5, false), (5, 6, false)] {
        let mut state = state();
        for (chain, levels) in [("upper", upper), ("lower", lower)] {
            for level in 0..levels {
                let name = format!("{chain}{level}");
                put(&mut state, &profile_path(&name), &weighted(&name));
                if level > 0 {
                    assert!(nest(&mut state, &format!("{chain}{}", level - 1), &name));
                }
            }
        }
        let bottom = format!("upper{}", upper - 1);
        assert_eq!(
            nest(&mut state, &bottom, "lower0"),
            allowed,
            "{upper} and {lower}"
        );
    }
}
