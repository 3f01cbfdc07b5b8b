//! What happens to profiles and endpoints that are created, changed and deleted.

use axum::http::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{
    SUBSCRIPTION, external, get, profile, profile_path, profiles_path, put, send, state, weighted,
};

fn names(profile: &Value) -> Vec<&str> {
    let endpoints = profile["properties"]["endpoints"]
        .as_array()
        .expect("endpoints");
    endpoints
        .iter()
        .map(|e| e["name"].as_str().expect("a name"))
        .collect()
}

fn two_endpoints() -> Value {
    json!([
        external(
            "east",
            "east.example.com",
            json!({ "priority": 20, "endpointLocation": "eastus" })
        ),
        external("west", "west.example.com", json!({ "priority": 10 })),
    ])
}

#[test]
fn a_new_profile_is_201_and_a_replaced_one_200() {
    let mut state = state();
    let path = profile_path("app");
    assert_eq!(
        send(&mut state, Method::PUT, &path, &weighted("app")).status,
        201
    );
    assert_eq!(
        send(&mut state, Method::PUT, &path, &weighted("app")).status,
        200
    );
}

#[test]
fn a_put_without_endpoints_deletes_them() {
    let mut state = state();
    let path = profile_path("app");
    put(
        &mut state,
        &path,
        &profile("app", "Weighted", two_endpoints()),
    );
    assert_eq!(
        names(&get(&mut state, &path)),
        ["west", "east"],
        "sorted by priority"
    );
    let mut body = weighted("app");
    body["properties"]
        .as_object_mut()
        .expect("properties")
        .remove("endpoints");
    put(&mut state, &path, &body);
    assert_eq!(names(&get(&mut state, &path)), Vec::<&str>::new());
}

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let mut state = state();
    let path = profile_path("app");
    let mut body = profile("app", "Weighted", two_endpoints());
    body["tags"] = json!({ "a": "1", "b": "2" });
    body["properties"]["monitorConfig"]["customHeaders"] =
        json!([{ "name": "Host", "value": "app.example.com" }]);
    put(&mut state, &path, &body);
    let before = get(&mut state, &path);

    let change = json!({ "properties": { "monitorConfig": { "path": "/other" }, "dnsConfig": { "ttl": 60 } } });
    let answer = send(&mut state, Method::PATCH, &path, &change);
    assert_eq!(answer.status, 200);
    let mut wanted = before.clone();
    wanted["properties"]["monitorConfig"]["path"] = json!("/other");
    wanted["properties"]["dnsConfig"]["ttl"] = json!(60);
    assert_eq!(answer.value(), wanted);
    assert_eq!(get(&mut state, &path), wanted);

    let tagged = send(
        &mut state,
        Method::PATCH,
        &path,
        &json!({ "tags": { "c": "3" } }),
    );
    assert_eq!(
        tagged.value()["tags"],
        json!({ "c": "3" }),
        "tags are replaced as a whole"
    );
    let cleared = send(
        &mut state,
        Method::PATCH,
        &path,
        &json!({ "properties": { "monitorConfig": { "customHeaders": [] } } }),
    );
    assert_eq!(
        cleared.value()["properties"]["monitorConfig"].get("customHeaders"),
        None
    );
    assert_eq!(
        cleared.value()["properties"]["monitorConfig"]["path"],
        "/other"
    );
}

#[test]
fn the_answer_to_a_put_shows_tags_only_if_it_named_some() {
    let mut state = state();
    let path = profile_path("app");
    let answer = put(&mut state, &path, &weighted("app"));
    assert_eq!(answer.get("tags"), None);
    assert_eq!(get(&mut state, &path)["tags"], json!({}));
    let mut body = weighted("app");
    body["tags"] = json!({ "Owner": "east" });
    assert_eq!(
        put(&mut state, &path, &body)["tags"],
        json!({ "Owner": "east" })
    );
    put(&mut state, &path, &weighted("app"));
    assert_eq!(
        get(&mut state, &path)["tags"],
        json!({}),
        "a PUT replaces everything"
    );
}

#[test]
fn values_are_normalised() {
    let mut state = state();
    let path = profile_path("app");
    let mut body = profile(
        "App",
        "wEIGHTED",
        json!([external(
            "One",
            "A.example.com",
            json!({
                "endpointLocation": "westeurope", "geoMapping": ["us-ca"], "endpointStatus": "enabled",
            })
        )]),
    );
    body["properties"]["monitorConfig"]["protocol"] = json!("https");
    put(&mut state, &path, &body);
    let properties = get(&mut state, &path)["properties"].clone();
    assert_eq!(properties["trafficRoutingMethod"], "Weighted");
    assert_eq!(properties["monitorConfig"]["protocol"], "HTTPS");
    assert_eq!(properties["dnsConfig"]["fqdn"], "App.trafficmanager.net");
    let endpoint = &properties["endpoints"][0];
    assert_eq!(endpoint["properties"]["endpointLocation"], "West Europe");
    assert_eq!(endpoint["properties"]["target"], "A.example.com");
    assert_eq!(endpoint["properties"]["geoMapping"], json!(["US-CA"]));
    assert_eq!(endpoint["properties"]["endpointStatus"], "Enabled");
}

#[test]
fn paths_are_read_in_any_letter_case() {
    let mut state = state();
    put(
        &mut state,
        &profile_path("app"),
        &profile("app", "Weighted", two_endpoints()),
    );
    let path = format!(
        "/SUBSCRIPTIONS/{SUBSCRIPTION}/resourcegroups/MY-TM-RG/Providers/microsoft.network/TRAFFICMANAGERPROFILES/APP"
    );
    let document = get(&mut state, &path);
    assert_eq!(document["id"].as_str(), Some(profile_path("app").as_str()));
    let endpoint = get(&mut state, &format!("{path}/ExternalEndpoints/EAST"));
    assert_eq!(
        endpoint["id"],
        format!("{}/externalEndpoints/east", profile_path("app"))
    );
}

#[test]
fn endpoint_names_may_need_escapes() {
    let mut state = state();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let path = profile_path("app/externalEndpoints/fleet%23east%20us");
    let answer = put(
        &mut state,
        &path,
        &json!({ "properties": { "target": "a.example.com" } }),
    );
    assert_eq!(answer["name"], "fleet#east us");
    assert_eq!(get(&mut state, &path)["name"], "fleet#east us");
}

#[test]
fn an_endpoint_put_is_always_201_and_replaces_the_endpoint() {
    let mut state = state();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let path = profile_path("app/externalEndpoints/one");
    let full = json!({ "properties": { "target": "a.example.com", "weight": 70, "priority": 9, "alwaysServe": "Enabled" } });
    let bare = json!({ "properties": { "target": "a.example.com" } });
    assert_eq!(send(&mut state, Method::PUT, &path, &full).status, 201);
    let again = send(&mut state, Method::PUT, &path, &bare);
    assert_eq!(again.status, 201);
    let properties = again.value()["properties"].clone();
    assert_eq!(properties["weight"], 1);
    assert_eq!(properties["alwaysServe"], "Disabled");
    assert_eq!(properties["priority"], 9, "the priority stays");
}

#[test]
fn an_endpoint_patch_keeps_what_it_does_not_name() {
    let mut state = state();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let path = profile_path("app/externalEndpoints/one");
    let full = json!({ "properties": { "target": "a.example.com", "weight": 70, "subnets": [{ "first": "1.2.3.0", "scope": 24 }] } });
    put(&mut state, &path, &full);
    let before = get(&mut state, &path);
    let answer = send(
        &mut state,
        Method::PATCH,
        &path,
        &json!({ "properties": { "weight": 30, "target": null } }),
    );
    assert_eq!(answer.status, 200);
    let mut wanted = before;
    wanted["properties"]["weight"] = json!(30);
    assert_eq!(answer.value(), wanted);
    assert_eq!(get(&mut state, &path), wanted);
}

#[test]
fn missing_priorities_follow_the_highest() {
    let mut state = state();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let mut priority = |name: &str, given: Value| {
        let body =
            json!({ "properties": { "target": format!("{name}.example.com"), "priority": given } });
        let path = profile_path(&format!("app/externalEndpoints/{name}"));
        put(&mut state, &path, &body)["properties"]["priority"].clone()
    };
    assert_eq!(priority("a", Value::Null), 1);
    assert_eq!(priority("b", Value::Null), 2);
    assert_eq!(priority("c", json!(40)), 40);
    assert_eq!(priority("d", Value::Null), 41);
    assert_eq!(priority("e", json!(1000)), 1000);
    assert_eq!(priority("f", Value::Null), 3, "no number is above 1000");
}

#[test]
fn deletes_are_200_then_204() {
    let mut state = state();
    put(
        &mut state,
        &profile_path("app"),
        &profile("app", "Weighted", two_endpoints()),
    );
    for path in [
        profile_path("app/externalEndpoints/east"),
        profile_path("app"),
    ] {
        for status in [200, 204] {
            let response = send(&mut state, Method::DELETE, &path, &Value::Null);
            assert_eq!(response.status.as_u16(), status);
            assert_eq!(response.body, None);
        }
    }
}

#[test]
fn a_deleted_profile_frees_its_name_for_every_subscription() {
    let mut state = state();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let elsewhere =
        profile_path("other").replace(SUBSCRIPTION, "99999999-2222-3333-4444-555555555555");
    assert_eq!(
        send(&mut state, Method::PUT, &elsewhere, &weighted("App")).status,
        409
    );
    send(
        &mut state,
        Method::DELETE,
        &profile_path("app"),
        &Value::Null,
    );
    assert_eq!(
        send(&mut state, Method::PUT, &elsewhere, &weighted("App")).status,
        201
    );
}

#[test]
fn lists_show_profiles_of_their_scope_without_monitor_status() {
    let mut state = state();
    let other_group = profile_path("two").replace("my-tm-rg", "other");
    let other_subscription =
        profile_path("three").replace(SUBSCRIPTION, "99999999-2222-3333-4444-555555555555");
    put(
        &mut state,
        &profile_path("one"),
        &profile("one", "Weighted", two_endpoints()),
    );
    put(&mut state, &other_group, &weighted("two"));
    put(&mut state, &other_subscription, &weighted("three"));
    let group = get(&mut state, &profiles_path());
    let subscription = get(
        &mut state,
        &format!(
            "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/trafficmanagerprofiles"
        ),
    );
    let names = |list: &Value| -> Vec<String> {
        let profiles = list["value"].as_array().expect("a list");
        profiles
            .iter()
            .map(|p| p["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(&group), ["one"]);
    assert_eq!(names(&subscription), ["one", "two"]);
    let shown = &group["value"][0]["properties"];
    assert_eq!(shown["monitorConfig"]["profileMonitorStatus"], Value::Null);
    assert_eq!(
        get(&mut state, &profile_path("one"))["properties"]["monitorConfig"]["profileMonitorStatus"],
        "CheckingEndpoints"
    );
}

#[rstest]
#[case::to_geographic("Geographic", false)]
#[case::to_performance("Performance", false)]
#[case::to_priority("Priority", true)]
#[case::to_subnet("Subnet", false)]
fn a_method_changes_only_when_the_endpoints_allow_it(#[case] method: &str, #[case] allowed: bool) {
    let mut state = state();
    let path = profile_path("app");
    put(
        &mut state,
        &path,
        &profile("app", "Weighted", two_endpoints()),
    );
    let before = get(&mut state, &path);
    let change = json!({ "properties": { "trafficRoutingMethod": method } });
    let response = send(&mut state, Method::PATCH, &path, &change);
    assert_eq!(response.status.is_success(), allowed, "{response:?}");
    if !allowed {
        assert_eq!(
            get(&mut state, &path),
            before,
            "a refused change changes nothing"
        );
    }
}

#[test]
fn multi_value_takes_both_address_families() {
    let mut state = state();
    let mut body = profile(
        "app",
        "MultiValue",
        json!([
            external("four", "20.1.2.3", json!({})),
            external("six", "2603:1030::1", json!({})),
        ]),
    );
    body["properties"]["maxReturn"] = json!(4);
    assert_eq!(
        put(&mut state, &profile_path("app"), &body)["properties"]["maxReturn"],
        4
    );
}

#[test]
fn the_name_check_sees_names_in_any_case() {
    let mut state = state();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let mut check = |name: &str, path: &str| {
        let body = json!({ "name": name, "type": "microsoft.network/trafficManagerProfiles" });
        let response = send(&mut state, Method::POST, path, &body);
        assert_eq!(response.status, 200, "{response:?}");
        response.value()
    };
    let tenant = "/providers/Microsoft.Network/checkTrafficManagerNameAvailability";
    let own = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/checkTrafficManagerNameAvailabilityV2"
    );
    for path in [tenant, &own] {
        assert_eq!(check("APP", path)["reason"], "AlreadyExists");
        assert_eq!(
            check("free", path),
            json!({ "name": "free", "type": "Microsoft.Network/trafficManagerProfiles", "nameAvailable": true, "reason": null, "message": null })
        );
        assert_eq!(check("not_a_name", path)["nameAvailable"], false);
    }
}
