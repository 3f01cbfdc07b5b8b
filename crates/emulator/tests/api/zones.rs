//! Azure DNS over ARM: zones and record sets, their versions and their rules.

mod aliases;
mod lists;

use axum::http::Method;
use data_plane::{Directory as _, Fqdn};
use emulator::{Cloud, Conditions, Request, Response, Service, State, Throttle, ZoneSeed};
use jiff::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{SUBSCRIPTION, VERSION, external, profile, profile_path, put};
use crate::refusals::note;

pub(crate) const DNS_VERSION: &str = "2018-05-01";

/// The path of the zone `example.com`, or what is below it.
pub(crate) fn zone_path(rest: &str) -> String {
    format!("{}/example.com{rest}", zones_path("my-dns-rg"))
}

fn zones_path(group: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Network/dnsZones"
    )
}

fn ask(
    state: &mut State,
    method: Method,
    path: &str,
    body: &Value,
    conditions: Conditions,
) -> Response {
    let mut request = Request::new(method, path, DNS_VERSION, body);
    request.conditions = conditions;
    "https://arm.test".clone_into(&mut request.base);
    state.answer(&request)
}

fn call(state: &mut State, method: Method, path: &str, body: &Value) -> Response {
    ask(state, method, path, body, Conditions::default())
}

fn get(state: &mut State, path: &str) -> Response {
    call(state, Method::GET, path, &Value::Null)
}

fn write(state: &mut State, path: &str, body: &Value) -> Response {
    call(state, Method::PUT, path, body)
}

fn absent() -> Conditions {
    Conditions {
        if_none_match: Some("*".to_owned()),
        ..Conditions::default()
    }
}

fn unchanged(etag: &str) -> Conditions {
    Conditions {
        if_match: Some(etag.to_owned()),
        ..Conditions::default()
    }
}

fn etag(response: &Response) -> String {
    let etag = response.value()["etag"]
        .as_str()
        .expect("an ETag")
        .to_owned();
    assert!(response.headers.contains(&("etag", etag.clone())));
    etag
}

/// A cloud with the zone `example.com`.
fn cloud() -> State {
    let mut state = State::new(Cloud::default());
    let seed: ZoneSeed = format!("{SUBSCRIPTION}/my-dns-rg/example.com")
        .parse()
        .expect("a zone");
    state.add_zone(&seed);
    state
}

fn address(text: &str) -> Value {
    json!({"properties": {"TTL": 300, "ARecords": [{"ipv4Address": text}]}})
}

fn cname(target: &str) -> Value {
    json!({"properties": {"TTL": 60, "metadata": {"owner": "us"}, "CNAMERecord": {"cname": target}}})
}

fn alias(name: &str) -> Value {
    json!({"properties": {"TTL": 3600, "targetResource": {"id": profile_path(name)}}})
}

#[test]
fn a_zone_has_servers_and_records_of_its_own() {
    let mut state = State::new(Cloud::default());
    let body = json!({"location": "global", "tags": {"a": "b"}});
    let created = write(&mut state, &zone_path(""), &body);
    assert_eq!(created.status, 201);
    assert_eq!(write(&mut state, &zone_path(""), &body).status, 200);
    let mut document = get(&mut state, &zone_path("")).value();
    document["etag"] = "…".into();
    insta::assert_snapshot!(format!("{document:#}"), @r#"
    {
      "etag": "…",
      "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/my-dns-rg/providers/Microsoft.Network/dnszones/example.com",
      "location": "global",
      "name": "example.com",
      "properties": {
        "maxNumberOfRecordSets": 10000,
        "maxNumberOfRecordsPerRecordSet": null,
        "nameServers": [
          "ns1-01.azure-dns.com.",
          "ns2-01.azure-dns.net.",
          "ns3-01.azure-dns.org.",
          "ns4-01.azure-dns.info."
        ],
        "numberOfRecordSets": 2,
        "zoneType": "Public"
      },
      "tags": {
        "a": "b"
      },
      "type": "Microsoft.Network/dnszones"
    }
    "#);
    let sets = get(&mut state, &zone_path("/recordsets")).value();
    let kinds: Vec<_> = sets["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|set| &set["type"])
        .collect();
    assert_eq!(
        kinds,
        [
            "Microsoft.Network/dnszones/NS",
            "Microsoft.Network/dnszones/SOA"
        ]
    );
    for group in ["my-dns-rg", "other"] {
        let listed = get(&mut state, &zones_path(group)).value();
        let count = usize::from(group == "my-dns-rg");
        assert_eq!(listed["value"].as_array().map(Vec::len), Some(count));
    }
    let all = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/dnszones");
    assert_eq!(
        get(&mut state, &all).value()["value"][0]["name"],
        "example.com"
    );
    let delete = |state: &mut State| call(state, Method::DELETE, &zone_path(""), &Value::Null);
    assert_eq!(delete(&mut state).status, 200);
    assert_eq!(delete(&mut state).status, 204);
    assert_eq!(get(&mut state, &zone_path("")).status, 404);
}

#[test]
fn a_record_set_is_created_changed_and_deleted() {
    let mut state = cloud();
    let path = zone_path("/CNAME/My-App");
    let created = write(&mut state, &path, &cname("app.trafficmanager.net."));
    assert_eq!(created.status, 201);
    let mut document = created.value();
    document["etag"] = "…".into();
    insta::assert_snapshot!(format!("{document:#}"), @r#"
    {
      "etag": "…",
      "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/my-dns-rg/providers/Microsoft.Network/dnszones/example.com/CNAME/My-App",
      "name": "My-App",
      "properties": {
        "CNAMERecord": {
          "cname": "app.trafficmanager.net"
        },
        "TTL": 60,
        "fqdn": "My-App.example.com.",
        "metadata": {
          "owner": "us"
        },
        "provisioningState": "Succeeded",
        "targetResource": {}
      },
      "type": "Microsoft.Network/dnszones/CNAME"
    }
    "#);
    let changed = write(
        &mut state,
        &zone_path("/cname/my-app"),
        &cname("other.example.net"),
    );
    assert_eq!(changed.status, 200);
    assert_ne!(etag(&created), etag(&changed));
    let held = get(&mut state, &path).value();
    assert_eq!(held["name"], "My-App", "the spelling of the creator");
    let patch = json!({"properties": {"TTL": 5}});
    let patched = call(&mut state, Method::PATCH, &path, &patch).value();
    assert_eq!(patched["properties"]["TTL"], 5);
    assert_eq!(
        patched["properties"]["CNAMERecord"]["cname"],
        "other.example.net"
    );
    assert_eq!(patched["properties"]["metadata"]["owner"], "us");
    let delete = |state: &mut State| call(state, Method::DELETE, &path, &Value::Null);
    assert_eq!(delete(&mut state).status, 200);
    assert_eq!(delete(&mut state).status, 204);
    assert_eq!(get(&mut state, &path).status, 404);
}

#[test]
fn a_broken_condition_does_nothing() {
    let mut state = cloud();
    let path = zone_path("/CNAME/www");
    let mut put = |conditions, target: &str| {
        let response = ask(&mut state, Method::PUT, &path, &cname(target), conditions);
        let etag = response.value()["etag"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (response.status.as_u16(), etag)
    };
    assert_eq!(put(unchanged("1"), "a.example.net").0, 412);
    let (status, first) = put(absent(), "a.example.net");
    assert_eq!(status, 201);
    assert_eq!(put(absent(), "b.example.net").0, 412);
    let (status, second) = put(unchanged(&first), "b.example.net");
    assert_eq!(status, 200);
    assert_eq!(put(unchanged(&first), "c.example.net").0, 412);
    assert_eq!(put(unchanged("*"), "b.example.net").0, 200);
    let held = get(&mut state, &path);
    assert_eq!(
        held.value()["properties"]["CNAMERecord"]["cname"],
        "b.example.net"
    );
    assert_ne!(etag(&held), second);
    let mut delete = |conditions| {
        let response = ask(&mut state, Method::DELETE, &path, &Value::Null, conditions);
        (response.status.as_u16(), response.value())
    };
    let (status, body) = delete(unchanged(&second));
    assert_eq!(status, 412);
    assert_eq!(body["code"], "PreconditionFailed");
    assert_eq!(delete(unchanged(&etag(&held))).0, 200);
    assert_eq!(
        delete(unchanged(&etag(&held))).0,
        204,
        "nothing is there to be changed"
    );
}

#[test]
fn what_is_refused() {
    let mut state = cloud();
    write(&mut state, &zone_path("/A/taken"), &address("20.0.0.1"));
    write(
        &mut state,
        &zone_path("/CNAME/www"),
        &cname("a.example.net"),
    );
    let names = json!([external("e", "east.example.com", json!({}))]);
    put(
        &mut state,
        &profile_path("names"),
        &profile("names", "Weighted", names),
    );
    let addresses = json!([external("e", "20.0.0.1", json!({}))]);
    put(
        &mut state,
        &profile_path("addresses"),
        &profile("addresses", "Weighted", addresses),
    );
    let cases = [
        ("cname at the apex", "/CNAME/@", cname("a.example.net")),
        (
            "cname beside others",
            "/CNAME/taken",
            cname("a.example.net"),
        ),
        (
            "beside a cname",
            "/TXT/www",
            json!({"properties": {"TTL": 5, "TXTRecords": [{"value": ["a"]}]}}),
        ),
        ("empty cname", "/CNAME/x", json!({"properties": {"TTL": 5}})),
        ("bad domain", "/CNAME/x", cname("\"quoted.example.net\"")),
        ("bad address", "/A/x", address("20.0.0.256")),
        ("another family", "/A/x", address("2603:1030::1")),
        (
            "twice",
            "/A/x",
            json!({"properties": {"TTL": 5, "ARecords": [{"ipv4Address": "20.0.0.1"}, {"ipv4Address": "20.0.0.1"}]}}),
        ),
        (
            "no ttl",
            "/A/x",
            json!({"properties": {"ARecords": [{"ipv4Address": "20.0.0.1"}]}}),
        ),
        ("bad ttl", "/A/x", json!({"properties": {"TTL": 0}})),
        ("bad name", "/A/a*b", address("20.0.0.1")),
        ("two dots", "/A/a..b", address("20.0.0.1")),
        (
            "long text",
            "/TXT/x",
            json!({"properties": {"TTL": 5, "TXTRecords": [{"value": ["a".repeat(256)]}]}}),
        ),
        ("alias of nothing", "/A/x", alias("nobody")),
        ("alias of names", "/A/x", alias("names")),
        ("alias of the other family", "/AAAA/x", alias("addresses")),
        (
            "alias and records",
            "/A/x",
            json!({"properties": {"TTL": 5, "ARecords": [{"ipv4Address": "20.0.0.1"}], "targetResource": {"id": profile_path("addresses")}}}),
        ),
        ("alias of another type", "/TXT/x", alias("names")),
    ];
    let mut all = String::new();
    for (case, path, body) in cases {
        note(&mut all, case, &write(&mut state, &zone_path(path), &body));
    }
    insta::assert_snapshot!(all.replace(SUBSCRIPTION, "SUBSCRIPTION"), @r#"
    cname at the apex
      400 BadRequest: A CNAME record set cannot be created at the apex of a zone.
    cname beside others
      409 Conflict: The CNAME record could not be created because another record with the same name already exists in this zone.
    beside a cname
      409 Conflict: The TXT record could not be created because a CNAME record with the same name already exists in this zone.
    empty cname
      400 BadRequest: A CNAME record set must have a record or a target resource.
    bad domain
      400 BadRequest: The domain name '"quoted.example.net"' is invalid.
    bad address
      400 BadRequest: The IP address '20.0.0.256' is invalid.
    another family
      400 BadRequest: The IP address '2603:1030::1' is invalid.
    twice
      400 BadRequest: The record set contains the record '20.0.0.1' more than once.
    no ttl
      400 BadRequest: The TTL of a record set is required.
    bad ttl
      400 BadRequest: The TTL '0' is invalid. It must be from 1 to 2147483647 seconds.
    bad name
      400 BadRequest: The record set name 'a*b' is invalid.
    two dots
      400 BadRequest: The record set name 'a..b' is invalid.
    long text
      400 BadRequest: The value of a TXT record must be strings of at most 255 characters, 4096 in all.
    alias of nothing
      400 BadRequest: The target resource '/subscriptions/SUBSCRIPTION/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/nobody' was not found, or is not of a type that a record set can point at.
    alias of names
      400 BadRequest: The target resource '/subscriptions/SUBSCRIPTION/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/names' cannot be the target of a record set of type A: all endpoints of the Traffic Manager profile must be external endpoints with addresses of that type.
    alias of the other family
      400 BadRequest: The target resource '/subscriptions/SUBSCRIPTION/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/addresses' cannot be the target of a record set of type AAAA: all endpoints of the Traffic Manager profile must be external endpoints with addresses of that type.
    alias and records
      400 BadRequest: A record set cannot have both records and a target resource.
    alias of another type
      400 BadRequest: A record set of type TXT cannot have a target resource.
    "#);
}

#[rstest]
#[case("/CNAME/nobody", 404, "NotFound")]
#[case("/MX/@", 404, "NotFound")]
fn what_is_not_there(#[case] path: &str, #[case] status: u16, #[case] code: &str) {
    let mut state = cloud();
    let response = get(&mut state, &zone_path(path));
    assert_eq!(response.status, status);
    assert_eq!(
        response.value()["code"],
        code,
        "Azure DNS answers without `error` around"
    );
    let elsewhere = zone_path(path).replace("example.com", "example.org");
    let response = get(&mut state, &elsewhere);
    assert_eq!(response.status, 404);
    assert_eq!(response.value()["error"]["code"], "ParentResourceNotFound");
}

#[test]
fn what_azure_has_made_stays() {
    let mut state = cloud();
    for kind in ["NS", "SOA"] {
        let path = zone_path(&format!("/{kind}/@"));
        assert_eq!(
            call(&mut state, Method::DELETE, &path, &Value::Null).status,
            400
        );
    }
}

/// The zone would be gone from DNS without its start of authority.
#[test]
fn what_is_not_said_of_the_start_of_authority_stays() {
    let mut state = cloud();
    let path = zone_path("/SOA/@");
    let name = Fqdn::new("nobody.example.com").expect("a name");
    let authority = |state: &State| state.hosted(&name).expect("a zone").authority;
    let before = authority(&state);
    let put = |state: &mut State, path: &str, record: Value| {
        let body = json!({"properties": {"TTL": 3600, "SOARecord": record}});
        write(state, path, &body).status.as_u16()
    };
    assert_eq!(put(&mut state, &path, Value::Null), 200);
    assert_eq!(authority(&state), before);
    let changes = json!({"host": "ns1.example.net", "email": "admin.example.com", "minimumTtl": 5});
    assert_eq!(put(&mut state, &path, changes), 200);
    let after = authority(&state);
    assert_eq!(after.primary, before.primary, "Azure's own");
    assert_eq!(after.mailbox.as_str(), "admin.example.com");
    assert_eq!(after.negative_ttl, 5);
    assert_eq!(put(&mut state, &path, json!({"email": "an@b"})), 400);
    assert_eq!(put(&mut state, &path, json!("text")), 400);
    assert_eq!(put(&mut state, &zone_path("/SOA/1"), json!({})), 400);
    assert_eq!(authority(&state), after);
}

#[test]
fn a_zone_has_the_name_of_a_domain() {
    let mut state = cloud();
    for name in ["org", "example.org.", "*.example.org"] {
        let path = format!("{}/{name}", zones_path("my-dns-rg"));
        let refused = write(&mut state, &path, &json!({"location": "global"}));
        assert_eq!(refused.status, 400, "{name}");
    }
}

/// Azure DNS counts reads of zones and record sets together, and apart from Traffic Manager's.
#[test]
fn reads_beyond_the_limit_are_refused() {
    let mut throttle = Throttle {
        enforced: true,
        ..Throttle::default()
    };
    throttle.limits.set("dns-reads=2".parse().expect("a limit"));
    let mut service = Service::new(Cloud::default(), 7).throttled(throttle);
    let mut ask = |path: &str, version: &str| {
        let request = Request::new(Method::GET, path, version, &Value::Null);
        service.handle(Timestamp::UNIX_EPOCH, &request)
    };
    assert_eq!(ask(&zones_path("my-dns-rg"), DNS_VERSION).status, 200);
    assert_eq!(ask(&zone_path("/A/www"), DNS_VERSION).status, 404);
    let refused = ask(&zone_path(""), DNS_VERSION);
    assert_eq!(refused.status, 429);
    assert_eq!(
        refused.value()["error"]["code"],
        "ResourceRequestsThrottled"
    );
    assert_eq!(ask(&profile_path("app"), VERSION).status, 404);
}

#[test]
fn seeds_are_read_with_or_without_their_place() {
    for text in [
        "example.com",
        "group/example.com",
        "11111111-2222-3333-4444-555555555555/group/example.com.",
    ] {
        assert!(text.parse::<ZoneSeed>().is_ok(), "{text}");
    }
    for text in [
        "",
        "com",
        "com.",
        "/example.com",
        "my group/example.com",
        "x/group/example.com",
        "a/b/c/d.com",
        "*.example.com",
    ] {
        let error = text.parse::<ZoneSeed>().expect_err("no zone");
        assert!(error.to_string().contains("[[SUBSCRIPTION/]GROUP/]NAME"));
    }
}
