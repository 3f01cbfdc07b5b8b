//! Laws that hold for whatever is asked.

use axum::http::Method;
use emulator::{Request, State};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::client::{
    SUBSCRIPTION, external, get, profile, profile_path, profiles_path, state, tags_path,
};

/// Values in the places where a client puts them, right and wrong ones.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_i64..1200).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "Enabled",
            "Disabled",
            "Weighted",
            "Performance",
            "Geographic",
            "Subnet",
            "MultiValue",
            "TCP",
            "HTTP",
            "global",
            "a.example.com",
            "20.1.2.3",
            "::1",
            "westus",
            "WORLD",
            "DE",
            "Merge",
            "Delete",
            "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
        ])
        .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "location",
        "tags",
        "name",
        "type",
        "properties",
        "trafficRoutingMethod",
        "dnsConfig",
        "relativeName",
        "ttl",
        "monitorConfig",
        "protocol",
        "port",
        "path",
        "intervalInSeconds",
        "timeoutInSeconds",
        "endpoints",
        "target",
        "targetResourceId",
        "weight",
        "priority",
        "endpointLocation",
        "geoMapping",
        "subnets",
        "first",
        "last",
        "scope",
        "customHeaders",
        "expectedStatusCodeRanges",
        "min",
        "max",
        "maxReturn",
        "alwaysServe",
        "operation",
        "value",
    ]);
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|pairs| pairs
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<Value>()),
        ]
    })
}

/// Bodies that are a valid profile or endpoint with one thing replaced.
fn nearly_right() -> impl Strategy<Value = Value> {
    let pointers = vec![
        "",
        "/location",
        "/tags",
        "/properties",
        "/properties/trafficRoutingMethod",
        "/properties/dnsConfig",
        "/properties/dnsConfig/relativeName",
        "/properties/dnsConfig/ttl",
        "/properties/monitorConfig",
        "/properties/monitorConfig/protocol",
        "/properties/monitorConfig/port",
        "/properties/monitorConfig/path",
        "/properties/endpoints",
        "/properties/endpoints/0",
        "/properties/endpoints/0/name",
        "/properties/endpoints/0/properties",
        "/properties/endpoints/0/properties/target",
        "/properties/endpoints/0/properties/weight",
        "/properties/endpoints/0/properties/subnets",
    ];
    (prop::sample::select(pointers), value()).prop_map(|(pointer, value)| {
        let mut body = profile(
            "app",
            "Weighted",
            json!([external(
                "one",
                "a.example.com",
                json!({ "weight": 3, "subnets": [] })
            )]),
        );
        body["tags"] = json!({});
        if let Some(place) = body.pointer_mut(pointer) {
            *place = value;
        }
        body
    })
}

fn path() -> impl Strategy<Value = String> {
    let usual = prop::sample::select(vec![
        profiles_path(),
        profile_path("app"),
        profile_path("two"),
        profile_path("app/externalEndpoints/one"),
        profile_path("app/azureEndpoints/two"),
        profile_path("app/nestedEndpoints/three"),
        tags_path("app"),
        format!(
            "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/checkTrafficManagerNameAvailabilityV2"
        ),
        "/providers/Microsoft.Network/trafficManagerGeographicHierarchies/default".to_owned(),
    ]);
    prop_oneof![8 => usual, 1 => "/\\PC{0,40}", 1 => "(/[a-zA-Z%0-9]{0,8}){0,9}"]
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![
        Method::GET,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::POST,
        Method::HEAD,
    ])
}

fn version() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "2022-04-01",
        "2026-09-01",
        "2015-04-28-preview",
        "2017-05-01",
        "2018-04-01",
        "2021-04-01",
        "never",
        "",
    ])
}

fn request() -> impl Strategy<Value = Request> {
    let body = prop_oneof![
        value().prop_map(|value| value.to_string().into_bytes()),
        nearly_right().prop_map(|value| value.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..30),
    ];
    (method(), path(), version(), body).prop_map(|(method, path, version, body)| {
        let mut request = Request::new(method, &path, version, &Value::Null);
        request.body = body;
        request
    })
}

/// Everything that holds between two requests.
fn check(state: &mut State) -> Result<(), TestCaseError> {
    let list = get(state, &profiles_path());
    for shown in list["value"].as_array().expect("a list") {
        let id = shown["id"].as_str().expect("an id");
        let mut own = get(state, id);
        let properties = &own["properties"];
        let mut priorities: Vec<i64> = Vec::new();
        for endpoint in properties["endpoints"].as_array().expect("endpoints") {
            let endpoint_id = endpoint["id"].as_str().expect("an id");
            let escaped: String = endpoint_id
                .bytes()
                .map(|byte| match byte {
                    b'/' | b'.' | b'-' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                        char::from(byte).to_string()
                    }
                    byte => format!("%{byte:02X}"),
                })
                .collect();
            prop_assert_eq!(endpoint, &get(state, &escaped));
            priorities.push(
                endpoint["properties"]["priority"]
                    .as_i64()
                    .expect("a priority"),
            );
        }
        prop_assert!(
            priorities.windows(2).all(|pair| pair[0] < pair[1]),
            "{:?}",
            priorities
        );
        // A list shows what a GET shows, apart from what the monitors found.
        own["properties"]["monitorConfig"]["profileMonitorStatus"] = Value::Null;
        for endpoint in own["properties"]["endpoints"]
            .as_array_mut()
            .expect("endpoints")
        {
            endpoint["properties"]["endpointMonitorStatus"] = Value::Null;
        }
        prop_assert_eq!(shown, &own);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_request_gets_a_sensible_answer(requests in prop::collection::vec(request(), 1..12)) {
        let mut state = state();
        for request in requests {
            let response = state.answer(&request);
            let status = response.status.as_u16();
            prop_assert!([200, 201, 204, 400, 404, 405, 409].contains(&status), "{response:?}");
            if let Some(body) = &response.body {
                let body: Value = serde_json::from_str(body).expect("JSON");
                prop_assert!(body.is_object());
                if status >= 400 {
                    let error = body.get("error").unwrap_or(&body);
                    prop_assert!(error["code"].is_string() && error["message"].as_str().is_some_and(|m| !m.is_empty()), "{body}");
                }
            }
            check(&mut state)?;
        }
    }

    #[test]
    fn what_was_put_is_what_is_got(body in nearly_right()) {
        let mut state = state();
        let path = profile_path("app");
        let put = state.answer(&Request::new(Method::PUT, &path, "2022-04-01", &body));
        if put.status.is_success() {
            let mut answer = put.value();
            let mut got = get(&mut state, &path);
            if answer.get("tags").is_none() {
                answer["tags"] = json!({});
            }
            prop_assert_eq!(&answer, &got);
            // Sending an answer back changes nothing, as tools that read, change and write rely on.
            got["location"] = json!("global");
            let again = state.answer(&Request::new(Method::PUT, &path, "2022-04-01", &got));
            prop_assert_eq!(again.status.as_u16(), 200, "{:?}", again);
            prop_assert_eq!(again.value(), got);
        } else {
            prop_assert_eq!(state.profiles().count(), 0);
        }
    }
}
