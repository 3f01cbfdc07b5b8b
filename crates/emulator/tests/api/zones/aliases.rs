//! Record sets that are aliases of profiles.

use axum::http::Method;
use serde_json::{Value, json};

use super::{alias, call, cloud, etag, get, write, zone_path};
use crate::client::{profile_path, put, send, weighted};

/// Recorded: the TTL is that of the profile, and no records are shown.
#[test]
fn an_alias_has_the_ttl_of_its_profile_and_no_records() {
    let mut state = cloud();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let created = write(&mut state, &zone_path("/A/@"), &alias("app"));
    assert_eq!(created.status, 201);
    let properties = &created.value()["properties"];
    insta::assert_snapshot!(properties, @r#"{"TTL":30,"fqdn":"example.com.","provisioningState":"Succeeded","targetResource":{"id":"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/app"}}"#);
    let removed = write(
        &mut state,
        &zone_path("/A/@"),
        &json!({"properties": {"TTL": 30}}),
    );
    assert_eq!(removed.status, 200);
    assert_eq!(removed.value()["properties"]["targetResource"], json!({}));
    assert_eq!(removed.value()["properties"]["ARecords"], json!([]));
}

#[test]
fn the_alias_of_a_deleted_profile_is_an_empty_record_set() {
    let mut state = cloud();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let before = write(&mut state, &zone_path("/CNAME/www"), &alias("app"));
    send(
        &mut state,
        Method::DELETE,
        &profile_path("app"),
        &Value::Null,
    );
    let after = get(&mut state, &zone_path("/CNAME/www"));
    assert_eq!(after.value()["properties"]["targetResource"], json!({}));
    assert_ne!(etag(&before), etag(&after));
}

#[test]
fn what_has_an_alias_keeps_to_addresses() {
    let mut state = cloud();
    put(&mut state, &profile_path("app"), &weighted("app"));
    write(&mut state, &zone_path("/A/www"), &alias("app"));
    let endpoint = |target: &str| json!({"properties": {"target": target}});
    let path = format!("{}/externalEndpoints/e", profile_path("app"));
    let named = send(
        &mut state,
        Method::PUT,
        &path,
        &endpoint("east.example.com"),
    );
    assert_eq!(named.status, 400);
    let addressed = send(&mut state, Method::PUT, &path, &endpoint("20.0.0.1"));
    assert_eq!(addressed.status, 201);
    call(
        &mut state,
        Method::DELETE,
        &zone_path("/A/www"),
        &Value::Null,
    );
    let named = send(
        &mut state,
        Method::PUT,
        &path,
        &endpoint("east.example.com"),
    );
    assert_eq!(named.status, 201);
}

/// Azure counts the record sets that lead to a resource, and not how often its id is written in another way.
#[test]
fn a_profile_has_so_many_aliases_and_no_more() {
    let mut state = cloud();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let path = |number: usize| zone_path(&format!("/CNAME/host-{number}"));
    for number in 0..50 {
        assert_eq!(write(&mut state, &path(number), &alias("app")).status, 201);
    }
    let refused = write(&mut state, &path(50), &alias("app"));
    assert_eq!(refused.status, 400);
    let message = refused.value()["message"].to_string();
    assert!(message.contains("cannot exceed 50"), "{message}");
    let replaced = write(&mut state, &path(7), &alias("APP"));
    assert_eq!(replaced.status, 200);
}
