//! A profile is deleted when nothing leads to it any more, and not before.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use webhook::settings::ServeArgs;

use super::{azure, cname, member, put_cname, record, shared, until};
use crate::harness::{Azure, Cluster, app, key};
use crate::health::Log;

/// A webhook that makes no records and looks whether there are any.
async fn looking(azure: &Azure, change: impl FnOnce(&mut ServeArgs)) -> Cluster {
    Cluster::with("east", azure, |args| {
        super::in_azure_dns(args, azure);
        args.vanity.vanity = Some("none".to_owned());
        change(args);
    })
    .await
}

async fn is_retired(azure: &Azure) -> bool {
    let profile = azure.profile("my-app-global").await.unwrap();
    profile["properties"]["profileStatus"] == "Disabled"
}

/// Whether a profile is kept for such a reason.
async fn is_kept(cluster: &Cluster, why: &str) -> bool {
    let readiness = cluster.readiness().await;
    let kept = readiness["provider"]["keptProfiles"][0].as_str();
    kept.is_some_and(|text| text.contains(why))
}

#[tokio::test]
async fn the_record_goes_first_and_the_profile_after_its_ttl() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let made = async || cname(&azure, "my-app").await.is_some();
    until(
        &east,
        &[member("east", "20.1.2.3")],
        "there is a record",
        made,
    )
    .await;
    let gone = async || record(&azure, "CNAME", "my-app").await.is_none();
    until(&east, &[], "the record is gone", gone).await;
    // The grace of a minute is over, and the record's five are not.
    east.clock.advance(Duration::from_mins(2));
    azure.calls().await;
    let looked = async || azure.count("recordSets.get").await > 0;
    until(&east, &[], "somebody looks at what leads there", looked).await;
    assert!(is_retired(&azure).await);
    let deleted = async || {
        east.clock.advance(Duration::from_mins(1));
        azure.profile("my-app-global").await.is_none()
    };
    until(&east, &[], "the profile is gone", deleted).await;
}

#[rstest]
#[case::one_name("my-app")]
#[case::a_wildcard("*.apps")]
#[tokio::test]
async fn a_profile_stays_while_dns_leads_users_to_it(#[case] name: &str) {
    let azure = azure().await;
    put_cname(&azure, name, "my-app-global.trafficmanager.net").await;
    let east = looking(&azure, |_| {}).await;
    let host = format!("{name}.example.com");
    let member = member("east", "20.1.2.3").with_annotation(key("hostname"), &host);
    east.run(&[member]).await;
    east.run(&[]).await;
    let kept = async || {
        east.clock.advance(Duration::from_mins(2));
        let readiness = east.readiness().await;
        let kept = &readiness["provider"]["keptProfiles"][0];
        kept.as_str().is_some_and(|text| {
            text == format!("profile my-app-global: the vanity host {host} is still a CNAME for my-app-global.trafficmanager.net; delete that record")
        })
    };
    until(&east, &[], "it is said why the profile is kept", kept).await;
    assert!(is_retired(&azure).await);

    azure.delete_at(&super::record_path("CNAME", name)).await;
    let deleted = async || {
        east.clock.advance(Duration::from_mins(2));
        azure.profile("my-app-global").await.is_none()
    };
    until(&east, &[], "the profile is gone", deleted).await;
    let readiness = east.readiness().await;
    assert_eq!(readiness["provider"]["keptProfiles"], json!([]));
}

#[tokio::test]
async fn no_answer_is_not_taken_for_gone() {
    let azure = azure().await;
    // Nobody listens there.
    let east = looking(&azure, |args| {
        args.resolver = Some("127.0.0.1:9".to_owned());
    })
    .await;
    east.run(&[member("east", "20.1.2.3")]).await;
    east.run(&[]).await;
    let kept = async || {
        east.clock.advance(Duration::from_mins(2));
        let readiness = east.readiness().await;
        let kept = &readiness["provider"]["keptProfiles"][0];
        kept.as_str().is_some_and(|text| {
            text.contains("is not known") && text.contains("--vanity-check=false")
        })
    };
    until(&east, &[], "it is said why the profile is kept", kept).await;
    assert!(is_retired(&azure).await);
}

#[tokio::test]
async fn a_record_under_a_former_name_keeps_the_profile() {
    let azure = azure().await;
    let east = Cluster::with("east", &azure, |args| {
        super::in_azure_dns(args, &azure);
        args.vanity.vanity_check = Some("false".to_owned());
    })
    .await;
    let made = async || cname(&azure, "my-app").await.is_some();
    let first = [member("east", "20.1.2.3")];
    until(&east, &first, "there is a record", made).await;
    // The new host is in no zone, so the record that works stays. Then it cannot be deleted.
    let second = [member("east", "20.1.2.3").with_annotation(key("hostname"), "a.example.org")];
    east.run(&second).await;
    azure
        .faults(json!({"rules": [
            {"operation": "recordSets.delete", "refusal": "ScopeLocked"}
        ]}))
        .await;
    let kept = async || {
        east.clock.advance(Duration::from_mins(6));
        is_kept(
            &east,
            "a record set of this system in Azure DNS still leads to it",
        )
        .await
    };
    until(&east, &[], "it is said why the profile is kept", kept).await;
    assert!(is_retired(&azure).await, "the profile is kept");
    assert!(made().await);
    azure.clear_faults().await;
    let deleted = async || {
        east.clock.advance(Duration::from_mins(6));
        azure.profile("my-app-global").await.is_none()
    };
    until(&east, &[], "both are gone", deleted).await;
    assert!(!made().await);
}

#[tokio::test]
async fn a_record_that_cannot_be_deleted_keeps_the_profile() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let made = async || cname(&azure, "my-app").await.is_some();
    until(
        &east,
        &[member("east", "20.1.2.3")],
        "there is a record",
        made,
    )
    .await;
    azure
        .faults(json!({"rules": [
            {"operation": "recordSets.delete", "refusal": "AuthorizationFailed"}
        ]}))
        .await;
    let kept = async || {
        east.clock.advance(Duration::from_mins(2));
        is_kept(&east, "AuthorizationFailed").await
    };
    until(&east, &[], "it is said why the profile is kept", kept).await;
    assert!(is_retired(&azure).await, "the profile is kept");
    assert!(made().await);
    azure.clear_faults().await;
    let deleted = async || {
        east.clock.advance(Duration::from_mins(2));
        azure.profile("my-app-global").await.is_none()
    };
    until(&east, &[], "both are gone", deleted).await;
    assert!(!made().await);
}

#[tokio::test]
async fn a_host_that_was_taken_away_is_remembered_by_resolvers_all_the_same() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let with = member("east", "20.1.2.3");
    let without = app("east", "my-app-east.example.com")
        .with_annotation(key("profile-name"), "my-app-global")
        .with_annotation(key("endpoint-name"), "east");
    let made = async || cname(&azure, "my-app").await.is_some();
    until(&east, &[with], "there is a record", made).await;
    let gone = async || {
        east.clock.advance(Duration::from_mins(1));
        record(&azure, "CNAME", "my-app").await.is_none()
    };
    until(&east, &[without], "the record is gone", gone).await;
    east.run(&[]).await;
    assert!(is_retired(&azure).await);
    // The grace of a minute is over, and the record's five are not.
    for minutes in [2, 1] {
        east.clock.advance(Duration::from_mins(minutes));
        azure.calls().await;
        let looked = async || azure.count("profiles.get").await > 0;
        until(&east, &[], "somebody looks whether it may end", looked).await;
    }
    assert!(is_retired(&azure).await);
    let deleted = async || {
        east.clock.advance(Duration::from_mins(1));
        azure.profile("my-app-global").await.is_none()
    };
    until(&east, &[], "the profile is gone", deleted).await;
}

#[tokio::test]
async fn a_reason_with_another_number_in_it_is_not_logged_again() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let made = async || cname(&azure, "my-app").await.is_some();
    let services = [member("east", "20.1.2.3")];
    until(&east, &services, "there is a record", made).await;
    let (log, _guard) = Log::begin();
    for seconds in ["17", "12", "9"] {
        let said = format!("there is room in {seconds} s");
        let error = json!({"error": {"code": "TooMuch", "message": said}});
        let get = json!({"operation": "recordSets.get", "status": 403, "body": error});
        azure.faults(json!({"rules": [get]})).await;
        let kept = async || {
            east.clock.advance(Duration::from_mins(2));
            is_kept(&east, &said).await
        };
        until(&east, &[], "it is said why the profile is kept", kept).await;
    }
    let lines = log.lines(|line| line.contains("the empty profile is kept"));
    assert_eq!(lines.len(), 1, "{lines:?}");
}
