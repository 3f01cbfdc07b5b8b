//! Rules about requests: versions, paths, bodies, and what must be there.

use axum::http::Method;
use emulator::{Cloud, Request, Response, State};
use serde_json::{Value, json};

use super::note;
use crate::client::{SUBSCRIPTION, VERSION, profile_path, put, send, state, tags_path, weighted};

#[test]
fn of_requests() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    let mut state = state();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let mut ask = |method: Method, path: &str, version: &str, body: &[u8]| {
        let mut request = Request::new(method, path, version, &Value::Null);
        request.body = body.to_vec();
        state.answer(&request)
    };
    let app = profile_path("app");
    case("no api-version", ask(Method::GET, &app, "", b""));
    case(
        "unknown api-version",
        ask(Method::GET, &app, "2016-01-01", b""),
    );
    case(
        "unknown api-version of tags",
        ask(Method::GET, &tags_path("app"), VERSION, b""),
    );
    case(
        "subscription that is no GUID",
        ask(
            Method::GET,
            "/subscriptions/mine/providers/Microsoft.Network/trafficManagerProfiles",
            VERSION,
            b"",
        ),
    );
    case(
        "group that cannot be",
        ask(Method::GET, &app.replace("my-tm-rg", "a%20b"), VERSION, b""),
    );
    case(
        "unknown path",
        ask(Method::GET, "/subscriptions", VERSION, b""),
    );
    case(
        "unknown endpoint type",
        ask(
            Method::GET,
            &profile_path("app/otherEndpoints/x"),
            VERSION,
            b"",
        ),
    );
    case(
        "method that a path does not take",
        ask(Method::POST, &app, VERSION, b"{}"),
    );
    case(
        "body that is not JSON",
        ask(Method::PUT, &app, VERSION, b"{\"location\":"),
    );
    case(
        "body that is no object",
        ask(Method::PUT, &app, VERSION, b"[]"),
    );
    case("PUT without a body", ask(Method::PUT, &app, VERSION, b""));
    case(
        "profile that is not there",
        ask(Method::GET, &profile_path("nobody"), VERSION, b""),
    );
    case(
        "the same in 2018",
        ask(Method::GET, &profile_path("nobody"), "2018-04-01", b""),
    );
    case(
        "the same in 2015",
        ask(
            Method::GET,
            &profile_path("nobody"),
            "2015-04-28-preview",
            b"",
        ),
    );
    case(
        "PATCH of a profile that is not there",
        ask(Method::PATCH, &profile_path("nobody"), VERSION, b"{}"),
    );
    case(
        "endpoint in a profile that is not there",
        ask(
            Method::PUT,
            &profile_path("nobody/externalEndpoints/One"),
            VERSION,
            b"{}",
        ),
    );
    case(
        "DELETE of such an endpoint",
        ask(
            Method::DELETE,
            &profile_path("nobody/externalEndpoints/One"),
            VERSION,
            b"",
        ),
    );
    case(
        "endpoint that is not there",
        ask(
            Method::GET,
            &profile_path("app/ExternalEndpoints/One"),
            VERSION,
            b"",
        ),
    );
    case(
        "the same in 2017",
        ask(
            Method::GET,
            &profile_path("app/ExternalEndpoints/One"),
            "2017-05-01",
            b"",
        ),
    );
    case(
        "PATCH with endpoints",
        ask(
            Method::PATCH,
            &app,
            VERSION,
            b"{\"properties\":{\"endpoints\":[]}}",
        ),
    );
    case(
        "another relative name",
        ask(
            Method::PATCH,
            &app,
            VERSION,
            b"{\"properties\":{\"dnsConfig\":{\"relativeName\":\"other\"}}}",
        ),
    );
    case(
        "name that is taken",
        ask(
            Method::PUT,
            &profile_path("two"),
            VERSION,
            weighted("APP").to_string().as_bytes(),
        ),
    );
    case(
        "name check without name",
        ask(
            Method::POST,
            "/providers/Microsoft.Network/checkTrafficManagerNameAvailability",
            VERSION,
            b"{}",
        ),
    );
    insta::assert_snapshot!(all);
}

#[test]
fn of_a_group_that_does_not_exist() {
    let cloud = Cloud {
        resource_groups: vec!["only".to_owned()],
        ..Cloud::default()
    };
    let mut state = State::new(cloud);
    let response = send(
        &mut state,
        Method::PUT,
        &profile_path("app"),
        &weighted("app"),
    );
    assert_eq!(response.status, 404);
    assert_eq!(
        response.value()["error"],
        json!({ "code": "ResourceGroupNotFound", "message": "Resource group 'my-tm-rg' could not be found." })
    );
    let known = profile_path("app").replace("my-tm-rg", "ONLY");
    let answer = put(&mut state, &known, &weighted("app"));
    let id = answer["id"].as_str().expect("an id");
    assert!(id.contains("/resourceGroups/only/"), "{id}");
}

#[test]
fn of_the_profile_above_the_quota() {
    let mut state = state();
    for number in 0..200 {
        let name = format!("p{number}");
        put(&mut state, &profile_path(&name), &weighted(&name));
    }
    let response = send(
        &mut state,
        Method::PUT,
        &profile_path("one-more"),
        &weighted("one-more"),
    );
    assert_eq!(response.status, 409, "{response:?}");
    let replaced = send(
        &mut state,
        Method::PUT,
        &profile_path("p7"),
        &weighted("p7"),
    );
    assert_eq!(replaced.status, 200);
    let elsewhere =
        profile_path("one-more").replace(SUBSCRIPTION, "99999999-2222-3333-4444-555555555555");
    assert_eq!(
        send(&mut state, Method::PUT, &elsewhere, &weighted("one-more")).status,
        201
    );
}
