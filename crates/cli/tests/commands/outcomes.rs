//! Exit codes, refusals, and commands that are cut short.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use members::marks::SETTINGS_OWNER;
use rstest::rstest;
use serde_json::json;

use crate::azure::{Azure, Profile};

/// A cluster that is gone has two endpoints, beside one of a cluster that is there.
fn shared(azure: &Azure) -> Profile {
    let (gone, since) = (azure.ago(100), azure.ago(500));
    Profile::managed("app")
        .tag(SETTINGS_OWNER, "cluster-gone")
        .claims(
            "cluster-gone",
            gone,
            &[
                ("a", "service/default/a", "a.example.com", since),
                ("b", "service/default/b", "b.example.com", since),
            ],
        )
        .claims(
            "cluster-east",
            azure.now,
            &[("east", "service/default/east", "east.example.com", since)],
        )
        .endpoint("a", "a.example.com", 1)
        .endpoint("b", "b.example.com", 2)
        .endpoint("east", "east.example.com", 3)
}

fn enabled(names: &[&str]) -> Vec<(String, String)> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), "Enabled".to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_cloud_is_an_answer() {
    let azure = Azure::start().await;
    azure.put(Profile::foreign("theirs")).await;
    let said = azure.run(&["owners"]).await;
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "No profile has a claim of anybody.\n")
    );
    let said = azure.run(&["orphans", "--fail"]).await;
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "Nothing is left over.\n")
    );
    assert_eq!(azure.json(&["owners"]).await, json!({"owners": []}));
    assert_eq!(azure.json(&["orphans"]).await, json!({"orphans": []}));
}

/// Half a listing is an error, never a shorter table.
#[rstest]
#[case(&["owners"])]
#[case(&["owners", "--output", "json"])]
#[case(&["orphans"])]
#[case(&["remove-owner", "cluster-gone", "--preview"])]
#[case(&["adopt", "app", "--yes"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_that_fails_is_an_error(#[case] arguments: &[&str]) {
    let azure = Azure::start().await;
    azure.put(shared(&azure)).await;
    azure.put(shared(&azure).group("second")).await;
    let rule = json!({"operation": "profiles.list", "resourceGroup": "second", "status": 403});
    azure.faults(json!({"rules": [rule]})).await;
    let groups = ["--resource-groups", "my-tm-rg,second"];
    let said = azure.run(&[arguments, &groups].concat()).await;
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    assert!(
        said.err
            .contains("error: listing the Traffic Manager profiles"),
        "{said:?}"
    );
    assert!(said.err.contains("second"), "says which group: {said:?}");
}

#[rstest]
#[case::neither(&["remove-owner", "x"])]
#[case::both(&["remove-owner", "x", "--preview", "--yes"])]
#[case::neither(&["adopt", "x"])]
#[case::no_name(&["adopt", "--yes"])]
#[case::a_name_that_cannot_be(&["adopt", "a_b", "--preview"])]
#[case::an_owner_that_cannot_be(&["remove-owner", "a,b", "--preview"])]
#[case::no_duration(&["orphans", "--older-than", "24"])]
#[case::no_format(&["owners", "--output", "xml"])]
#[case::no_level(&["owners", "--log-level", "warm"])]
#[case::no_subscription(&["owners", "--subscription-id", "x"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_usage_ends_with_two(#[case] arguments: &[&str]) {
    let azure = Azure::start().await;
    let said = azure.run(arguments).await;
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_has_to_do_fails_when_asked_to() {
    let azure = Azure::start().await;
    azure.put(shared(&azure)).await;
    assert_eq!(azure.run(&["orphans"]).await.code, 0);
    assert_eq!(azure.run(&["orphans", "--fail"]).await.code, 1);
    let all = ["orphans", "--fail", "--older-than", "1000h"];
    assert_eq!(azure.run(&all).await.code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_was_seen_is_not_removed() {
    let azure = Azure::start().await;
    azure.put(shared(&azure)).await;
    let before = azure.writes().await;
    for consent in ["--preview", "--yes"] {
        let said = azure.run(&["remove-owner", "cluster-east", consent]).await;
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
        assert!(said.err.contains("less than two hours ago"), "{said:?}");
    }
    assert_eq!(azure.writes().await, before);
    assert_eq!(azure.endpoints("app").await, enabled(&["a", "b", "east"]));
}

/// The preview, and the same again as JSON, name the writes that `--yes` makes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preview_is_what_is_done() {
    let azure = Azure::start().await;
    azure.put(shared(&azure)).await;
    let before = azure.writes().await;
    let command = ["remove-owner", "cluster-gone", "--wait", "0s"];
    let preview = azure
        .json(&[command.as_slice(), &["--preview"]].concat())
        .await;
    assert_eq!(azure.writes().await, before, "a preview writes nothing");
    let done = azure.json(&[command.as_slice(), &["--yes"]].concat()).await;
    let list = |value: &serde_json::Value| value.as_array().unwrap().clone();
    let shown = [list(&preview["disable"]), list(&preview["remove"])].concat();
    assert_eq!(list(&done["done"]), shown);
    assert_eq!(azure.writes().await - before, 5);
    assert_eq!(azure.endpoints("app").await, enabled(&["east"]));
}

/// Azure fails in the middle: the rest is said and left, and the same command does it later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_fails_half_way_is_repeated() {
    let azure = Azure::start().await;
    azure.put(shared(&azure)).await;
    let rule = json!({"operation": "endpoints.delete", "endpoint": "b", "status": 403});
    azure.faults(json!({"rules": [rule]})).await;
    let command = ["remove-owner", "cluster-gone", "--yes", "--wait", "0s"];
    let said = azure.run(&command).await;
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.out.contains("failed  my-tm-rg/app: delete endpoint b"),
        "{said:?}"
    );
    assert!(
        said.err.contains("the same command does the rest"),
        "{said:?}"
    );
    let owners = azure.json(&["owners"]).await;
    assert_eq!(
        owners["owners"][1]["owner"], "cluster-gone",
        "what is left is still claimed"
    );
    assert_eq!(
        owners["owners"][1]["profiles"][0]["members"][0]["endpoint"],
        "b"
    );

    azure.clear_faults().await;
    assert_eq!(azure.run(&command).await.code, 0);
    assert_eq!(azure.endpoints("app").await, enabled(&["east"]));
    let said = azure.run(&command).await;
    assert_eq!(said.code, 0);
    insta::assert_snapshot!(said.out, @"There is nothing of owner cluster-gone; owners with claims: cluster-east.");
}

/// Somebody presses Ctrl-C while it waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_is_killed_is_repeated() {
    let azure = Azure::start().await;
    azure.put(shared(&azure)).await;
    let command = ["remove-owner", "cluster-gone", "--yes"];
    let mut child = azure
        .command(&[command.as_slice(), &["--wait", "1h"]].concat())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let killed = tokio::task::spawn_blocking(move || {
        let waits = out
            .lines()
            .map_while(Result::ok)
            .any(|line| line == "wait  60 min");
        child.kill().unwrap();
        child.wait().unwrap();
        waits
    });
    assert!(killed.await.unwrap());
    let endpoints = azure.endpoints("app").await;
    let disabled = endpoints
        .iter()
        .filter(|(_, status)| status == "Disabled")
        .count();
    assert_eq!((endpoints.len(), disabled), (3, 2));

    let said = azure
        .run(&[command.as_slice(), &["--wait", "0s"]].concat())
        .await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!said.out.contains("disable endpoint"), "{said:?}");
    assert_eq!(azure.endpoints("app").await, enabled(&["east"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adopting_writes_once() {
    let azure = Azure::start().await;
    azure.put(Profile::foreign("app").tag("team", "shop")).await;
    let before = azure.profile("app").await;
    assert_eq!(azure.run(&["adopt", "app", "--preview"]).await.code, 0);
    assert_eq!(azure.profile("app").await, before);

    let said = azure
        .run(&["adopt", "app", "--yes", "--owner", "cluster-east"])
        .await;
    assert_eq!(said.code, 0, "{said:?}");
    let tags = azure.profile("app").await["tags"].clone();
    let expected = json!({
        "team": "shop",
        "externaldns-managed-by": "external-dns-traffic-manager",
        "externaldns-settings-owner": "cluster-east",
    });
    assert_eq!(tags, expected);

    let writes = azure.writes().await;
    let said = azure.run(&["adopt", "my-tm-rg/app", "--yes"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    insta::assert_snapshot!(said.out, @"profile my-tm-rg/app is managed already; there is nothing to do");
    assert_eq!(azure.writes().await, writes);
    assert_eq!(
        azure.json(&["adopt", "app", "--yes"]).await["managed"],
        true
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_profile_has_to_be_the_only_one() {
    let azure = Azure::start().await;
    azure.put(Profile::foreign("app")).await;
    azure.put(Profile::foreign("app").group("second")).await;
    let both = ["--preview", "--resource-groups", "my-tm-rg,second"];
    let said = azure
        .run(&[["adopt", "app"].as_slice(), &both].concat())
        .await;
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    insta::assert_snapshot!(said.err, @"error: there are several profiles app; say which one: my-tm-rg/app, second/app");
    let said = azure
        .run(&[["adopt", "second/app"].as_slice(), &both].concat())
        .await;
    assert_eq!(said.code, 0, "{said:?}");
    let said = azure.run(&["adopt", "absent", "--preview"]).await;
    assert_eq!(said.code, 1, "{said:?}");
    insta::assert_snapshot!(said.err, @"error: there is no profile absent in the subscriptions and resource groups that are configured");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_azure_refuses_is_an_error() {
    let azure = Azure::start().await;
    azure.put(Profile::foreign("app")).await;
    azure
        .faults(json!({"rules": [{"operation": "writes", "status": 403}]}))
        .await;
    let said = azure.run(&["adopt", "app", "--yes"]).await;
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("error: cannot my-tm-rg/app: write tag"),
        "{said:?}"
    );
}
