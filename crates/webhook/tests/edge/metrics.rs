//! The exposition, and the documentation of it.

use std::collections::BTreeMap;
use std::time::Duration;

use arm_client::{Allowance, CallObserver as _, CallRecord, Operation};
use rstest::rstest;
use webhook::http::answer::{Answer, Failure};
use webhook::http::call::Call;
use webhook::metrics::events::Outcome;
use webhook::metrics::health::{EndpointLabels, ProfileLabels};
use webhook::metrics::{CONTENT_TYPE, Metrics, PREFIX};
use webhook::provider_api::Health;
use webhook::soft_status::SoftStatus;

use crate::fake::{Behaviour, Fake, Running, args, metrics};

fn failure() -> Answer {
    Answer::Failed(Failure {
        summary: None,
        status: SoftStatus::UNAVAILABLE,
        outcome: "azure",
        text: String::new(),
    })
}

/// Something in every family.
fn used() -> std::sync::Arc<Metrics> {
    let metrics = metrics();
    drop(metrics.calls.started(Call::Records));
    metrics
        .calls
        .answered(Call::Records, &failure(), Duration::from_millis(300));
    metrics
        .calls
        .answered(Call::Apply, &Answer::Applied, Duration::from_secs(20));
    metrics.calls.ended_late(Call::Adjust, &failure());
    metrics.arm.observe(&CallRecord {
        operation: Operation::ProfilesList,
        outcome: "throttled",
        duration: Duration::from_secs(3),
        attempts: 4,
        held: Duration::from_secs(1),
        allowance: Some(Allowance {
            bucket: "subscription-reads".to_owned(),
            remaining: 249,
        }),
    });
    metrics.state.set(&Health {
        consecutive_listing_failures: 1,
        profiles: 2,
        members: 3,
        conflicts: 4,
        held_deletions: 7,
        invalid_objects: [("InvalidAnnotation".to_owned(), 5)].into(),
        ..Health::default()
    });
    let profile = "my-app-global".to_owned();
    let member = EndpointLabels {
        profile: profile.clone(),
        endpoint: "east-us".to_owned(),
        status: "Degraded",
    };
    let whole = ProfileLabels {
        profile,
        status: "Degraded",
    };
    metrics.health.set([member].into(), [whole].into());
    for outcome in Outcome::ALL {
        metrics.events.count(*outcome);
    }
    metrics
}

#[test]
fn exposition() {
    let text = used().encode();
    let (mut shown, mut series) = (String::new(), Vec::new());
    for line in text.lines().filter(|line| !line.contains("_bucket{")) {
        if line.starts_with('#') {
            // The order of the series of one metric is not fixed.
            series.sort_unstable();
            shown.extend(series.drain(..).chain([line]).flat_map(|line| [line, "\n"]));
        } else {
            series.push(line);
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_reason_that_is_over_goes_to_zero() {
    let metrics = used();
    metrics.state.set(&Health::default());
    assert!(
        metrics
            .encode()
            .contains("invalid_objects{reason=\"InvalidAnnotation\"} 0")
    );
}

#[test]
fn a_status_that_is_over_is_not_shown() {
    let metrics = used();
    assert!(metrics.encode().contains("endpoint_status{"));
    metrics.health.set([].into(), [].into());
    let text = metrics.encode();
    assert!(!text.contains("_status{profile"), "{text}");
}

#[tokio::test]
async fn the_endpoint_speaks_openmetrics_and_follows_the_provider() {
    let fake = Fake::new(Behaviour::Works(Vec::new()));
    fake.health.lock().unwrap().members = 7;
    let server = Running::start(fake, &args()).await;
    let response = reqwest::get(server.ops("/metrics")).await.unwrap();
    assert_eq!(response.headers()["content-type"], CONTENT_TYPE);
    let text = response.text().await.unwrap();
    assert!(text.contains(&format!("{PREFIX}_members 7")));
    assert!(text.ends_with("# EOF\n"));
}

#[rstest]
#[case("negotiate", 200)]
#[case("records", 200)]
#[case("adjust", 200)]
#[case("apply", 204)]
fn successes_are_there_before_the_first_call(#[case] call: &str, #[case] status: u16) {
    let series = format!("requests_total{{call=\"{call}\",status=\"{status}\",outcome=\"ok\"}} 0");
    assert!(metrics().encode().contains(&series));
}

/// Name and labels of every metric, as somebody who writes a query needs them.
fn exposed() -> BTreeMap<String, (String, Vec<String>)> {
    let text = used().encode();
    let mut exposed = BTreeMap::new();
    for line in text.lines() {
        let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
        else {
            continue;
        };
        let (suffix, series) = match kind {
            "counter" => ("_total", "_total"),
            "info" => ("_info", "_info"),
            "histogram" => ("", "_count"),
            _ => ("", ""),
        };
        let sample = text
            .lines()
            .find_map(|line| {
                line.strip_prefix(&format!("{name}{series}"))
                    .filter(|rest| rest.starts_with(['{', ' ']))
            })
            .unwrap();
        let labels = sample
            .split_once('}')
            .map_or("", |(labels, _)| labels.trim_start_matches('{'));
        let labels = labels
            .split(',')
            .filter_map(|label| Some(label.split_once('=')?.0.to_owned()))
            .collect();
        let name = name
            .strip_prefix(PREFIX)
            .and_then(|name| name.strip_prefix('_'))
            .unwrap();
        exposed.insert(format!("{name}{suffix}"), (kind.to_owned(), labels));
    }
    exposed
}

/// The table of `docs/METRICS.md`: metric, type, labels, meaning.
fn documented() -> BTreeMap<String, (String, Vec<String>)> {
    let table = include_str!("../../../../docs/METRICS.md");
    let rows = table
        .lines()
        .skip_while(|line| !line.starts_with("| metric "))
        .skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 4, "{row}");
        assert!(!cells[3].is_empty(), "{row}");
        let labels = cells[2]
            .split(',')
            .map(|label| label.trim().trim_matches('`').to_owned());
        (
            cells[0].trim_matches('`').to_owned(),
            (
                cells[1].to_owned(),
                labels.filter(|label| !label.is_empty()).collect(),
            ),
        )
    })
    .collect()
}

#[test]
fn the_documentation_names_what_is_exposed() {
    assert_eq!(documented(), exposed());
}
