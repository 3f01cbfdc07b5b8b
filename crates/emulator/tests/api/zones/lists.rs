//! Lists of zones and record sets, in pages.

use axum::http::Method;
use emulator::{Request, State};
use serde_json::{Value, json};

use super::{DNS_VERSION, address, cloud, get, write, zone_path, zones_path};
use crate::client::SUBSCRIPTION;

/// All items of a list, page by page: what `show` makes of them, and how many pages there were.
fn pages(state: &mut State, first: &str, show: impl Fn(&Value) -> String) -> (Vec<String>, usize) {
    let mut shown = Vec::new();
    let mut count = 0;
    let mut next = Some(first.to_owned());
    while let Some(link) = next.take() {
        let (path, query) = link.split_once('?').expect("a query");
        let mut request = Request::new(
            Method::GET,
            path.trim_start_matches("https://arm.test"),
            DNS_VERSION,
            &Value::Null,
        );
        request.query = format!("{query}&api-version={DNS_VERSION}");
        "https://arm.test".clone_into(&mut request.base);
        let page = state.answer(&request).value();
        shown.extend(page["value"].as_array().expect("a list").iter().map(&show));
        next = page["nextLink"].as_str().map(str::to_owned);
        count += 1;
    }
    (shown, count)
}

#[test]
fn a_list_comes_in_pages() {
    let mut state = cloud();
    for number in 0..7 {
        write(
            &mut state,
            &zone_path(&format!("/A/host-{number}")),
            &address("20.0.0.1"),
        );
    }
    write(
        &mut state,
        &zone_path("/TXT/host-1"),
        &json!({"properties": {"TTL": 5, "TXTRecords": [{"value": ["a", "b"]}]}}),
    );
    let first = format!("{}?$top=3", zone_path("/recordsets"));
    let (names, count) = pages(&mut state, &first, |set| {
        let kind = set["type"].as_str().unwrap_or_default();
        let kind = kind.rsplit('/').next().unwrap_or_default();
        format!("{} {kind}", set["name"].as_str().unwrap_or_default())
    });
    assert_eq!(count, 4);
    assert_eq!(
        names.join(", "),
        "@ NS, @ SOA, host-0 A, host-1 A, host-1 TXT, host-2 A, host-3 A, host-4 A, host-5 A, host-6 A"
    );
    let of_type = get(&mut state, &zone_path("/TXT")).value();
    assert_eq!(
        of_type["value"][0]["properties"]["TXTRecords"],
        json!([{"value": ["a", "b"]}])
    );
}

/// The end of a page falls between them.
#[test]
fn zones_of_one_name_in_two_groups_are_both_listed() {
    let mut state = cloud();
    let other = format!("{}/example.com", zones_path("other"));
    let created = write(&mut state, &other, &json!({"location": "global"}));
    assert_eq!(created.status, 201);
    let first =
        format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/dnszones?$top=1");
    let (groups, count) = pages(&mut state, &first, |zone| {
        let id = zone["id"].as_str().unwrap_or_default();
        id.split('/').nth(4).unwrap_or_default().to_owned()
    });
    assert_eq!(groups, ["my-dns-rg", "other"]);
    assert_eq!(count, 2);
}
