//! Record sets in Azure DNS.

use std::time::Duration;

use external_dns::model::Service;
use serde_json::json;

use super::{azure, cname, member, put_cname, record, shared, until};
use crate::harness::{Azure, Cluster, key};

const GLOBAL: &str = "my-app-global.trafficmanager.net";

/// Loops until somebody has looked at the records.
async fn looked(cluster: &Cluster, services: &[Service], azure: &Azure) {
    let before = azure.count("recordSets.list").await;
    let looked = async || azure.count("recordSets.list").await > before;
    until(cluster, services, "somebody looks", looked).await;
}

#[tokio::test]
async fn one_record_serves_all_clusters_and_goes_with_the_last_member() {
    let azure = azure().await;
    let (east, west) = (shared("east", &azure).await, shared("west", &azure).await);
    let (here, there) = ([member("east", "20.1.2.3")], [member("west", "20.1.2.4")]);
    let made = async || cname(&azure, "my-app").await.as_deref() == Some(GLOBAL);
    until(&east, &here, "the record is made", made).await;
    let before = record(&azure, "CNAME", "my-app").await.unwrap();
    assert_eq!(
        before["metadata"]["externaldns-managed-by"],
        "external-dns-traffic-manager"
    );
    assert_eq!(before["TTL"], 300);
    west.run(&there).await;
    east.run(&[]).await;
    west.run(&there).await;
    let after = record(&azure, "CNAME", "my-app").await;
    assert_eq!(after, Some(before), "the other cluster is still there");

    let gone = async || record(&azure, "CNAME", "my-app").await.is_none();
    until(&west, &[], "the record is gone", gone).await;
    let profile = azure.profile("my-app-global").await.unwrap();
    assert_eq!(profile["properties"]["profileStatus"], "Disabled");
}

#[tokio::test]
async fn a_loop_without_a_change_asks_nothing_of_azure_dns() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let services = [member("east", "20.1.2.3")];
    let made = async || cname(&azure, "my-app").await.is_some();
    until(&east, &services, "the record is made", made).await;
    let looked = async || {
        azure.calls().await;
        east.run(&services).await;
        let calls = azure.calls().await;
        !calls
            .keys()
            .any(|operation| operation.starts_with("recordSets"))
    };
    until(&east, &services, "nothing is looked at any more", looked).await;
    east.quiet(&azure, &services).await;

    // Somebody else changes the record: found after the interval.
    azure
        .delete_at(&super::record_path("CNAME", "my-app"))
        .await;
    east.clock.advance(Duration::from_mins(6));
    until(&east, &services, "the record is there again", made).await;
}

#[tokio::test]
async fn a_renamed_host_takes_its_record_along() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let first = [member("east", "20.1.2.3")];
    let second = [member("east", "20.1.2.3").with_annotation(key("hostname"), "shop.example.com")];
    let made = async || cname(&azure, "my-app").await.is_some();
    until(&east, &first, "the record is made", made).await;
    let renamed = async || {
        cname(&azure, "shop").await.as_deref() == Some(GLOBAL)
            && record(&azure, "CNAME", "my-app").await.is_none()
    };
    until(&east, &second, "the record has moved", renamed).await;
    let none = [member("east", "20.1.2.3").with_annotation(key("vanity"), "none")];
    let gone = async || {
        record(&azure, "CNAME", "my-app").await.is_none()
            && record(&azure, "CNAME", "shop").await.is_none()
    };
    until(&east, &none, "nobody wants a record any more", gone).await;
}

#[tokio::test]
async fn a_mistyped_host_costs_nobody_the_record_that_works() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let made = async || cname(&azure, "my-app").await.is_some();
    until(
        &east,
        &[member("east", "20.1.2.3")],
        "the record is made",
        made,
    )
    .await;
    let mistyped =
        [member("east", "20.1.2.3").with_annotation(key("hostname"), "my-app.exmaple.com")];
    let said = async || {
        let readiness = east.readiness().await;
        readiness["provider"]["invalidObjects"]["VanityFailed"] == 1
    };
    until(&east, &mistyped, "it is reported", said).await;
    for _ in 0..3 {
        east.clock.advance(Duration::from_mins(6));
        looked(&east, &mistyped, &azure).await;
    }
    assert!(made().await);
}

#[tokio::test]
async fn a_zone_that_cannot_be_read_holds_up_its_own_hosts_only() {
    let azure = azure().await;
    let east = Cluster::with("east", &azure, |args| {
        super::in_azure_dns(args, &azure);
        args.vanity.dns_zones = vec![
            "my-dns-rg/example.com".to_owned(),
            "my-dns-rg/nobody.example.org".to_owned(),
        ];
    })
    .await;
    let services = [
        member("east", "20.1.2.3"),
        member("other", "20.1.2.4")
            .with_annotation(key("profile-name"), "other")
            .with_annotation(key("hostname"), "shop.nobody.example.org"),
    ];
    let made = async || {
        let readiness = east.readiness().await;
        cname(&azure, "my-app").await.is_some()
            && readiness["provider"]["invalidObjects"] == json!({"VanityFailed": 1})
    };
    until(
        &east,
        &services,
        "one is made and the other is reported",
        made,
    )
    .await;
}

#[tokio::test]
async fn what_somebody_else_has_made_stays() {
    let azure = azure().await;
    put_cname(&azure, "my-app", "elsewhere.example.net").await;
    let east = shared("east", &azure).await;
    let services = [member("east", "20.1.2.3")];
    let said = async || {
        let readiness = east.readiness().await;
        readiness["provider"]["invalidObjects"]["VanityConflict"] == 1
    };
    until(&east, &services, "the conflict is reported", said).await;
    assert!(azure.endpoint("my-app-global", "east").await.is_some());
    let held = cname(&azure, "my-app").await;
    assert_eq!(held.as_deref(), Some("elsewhere.example.net"));

    // It leads to the profile: that is all that was wanted.
    put_cname(&azure, "my-app", GLOBAL).await;
    east.clock.advance(Duration::from_mins(6));
    let quiet = async || {
        let readiness = east.readiness().await;
        readiness["provider"]["invalidObjects"]["VanityConflict"].is_null()
    };
    until(&east, &services, "nothing is reported any more", quiet).await;
    let held = record(&azure, "CNAME", "my-app").await.unwrap();
    assert!(
        held["metadata"]
            .as_object()
            .is_none_or(serde_json::Map::is_empty)
    );
}

#[tokio::test]
async fn a_host_of_two_profiles_stays_with_the_first() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let first = member("east", "20.1.2.3").with_annotation(key("profile-name"), "second");
    let made = async || cname(&azure, "my-app").await.is_some();
    until(
        &east,
        std::slice::from_ref(&first),
        "the record is made",
        made,
    )
    .await;
    let both = [
        first,
        member("other", "20.1.2.4").with_annotation(key("profile-name"), "another"),
    ];
    let said = async || {
        let readiness = east.readiness().await;
        readiness["provider"]["invalidObjects"]["VanityConflict"] == 1
    };
    until(&east, &both, "the conflict is reported", said).await;
    let held = cname(&azure, "my-app").await;
    assert_eq!(held.as_deref(), Some("second.trafficmanager.net"));
    // With the first one gone the other has it.
    let other =
        async || cname(&azure, "my-app").await.as_deref() == Some("another.trafficmanager.net");
    until(&east, &both[1..], "the other profile has the host", other).await;
}

#[tokio::test]
async fn the_zones_own_name_is_an_alias_when_azure_allows_it() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let apex = |target: &str| {
        [member("east", "20.1.2.3")
            .with_annotation(key("hostname"), "example.com")
            .with_annotation(key("target"), target)]
    };
    let failed = async || {
        let readiness = east.readiness().await;
        readiness["provider"]["invalidObjects"]["VanityFailed"] == 1
    };
    until(&east, &apex("hostname"), "it is reported", failed).await;
    let alias = async || {
        let record = record(&azure, "A", "@").await;
        record.is_some_and(|record| {
            let id = record["targetResource"]["id"].as_str().unwrap_or_default();
            id.ends_with("/my-app-global")
        })
    };
    until(&east, &apex("address"), "there is an alias", alias).await;
    let gone = async || record(&azure, "A", "@").await.is_none();
    until(&east, &[], "it goes with the last member", gone).await;
}

/// A CNAME and an alias of addresses cannot be there together, so one goes before the other comes.
#[tokio::test]
async fn a_record_that_cannot_have_another_type_is_put_back() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let services = |mode: &str| {
        [member("east", "20.1.2.3")
            .with_annotation(key("target"), "address")
            .with_annotation(key("vanity"), mode)]
    };
    let made = async || cname(&azure, "my-app").await.is_some();
    until(&east, &services("azure-dns"), "there is a record", made).await;
    let refused = json!({"rules": [
        {"operation": "recordSets.put", "refusal": "AuthorizationFailed", "calls": 1}
    ]});
    azure.faults(refused).await;
    azure.calls().await;
    let failed = async || {
        let readiness = east.readiness().await;
        readiness["provider"]["invalidObjects"]["VanityFailed"] == 1
    };
    let alias = services("azure-dns-alias");
    until(&east, &alias, "the failure is reported", failed).await;
    assert_eq!(cname(&azure, "my-app").await.as_deref(), Some(GLOBAL));
    let explained = east
        .operation("/explain?host=my-app.example.com")
        .await
        .text()
        .await
        .unwrap();
    assert!(
        explained.contains("the CNAME record is there again"),
        "{explained}"
    );

    // It is looked at now and then, and left alone all the same.
    for _ in 0..5 {
        east.clock.advance(Duration::from_mins(6));
        looked(&east, &alias, &azure).await;
    }
    assert!(failed().await);
    assert_eq!(azure.count("recordSets.delete").await, 1);
    assert!(made().await);

    let alias_is_there = async || {
        east.clock.advance(Duration::from_mins(15));
        record(&azure, "A", "my-app").await.is_some()
    };
    until(&east, &alias, "the alias is there", alias_is_there).await;
    assert!(!made().await);
    let well = async || !failed().await;
    until(&east, &alias, "all is well", well).await;
}

/// What only a passing fault has hindered does not rest for an hour. The clock stands still.
#[tokio::test]
async fn a_record_whose_type_a_passing_fault_has_kept_changes_soon() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let services = |mode: &str| {
        [member("east", "20.1.2.3")
            .with_annotation(key("target"), "address")
            .with_annotation(key("vanity"), mode)]
    };
    let made = async || cname(&azure, "my-app").await.is_some();
    until(&east, &services("azure-dns"), "there is a record", made).await;
    let fails = json!({"rules": [{"operation": "recordSets.put", "status": 500, "calls": 3}]});
    azure.faults(fails).await;
    azure.calls().await;
    let alias_is_there = async || record(&azure, "A", "my-app").await.is_some();
    until(
        &east,
        &services("azure-dns-alias"),
        "there is an alias",
        alias_is_there,
    )
    .await;
    assert!(azure.count("recordSets.put").await > 4, "it was put back");
    assert!(!made().await);
}

#[tokio::test]
async fn a_profile_that_somebody_deletes_leaves_no_record_behind() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let services = [member("east", "20.1.2.3")];
    let made = async || cname(&azure, "my-app").await.is_some();
    until(&east, &services, "the record is made", made).await;
    azure.delete("my-app-global").await;
    let gone = async || record(&azure, "CNAME", "my-app").await.is_none();
    until(&east, &[], "the record is gone", gone).await;
}

#[tokio::test]
async fn a_profile_that_has_lost_its_tags_keeps_its_record() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let services = [member("east", "20.1.2.3")];
    let made = async || cname(&azure, "my-app").await.is_some();
    until(&east, &services, "the record is made", made).await;
    azure.tag("my-app-global", json!({})).await;
    for _ in 0..3 {
        east.clock.advance(Duration::from_mins(6));
        looked(&east, &services, &azure).await;
    }
    assert!(made().await);
}

#[tokio::test]
async fn what_azure_refuses_is_tried_less_and_less_often() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let refused = json!({"rules": [
        {"operation": "recordSets.put", "refusal": "AuthorizationFailed"}
    ]});
    azure.faults(refused).await;
    let tries = async || azure.count("recordSets.put").await;
    let services = [
        member("east", "20.1.2.3"),
        member("other", "20.1.2.4")
            .with_annotation(key("profile-name"), "other")
            .with_annotation(key("hostname"), "shop.example.com"),
    ];
    let one = &services[..1];
    // What may have been a race is tried again at once.
    until(&east, one, "it is tried twice", async || tries().await >= 2).await;
    for (n, rest) in [(3, 30), (4, 60)] {
        for _ in 0..10 {
            east.run(one).await;
        }
        assert_eq!(tries().await, n - 1);
        east.clock.advance(Duration::from_secs(rest));
        until(&east, one, "it is tried again", async || tries().await >= n).await;
    }
    // Nobody else waits for it.
    until(&east, &services, "the other one is tried", async || {
        tries().await >= 6
    })
    .await;
    azure.clear_faults().await;
    east.clock.advance(Duration::from_mins(5));
    let made =
        async || cname(&azure, "my-app").await.is_some() && cname(&azure, "shop").await.is_some();
    until(&east, &services, "both are made", made).await;
}

/// What Azure says is somebody else's is not what was asked for, and does not say that it is gone.
#[tokio::test]
async fn a_profile_that_cannot_be_read_keeps_its_record() {
    let azure = azure().await;
    let east = shared("east", &azure).await;
    let services = [member("east", "20.1.2.3")];
    let made = async || cname(&azure, "my-app").await.is_some();
    until(&east, &services, "the record is made", made).await;
    let mut other = azure.profile("my-app-global").await.unwrap();
    let mut tags = other["tags"].clone();
    tags["externaldns-hostname"] = json!("shop.example.com azure-dns");
    azure.tag("my-app-global", tags).await;
    other["id"] = json!("/subscriptions/x");
    let wrong = json!({"rules": [{"operation": "profiles.get", "status": 200, "body": other}]});
    azure.faults(wrong).await;
    azure.calls().await;
    for _ in 0..300 {
        // ExternalDNS would put the host right, and is told that it cannot be.
        east.run(&services).await;
        if azure.count("recordSets.list").await > 1 {
            break;
        }
    }
    assert!(azure.count("recordSets.list").await > 1, "somebody looks");
    assert!(made().await);
    azure.clear_faults().await;
    east.clock.advance(Duration::from_mins(6));
    until(&east, &services, "it is as it was", made).await;
}
