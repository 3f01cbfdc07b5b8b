//! Azure fails: the answer is one that ExternalDNS survives, nothing is
//! changed, the next loop converges.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Azure, Cluster, app, key, my_app};

#[rstest]
#[case(json!({"status": 401}))]
#[case(json!({"status": 403}))]
#[case(json!({"status": 409}))]
#[case(json!({"status": 429}))]
#[case(json!({"status": 429, "retryAfter": "17"}))]
#[case(json!({"status": 500}))]
#[case(json!({"status": 503, "retryAfter": 1}))]
#[case(json!({"reset": true}))]
#[tokio::test]
async fn a_listing_that_fails_changes_nothing(#[case] fault: Value) {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| args.deadline = Some("4s".to_owned())).await;
    let services = [my_app("east", "70")];
    east.run(&services).await;
    let before = azure.profile("my-app-global").await;

    let mut rule = json!({"operation": "profiles.list"});
    rule.as_object_mut()
        .unwrap()
        .extend(fault.as_object().unwrap().clone());
    azure.faults(json!({"rules": [rule]})).await;
    let looped = east.run(&[]).await;
    let (status, text) = looped.failed.unwrap();
    assert_eq!(status, 503, "{text}");
    assert_eq!(azure.profile("my-app-global").await, before);

    azure.clear_faults().await;
    assert!(
        east.metrics()
            .await
            .contains("operation=\"profiles.list\",outcome=")
    );
}

#[tokio::test]
async fn one_group_of_two_that_fails_fails_the_listing() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.azure.resource_groups = vec!["my-tm-rg".to_owned(), "second".to_owned()];
    })
    .await;
    let in_group = |service: external_dns::model::Service| {
        service.with_annotation(key("resource-group"), "my-tm-rg")
    };
    let services = [in_group(my_app("east", "70"))];
    assert!(east.run(&services).await.failed.is_none());
    azure
        .faults(json!({"rules": [{"operation": "profiles.list", "resourceGroup": "second", "status": 500}]}))
        .await;
    let (status, text) = east.run(&[]).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(text.contains("second"), "says which group: {text}");
    assert!(azure.endpoint("my-app-global", "east-us").await.is_some());
}

#[rstest]
#[case(json!({"status": 500}))]
#[case(json!({"status": 429}))]
#[case(json!({"status": 403}))]
#[case(json!({"status": 409}))]
#[case(json!({"reset": true}))]
#[case(json!({"reset": true, "when": "after"}))]
#[case(json!({"status": 500, "when": "after"}))]
#[tokio::test]
async fn a_write_that_fails_is_made_good_by_the_next_loop(#[case] fault: Value) {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let west = Cluster::start("west", &azure).await;
    let services = [my_app("east", "70")];
    east.run(&services).await;
    // Every kind of write: tags and endpoint for west joining, then for leaving.
    for (operation, wests) in [
        ("tags.patch", vec![my_app("west", "30")]),
        ("endpoints.put", vec![my_app("west", "30")]),
        ("endpoints.delete", vec![]),
        ("tags.patch", vec![]),
    ] {
        let mut rule = json!({"operation": operation, "calls": 3});
        rule.as_object_mut()
            .unwrap()
            .extend(fault.as_object().unwrap().clone());
        azure.faults(json!({"rules": [rule]})).await;
        if let Some((status, text)) = west.run(&wests).await.failed {
            assert_eq!(status, 503, "{operation}: {text}");
        }
        azure.clear_faults().await;
        if fault["status"] == 403 {
            // Who has no permission has none a minute later: it is tried slowly.
            west.clock.advance(Duration::from_mins(10));
        }
        for _ in 0..2 {
            assert!(west.run(&wests).await.failed.is_none());
        }
        west.quiet(&azure, &wests).await;
        east.quiet(&azure, &services).await;
    }
}

#[tokio::test]
async fn a_taken_name_is_reported_and_the_others_proceed() {
    let azure = Azure::start().await;
    let theirs = json!({
        "location": "global",
        "properties": {
            "trafficRoutingMethod": "Weighted",
            "dnsConfig": {"relativeName": "taken", "ttl": 60},
            "monitorConfig": {"protocol": "HTTP", "port": 80, "path": "/"}
        }
    });
    azure.put("elsewhere", "theirs", theirs).await;
    let east = Cluster::start("east", &azure).await;
    let unlucky = app("a", "a.example.com")
        .with_annotation(key("profile-name"), "mine")
        .with_annotation(key("dns-name"), "taken");
    let services = [unlucky, my_app("east", "70")];
    let (status, text) = east.run(&services).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(text.contains("taken"), "{text}");
    assert!(azure.endpoint("my-app-global", "east-us").await.is_some());
    // It is not tried again every minute, but stays reported.
    east.quiet(&azure, &services).await;
    east.clock.advance(Duration::from_mins(9));
    east.quiet(&azure, &services).await;
    // After ten minutes it is tried again, and refused again.
    east.clock.advance(Duration::from_mins(1));
    let (status, _) = east.run(&services).await.failed.unwrap();
    assert_eq!(status, 503);
    east.quiet(&azure, &services).await;
    assert!(
        east.metrics()
            .await
            .contains("invalid_objects{reason=\"NameUnavailable\"} 1")
    );
    // Another name is tried at once.
    let lucky = app("a", "a.example.com")
        .with_annotation(key("profile-name"), "mine")
        .with_annotation(key("dns-name"), "free");
    assert!(
        east.run(&[lucky, my_app("east", "70")])
            .await
            .failed
            .is_none()
    );
    assert!(azure.profile("mine").await.is_some());
}

#[tokio::test]
async fn azures_refusal_of_one_endpoint_does_not_hold_up_its_neighbour() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    east.run(&[my_app("east", "70")]).await;
    // A private address: Azure's own rule, found out by asking.
    let private = app("p", "p.example.com")
        .with_annotation(key("profile-name"), "private")
        .with_annotation(key("target"), "10.0.0.1");
    let good = app("g", "g.example.com").with_annotation(key("profile-name"), "good");
    let services = [private, good, my_app("east", "50")];
    let (status, text) = east.run(&services).await.failed.unwrap();
    assert_eq!(status, 503, "{text}");
    assert!(azure.profile("good").await.is_some());
    let endpoint = azure.endpoint("my-app-global", "east-us").await.unwrap();
    assert_eq!(endpoint["properties"]["weight"], 50);
    east.quiet(&azure, &services).await;
}

#[tokio::test]
async fn an_unreachable_azure_is_a_503() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.azure.arm_endpoint = Some("http://127.0.0.1:1".to_owned());
    })
    .await;
    let (status, text) = east.run(&[my_app("east", "70")]).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(text.contains("listing"), "{text}");
}

#[tokio::test]
async fn a_move_that_cannot_join_does_not_leave() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let with = |profile: &str| {
        let service = app("a", "a.example.com").with_annotation(key("endpoint-name"), "e");
        [service.with_annotation(key("profile-name"), profile)]
    };
    east.run(&with("old")).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.put", "status": 500}]}))
        .await;
    let (status, _) = east.run(&with("new")).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(
        azure.endpoint("old", "e").await.is_some(),
        "still in service"
    );
    azure.clear_faults().await;
    assert!(east.run(&with("new")).await.failed.is_none());
    assert!(azure.endpoint("new", "e").await.is_some());
    assert!(azure.endpoint("old", "e").await.is_none());
    east.quiet(&azure, &with("new")).await;
}

#[tokio::test]
async fn a_member_that_azure_refuses_does_not_keep_its_neighbours_out_of_a_new_profile() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let in_shop = |name: &str| {
        app(name, &format!("{name}.example.com"))
            .with_annotation(key("profile-name"), "shop")
            .with_annotation(key("endpoint-name"), name)
    };
    // The refused one comes first, so that it is the first to try alone, and
    // would lead if it were there: its settings must not come and go.
    let refused = in_shop("a").with_annotation(key("endpoint-location"), "atlantis");
    let other_port = |name| in_shop(name).with_annotation(key("monitor-port"), "80");
    let services = [refused, other_port("b"), other_port("c")];
    let (status, text) = east.run(&services).await.failed.unwrap();
    assert_eq!(status, 503, "{text}");
    assert!(azure.endpoint("shop", "b").await.is_some());
    assert!(azure.endpoint("shop", "c").await.is_some());
    assert!(azure.endpoint("shop", "a").await.is_none());
    assert!(east.run(&services).await.failed.is_none());
    east.quiet(&azure, &services).await;
    // Mended, it is tried at once.
    let mended = in_shop("a").with_annotation(key("endpoint-location"), "westeurope");
    let services = [mended, other_port("b"), other_port("c")];
    assert!(east.run(&services).await.failed.is_none());
    assert!(azure.endpoint("shop", "a").await.is_some());
    east.quiet(&azure, &services).await;
}

#[tokio::test]
async fn a_conflict_that_is_not_about_the_name_is_tried_again() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    azure.faults(json!({"rules": [{"operation": "profiles.put", "status": 409, "body": {}, "calls": 1}]})).await;
    let services = [my_app("east", "70")];
    let (status, _) = east.run(&services).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(east.run(&services).await.failed.is_none());
    assert!(azure.endpoint("my-app-global", "east-us").await.is_some());
}

#[tokio::test]
async fn a_host_too_long_to_be_kept_is_reported_and_not_planned() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    // Packing does not help against chance.
    let labels = [
        "azl3p526309vb6s4k0c8hfpt7kqwfxkb3jrlh974qh45dgzzsggb7bj4jh7h",
        "amnjw810jh2j8qmbprh9gldnm6zxbz12ndmp6mt2nhtt2hclb3p7qbw5rpqx",
        "a6bsc2hzjf4k96spvp8vl4sfx345p7mcrdjnvzp9gnl92wdm1nmh5d0g32mt",
        "ah3cdzw9qck3zp6ls0rgc90c5tn6jg3xg085rfhrpgc7rmgs9z7hvst23ntl",
    ];
    let long = app("long", &format!("{}.example.com", labels.join(".")));
    let services = [long, my_app("east", "70")];
    assert!(east.run(&services).await.failed.is_none());
    assert!(azure.endpoint("my-app-global", "east-us").await.is_some());
    east.quiet(&azure, &services).await;
    assert!(
        east.metrics()
            .await
            .contains("invalid_objects{reason=\"InvalidAnnotation\"} 1")
    );
}

#[tokio::test]
async fn a_conflict_answered_after_the_profile_was_created_does_not_block_it() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let rule = json!({"operation": "profiles.put", "status": 409, "body": {}, "calls": 1, "when": "after"});
    azure.faults(json!({"rules": [rule]})).await;
    let (status, _) = east.run(&[my_app("east", "70")]).await.failed.unwrap();
    assert_eq!(status, 503);
    let services = [my_app("east", "50")];
    for _ in 0..2 {
        assert!(east.run(&services).await.failed.is_none());
    }
    let endpoint = azure.endpoint("my-app-global", "east-us").await.unwrap();
    assert_eq!(endpoint["properties"]["weight"], 50);
    east.quiet(&azure, &services).await;
}

#[tokio::test]
async fn a_rename_that_azure_refuses_keeps_the_member() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let with = |name: &str, location: &str| {
        let service = app("a", "a.example.com").with_annotation(key("profile-name"), "p");
        [service
            .with_annotation(key("endpoint-name"), name)
            .with_annotation(key("endpoint-location"), location)]
    };
    east.run(&with("old", "westeurope")).await;
    // The target is the same, so the old endpoint has to make way first.
    let renamed = with("new", "atlantis");
    let (status, _) = east.run(&renamed).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(azure.endpoint("p", "old").await.is_some(), "put back");
    east.quiet(&azure, &renamed).await;
    let mended = with("new", "northeurope");
    assert!(east.run(&mended).await.failed.is_none());
    assert!(azure.endpoint("p", "old").await.is_none());
    assert!(azure.endpoint("p", "new").await.is_some());
    east.quiet(&azure, &mended).await;
}

#[tokio::test]
async fn a_rename_together_with_a_move_leaves_when_it_has_joined() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let with = |profile: &str, name: &str| {
        let service = app("a", "a.example.com").with_annotation(key("profile-name"), profile);
        [service.with_annotation(key("endpoint-name"), name)]
    };
    east.run(&with("p", "e")).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.put", "status": 500}]}))
        .await;
    assert!(east.run(&with("q", "f")).await.failed.is_some());
    assert!(azure.endpoint("p", "e").await.is_some(), "still in service");
    azure.clear_faults().await;
    assert!(east.run(&with("q", "f")).await.failed.is_none());
    assert!(azure.endpoint("p", "e").await.is_none());
    assert!(azure.endpoint("q", "f").await.is_some());
    east.quiet(&azure, &with("q", "f")).await;
}

#[tokio::test]
async fn settings_that_azure_refuses_are_not_tried_in_every_loop() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let services = [my_app("east", "70")];
    east.run(&services).await;
    let changed = [my_app("east", "70").with_annotation(key("dns-ttl"), "61")];
    azure
        .faults(json!({"rules": [{"operation": "profiles.patch", "status": 400, "calls": 1}]}))
        .await;
    let (status, _) = east.run(&changed).await.failed.unwrap();
    assert_eq!(status, 503);
    azure.clear_faults().await;
    east.quiet(&azure, &changed).await;
    east.clock.advance(Duration::from_mins(10));
    assert!(east.run(&changed).await.failed.is_none());
    let profile = azure.profile("my-app-global").await.unwrap();
    assert_eq!(profile["properties"]["dnsConfig"]["ttl"], 61);
}

#[tokio::test]
async fn a_probe_changes_from_https_to_tcp_and_back() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let https = [app("a", "a.example.com").with_annotation(key("monitor-path"), "/health")];
    let tcp = [app("a", "a.example.com")
        .with_annotation(key("monitor-protocol"), "TCP")
        .with_annotation(key("monitor-port"), "443")];
    for services in [&https, &tcp, &https] {
        let looped = east.run(services).await;
        assert!(looped.failed.is_none(), "{:?}", looped.failed);
        east.quiet(&azure, services).await;
    }
}
