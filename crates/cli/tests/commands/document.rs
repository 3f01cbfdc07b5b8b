//! `docs/COMMANDS.md` shows what the commands really say: every console block is run, in order, on one cloud.

use jiff::SignedDuration;
use members::marks::{RETIRED, SETTINGS_OWNER, VANITY_HOST};
use regex::Regex;

use crate::azure::{Azure, Profile};

const DOCUMENT: &str = include_str!("../../../../docs/COMMANDS.md");
const BINARY: &str = "external-dns-traffic-manager";

/// The cloud that the document is about.
async fn cloud() -> Azure {
    let azure = Azure::start().await;
    let alive = azure.now - SignedDuration::from_mins(25);
    // Half a day more, so that no test run is near the change of a day.
    let (long_ago, gone) = (azure.ago(40 * 24 + 12), azure.ago(9 * 24 + 12));
    let east = (
        "east-us",
        "service/default/my-app-east",
        "my-app-east.example.com",
        long_ago,
    );
    let west = (
        "west-us",
        "service/default/my-app-west",
        "my-app-west.example.com",
        long_ago,
    );
    let shop = (
        "west-shop",
        "ingress/shop/shop",
        "shop-west.example.com",
        long_ago,
    );
    azure
        .put(
            Profile::managed("my-app-global")
                .tag(SETTINGS_OWNER, "cluster-west")
                .tag(VANITY_HOST, "my-app.example.com")
                .claims("cluster-east", alive, &[east])
                .claims("cluster-west", gone, &[west])
                .endpoint("east-us", "my-app-east.example.com", 70)
                .endpoint("west-us", "my-app-west.example.com", 30),
        )
        .await;
    azure
        .put(
            Profile::managed("shop")
                .tag(SETTINGS_OWNER, "cluster-west")
                .claims("cluster-west", gone, &[shop])
                .endpoint("west-shop", "shop-west.example.com", 100),
        )
        .await;
    azure
        .put(
            Profile::managed("old-app")
                .tag(SETTINGS_OWNER, "cluster-east")
                .tag(
                    RETIRED,
                    &format!(
                        "{} cluster-east",
                        to_the_second(azure.now - SignedDuration::from_mins(15))
                    ),
                )
                .disabled(),
        )
        .await;
    azure
        .put(
            Profile::foreign("billing")
                .tag(SETTINGS_OWNER, "cluster-east")
                .tag("cost-centre", "4711")
                .endpoint("east-billing", "billing-east.example.com", 100),
        )
        .await;
    azure
        .put(
            Profile::foreign("first-try")
                .tag("managedBy", "external-dns-traffic-manager-webhook")
                .tag("hostname", "first.example.com")
                .endpoint("east", "first-east.example.com", 1),
        )
        .await;
    azure
}

fn to_the_second(at: jiff::Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_second())
        .unwrap()
        .to_string()
}

/// The console blocks: a command and its output.
fn blocks() -> Vec<(&'static str, &'static str)> {
    DOCUMENT
        .split("\n```")
        .filter_map(|part| part.strip_prefix("console\n$ "))
        .map(|block| block.split_once('\n').unwrap_or((block, "")))
        .collect()
}

/// Times and ids differ from run to run, and take as many characters.
fn timeless(text: &str) -> String {
    let time = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").unwrap();
    let minutes = Regex::new(r"\(\d\d min ago\)").unwrap();
    let text = time.replace_all(text.trim_end(), "2026-00-00T00:00:00Z");
    minutes.replace_all(&text, "(00 min ago)").into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_block_is_what_the_commands_say() {
    let azure = cloud().await;
    let mut wrong = Vec::new();
    let blocks = blocks();
    assert!(blocks.len() >= 6, "{}", blocks.len());
    for (command, shown) in blocks {
        let arguments: Vec<_> = command
            .strip_prefix(BINARY)
            .unwrap()
            .split_whitespace()
            .collect();
        let said = azure.run(&arguments).await;
        assert_eq!(said.code, 0, "{command}: {said:?}");
        if timeless(&said.out) != timeless(shown) {
            wrong.push(format!("$ {command}\n{}", said.out));
        }
    }
    assert!(
        wrong.is_empty(),
        "docs/COMMANDS.md is wrong; this is what is said:\n{}",
        wrong.join("\n")
    );
}

/// The names in a document, at any depth; what is inside a `body` or `tags` is Azure's or anybody's.
fn names(document: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    match document {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                found.insert(name.clone());
                if name != "body" && name != "tags" {
                    names(value, found);
                }
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| names(value, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_name_is_documented() {
    let azure = cloud().await;
    let (_, section) = DOCUMENT.split_once("\n## JSON\n").unwrap();
    let mut found = std::collections::BTreeSet::new();
    let commands = [
        "owners",
        "orphans",
        "remove-owner cluster-west --preview",
        "remove-owner cluster-west --yes --wait 0s",
        "adopt billing --yes",
    ];
    for command in commands {
        let arguments: Vec<_> = command.split_whitespace().collect();
        names(&azure.json(&arguments).await, &mut found);
    }
    assert!(found.len() > 30, "{found:?}");
    for name in found {
        let is_there = [format!("`{name}`"), format!("\"{name}\"")];
        assert!(
            is_there.iter().any(|text| section.contains(text)),
            "docs/COMMANDS.md: {name}"
        );
    }
}
