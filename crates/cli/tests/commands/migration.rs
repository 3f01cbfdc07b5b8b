//! `docs/MIGRATION.md`: the names in it are real, and the way that it describes leads there.

use std::collections::BTreeSet;

use members::annotation::Name;
use members::marks::{MANAGED_BY, PREDECESSOR, PREDECESSOR_HOST, PREDECESSOR_VALUE, VANITY_HOST};
use serde_json::{Value, json};
use webhook::settings::field;

use crate::azure::{Azure, Profile};
use crate::chain::{Cluster, my_app};

const DOCUMENT: &str = include_str!("../../../../docs/MIGRATION.md");

/// The annotations of the proof of concept.
const OLD_NAMES: [&str; 15] = [
    "enabled",
    "resource-group",
    "profile-name",
    "hostname",
    "weight",
    "priority",
    "endpoint-name",
    "endpoint-location",
    "endpoint-status",
    "routing-method",
    "dns-ttl",
    "monitor-path",
    "monitor-port",
    "monitor-protocol",
    "health-checks-enabled",
];

#[test]
fn the_old_names_are_known() {
    let known: BTreeSet<String> = Name::ALL
        .iter()
        .map(|name| name.as_str().to_owned())
        .collect();
    assert!(
        OLD_NAMES.iter().all(|name| known.contains(*name)),
        "{known:?}"
    );
    for name in [
        "profile-name",
        "endpoint-name",
        "health-checks-enabled",
        "priority",
        "endpoint-location",
        "resource-group",
    ] {
        assert!(OLD_NAMES.contains(&name));
        assert!(DOCUMENT.contains(&format!("\n| `{name}` |")), "{name}");
    }
    let tag = format!("`{PREDECESSOR}={PREDECESSOR_VALUE}`");
    for name in [
        tag.as_str(),
        MANAGED_BY,
        VANITY_HOST,
        &format!("the tag `{PREDECESSOR_HOST}`"),
    ] {
        assert!(DOCUMENT.contains(name), "{name}");
    }
    let variables: BTreeSet<_> = field::ALL
        .iter()
        .flat_map(|field| field.env)
        .copied()
        .collect();
    for name in [
        "OWNER_ID",
        "RESOURCE_GROUPS",
        "AZURE_RESOURCE_GROUPS",
        "SERVER_PORT",
        "METRICS_PORT",
        "DOMAIN_FILTER",
        "LOG_LEVEL",
        "DRY_RUN",
    ] {
        assert!(variables.contains(name), "{name}");
        assert!(DOCUMENT.contains(name), "{name}");
    }
}

async fn kinds(azure: &Azure) -> Vec<(String, Value)> {
    let orphans = azure.json(&["orphans"]).await;
    let list = orphans["orphans"].as_array().unwrap();
    list.iter()
        .map(|orphan| {
            (
                orphan["kind"].as_str().unwrap().to_owned(),
                orphan["endpoint"].clone(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_of_the_proof_of_concept_is_taken_over() {
    let azure = Azure::start().await;
    azure
        .put(
            Profile::foreign("my-app-global")
                .tag(PREDECESSOR, PREDECESSOR_VALUE)
                .tag(PREDECESSOR_HOST, "my-app.example.com")
                .endpoint("east-us", "my-app-east.example.com", 100)
                .endpoint("west-us", "my-app-west.example.com", 100)
                .endpoint("20-1-2-9", "left-behind.example.com", 100),
        )
        .await;
    let before = azure.endpoints("my-app-global").await;
    assert_eq!(
        kinds(&azure).await,
        [("ProofOfConcept".to_owned(), Value::Null)]
    );

    let dry = Cluster::with(&azure, "cluster-east", vec![my_app("east")], &["--dry-run"]).await;
    let writes = azure.writes().await;
    assert!(dry.turn().await, "it would write");
    assert_eq!(azure.writes().await, writes, "and does not");
    drop(dry);

    let east = Cluster::start(&azure, "cluster-east", vec![my_app("east")]).await;
    assert!(east.turn().await);
    assert!(!east.turn().await);
    let unclaimed = |name: &str| ("UnclaimedEndpoint".to_owned(), json!(name));
    assert_eq!(
        kinds(&azure).await,
        [unclaimed("west-us"), unclaimed("20-1-2-9")]
    );

    let west = Cluster::start(&azure, "cluster-west", vec![my_app("west")]).await;
    assert!(west.turn().await);
    assert!(!west.turn().await && !east.turn().await);
    assert_eq!(kinds(&azure).await, [unclaimed("20-1-2-9")]);
    assert_eq!(
        azure.endpoints("my-app-global").await,
        before,
        "every endpoint as it was"
    );
    let tags = azure.profile("my-app-global").await["tags"].clone();
    assert_eq!(tags[PREDECESSOR], PREDECESSOR_VALUE);
    assert_eq!(tags[MANAGED_BY], "external-dns-traffic-manager");
}
