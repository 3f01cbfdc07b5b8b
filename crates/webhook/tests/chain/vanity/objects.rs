//! `DNSEndpoint` objects.

use std::sync::Arc;
use std::time::Duration;

use external_dns::model::Service;
use kubernetes::{DnsEndpoint, DnsEndpointKey};
use rstest::rstest;
use serde_json::json;

use super::cluster::{Objects, Trouble};
use super::{azure, member, until};
use crate::harness::{Azure, Cluster, key};

const GLOBAL: &str = "my-app-global.trafficmanager.net";

async fn with_objects(owner: &str, azure: &Azure, objects: &Arc<Objects>) -> Cluster {
    Cluster::within(owner, azure, objects.cluster(), |args| {
        args.vanity.vanity = Some("dnsendpoint".to_owned());
        args.profile_grace = Some("1m".to_owned());
    })
    .await
}

/// Loops until somebody has looked at the objects.
async fn looked(cluster: &Cluster, services: &[Service], objects: &Objects) {
    let before = objects.lists();
    let looked = async || objects.lists() > before;
    until(cluster, services, "somebody looks", looked).await;
}

fn record(host: &str) -> (String, String) {
    (host.to_owned(), GLOBAL.to_owned())
}

#[tokio::test]
async fn each_cluster_has_an_object_as_long_as_it_has_a_member() {
    let azure = azure().await;
    let (in_east, in_west) = (Objects::new(), Objects::new());
    let east = with_objects("east", &azure, &in_east).await;
    let west = with_objects("west", &azure, &in_west).await;
    let (here, there) = ([member("east", "20.1.2.3")], [member("west", "20.1.2.4")]);
    let made = async || in_east.records() == [record("my-app.example.com")];
    until(&east, &here, "east has its object", made).await;
    let made = async || in_west.records() == [record("my-app.example.com")];
    until(&west, &there, "west has its object", made).await;
    let object = in_east.all().remove(0);
    assert_eq!(object.ttl, Some(300));
    assert_eq!(object.labels["external-dns-traffic-manager/owner"], "east");
    assert_eq!(object.key.namespace, "dns");

    // Edited by hand: put right after the interval.
    in_east.put(DnsEndpoint {
        target: "elsewhere.example.net".to_owned(),
        ..object
    });
    east.clock.advance(Duration::from_mins(6));
    let right = async || in_east.records() == [record("my-app.example.com")];
    until(&east, &here, "the object is right again", right).await;

    let gone = async || in_east.records().is_empty();
    until(&east, &[], "east's object is gone", gone).await;
    assert_eq!(in_west.records(), [record("my-app.example.com")]);
}

/// The loops go on while the API server takes its time; what the last one has seen is looked at all the same.
#[tokio::test]
async fn a_slow_api_server_costs_no_loop() {
    let azure = azure().await;
    let objects = Objects::new();
    let east = with_objects("east", &azure, &objects).await;
    let slow = objects.slow.lock().await;
    for _ in 0..3 {
        east.run(&[member("east", "20.1.2.3")]).await;
    }
    drop(slow);
    for _ in 0..300 {
        if objects.records() == [record("my-app.example.com")] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody looks at what the last loop has seen");
}

#[tokio::test]
async fn a_renamed_host_and_a_changed_mode_leave_nothing_behind() {
    let azure = azure().await;
    let objects = Objects::new();
    let east = with_objects("east", &azure, &objects).await;
    let services = |host: &str, mode: &str| {
        [member("east", "20.1.2.3")
            .with_annotation(key("hostname"), host)
            .with_annotation(key("vanity"), mode)]
    };
    for host in [
        "my-app.example.com",
        "*.apps.example.com",
        "shop.example.com",
    ] {
        let there = async || objects.records() == [record(host)];
        until(&east, &services(host, "dnsendpoint"), host, there).await;
    }
    let gone = async || objects.records().is_empty();
    until(
        &east,
        &services("shop.example.com", "none"),
        "none is left",
        gone,
    )
    .await;
}

#[tokio::test]
async fn what_the_proof_of_concept_left_goes_when_ours_is_there() {
    let azure = azure().await;
    let objects = Objects::new();
    let old = |name: &str, host: &str| DnsEndpoint {
        key: DnsEndpointKey {
            namespace: "default".to_owned(),
            name: name.to_owned(),
            uid: None,
        },
        labels: [].into(),
        host: host.to_owned(),
        target: GLOBAL.to_owned(),
        ttl: Some(300),
    };
    objects.put(old("my-app-tm-cname", "my-app.example.com"));
    objects.put(old("other-tm-cname", "other.example.com"));
    let east = with_objects("east", &azure, &objects).await;
    let replaced = async || {
        let names: Vec<_> = objects
            .all()
            .into_iter()
            .map(|object| object.key.name)
            .collect();
        !names.contains(&"my-app-tm-cname".to_owned()) && names.len() == 2
    };
    until(
        &east,
        &[member("east", "20.1.2.3")],
        "ours replaces it",
        replaced,
    )
    .await;
    assert!(objects.records().contains(&record("my-app.example.com")));
    // The other one leads to the profile as well, and is somebody's as long as that is in use.
    assert!(objects.records().contains(&record("other.example.com")));
    let gone = async || objects.records().is_empty();
    until(
        &east,
        &[],
        "both are gone with the profile's last member",
        gone,
    )
    .await;
}

#[rstest]
#[case(Trouble::NoKind, "install the CRD")]
#[case(Trouble::NoPermission, "give it the role")]
#[tokio::test]
async fn without_the_kind_or_the_permission_members_are_there_all_the_same(
    #[case] trouble: Trouble,
    #[case] remedy: &str,
) {
    let azure = azure().await;
    let objects = Objects::new();
    objects.trouble(Some(trouble));
    let east = with_objects("east", &azure, &objects).await;
    let services = [member("east", "20.1.2.3")];
    let said = async || {
        let readiness = east.readiness().await;
        readiness["provider"]["invalidObjects"]["VanityFailed"] == 1
    };
    until(&east, &services, "it is reported", said).await;
    assert!(azure.endpoint("my-app-global", "east").await.is_some());
    let explained = east.operation("/explain?host=my-app.example.com").await;
    let explained = explained.text().await.unwrap();
    assert!(explained.contains(remedy), "{explained}");
    objects.trouble(None);
    east.clock.advance(Duration::from_mins(6));
    let made = async || objects.records() == [record("my-app.example.com")];
    until(&east, &services, "the object is made", made).await;
    let quiet = async || {
        let readiness = east.readiness().await;
        readiness["provider"]["invalidObjects"] == json!({})
    };
    until(&east, &services, "nothing is reported any more", quiet).await;
}

#[tokio::test]
async fn a_profile_that_has_lost_its_tags_keeps_its_object() {
    let azure = azure().await;
    let objects = Objects::new();
    let east = with_objects("east", &azure, &objects).await;
    let services = [member("east", "20.1.2.3")];
    let made = async || objects.records() == [record("my-app.example.com")];
    until(&east, &services, "the object is made", made).await;
    azure.tag("my-app-global", json!({})).await;
    for _ in 0..3 {
        east.clock.advance(Duration::from_mins(6));
        looked(&east, &services, &objects).await;
    }
    assert!(made().await);
}

/// Only the tag with the host is lost: whoever has the settings writes it again, if it was not meant.
#[tokio::test]
async fn a_profile_that_has_lost_its_host_keeps_its_object_for_a_while() {
    let azure = azure().await;
    let (in_west, in_east) = (Objects::new(), Objects::new());
    let west = with_objects("west", &azure, &in_west).await;
    let east = with_objects("east", &azure, &in_east).await;
    let (there, here) = ([member("west", "20.1.2.4")], [member("east", "20.1.2.3")]);
    west.run(&there).await;
    let made = async || in_east.records() == [record("my-app.example.com")];
    until(&east, &here, "east has its object", made).await;
    let hostless = async || {
        let profile = azure.profile("my-app-global").await.unwrap();
        let mut tags = profile["tags"].clone();
        let host = tags.as_object_mut().unwrap().remove("externaldns-hostname");
        assert!(host.is_some());
        azure.tag("my-app-global", tags).await;
    };
    hostless().await;
    looked(&east, &here, &in_east).await;
    east.clock.advance(Duration::from_mins(4));
    east.run(&here).await;
    assert!(made().await);
    // Its settings owner has been there, and then somebody means it.
    west.run(&there).await;
    looked(&east, &here, &in_east).await;
    hostless().await;
    east.clock.advance(Duration::from_mins(4));
    looked(&east, &here, &in_east).await;
    assert!(made().await);
    let gone = async || {
        east.clock.advance(Duration::from_mins(1));
        in_east.records().is_empty()
    };
    until(&east, &here, "the object is gone", gone).await;
}

#[tokio::test]
async fn an_object_in_another_namespace_goes_when_the_new_one_is_there() {
    let azure = azure().await;
    let objects = Objects::new();
    let east = with_objects("east", &azure, &objects).await;
    let services = [member("east", "20.1.2.3")];
    let made = async || objects.records().len() == 1;
    until(&east, &services, "the object is made", made).await;
    let own = objects.all().remove(0);
    let mut former = own.clone();
    former.key.namespace = "former".to_owned();
    objects.put(former);
    east.clock.advance(Duration::from_mins(6));
    until(&east, &services, "the former one is gone", made).await;
    assert_eq!(objects.all(), [own]);
}

/// The member is gone and the object is not when the process dies.
#[tokio::test]
async fn a_restart_removes_the_object_of_a_member_that_is_gone() {
    let azure = azure().await;
    let objects = Objects::new();
    let east = with_objects("east", &azure, &objects).await;
    let west = with_objects("west", &azure, &Objects::new()).await;
    let made = async || objects.records().len() == 1;
    let here = [member("east", "20.1.2.3")];
    until(&east, &here, "the object is made", made).await;
    west.run(&[member("west", "20.1.2.4")]).await;
    let slow = objects.slow.lock().await;
    let gone = async || azure.endpoint("my-app-global", "east").await.is_none();
    until(&east, &[], "the member is gone", gone).await;
    east.stop().await;
    drop(slow);
    assert!(made().await);

    let east = with_objects("east", &azure, &objects).await;
    let gone = async || objects.records().is_empty();
    until(&east, &[], "the object is gone", gone).await;
}

#[tokio::test]
async fn a_profile_that_somebody_deletes_takes_the_object_along() {
    let azure = azure().await;
    let objects = Objects::new();
    let east = with_objects("east", &azure, &objects).await;
    let made = async || objects.records() == [record("my-app.example.com")];
    until(
        &east,
        &[member("east", "20.1.2.3")],
        "the object is made",
        made,
    )
    .await;
    azure.delete("my-app-global").await;
    let gone = async || objects.records().is_empty();
    until(&east, &[], "the object is gone", gone).await;
}

#[tokio::test]
async fn an_object_that_leads_to_a_name_of_somebody_else_stays() {
    let azure = azure().await;
    let objects = Objects::new();
    let east = with_objects("east", &azure, &objects).await;
    let services = [member("east", "20.1.2.3")];
    let made = async || objects.records().len() == 1;
    until(&east, &services, "the object is made", made).await;
    let own = objects.all().remove(0);
    // A profile in a group that this webhook does not list has the name.
    let foreign = json!({
        "location": "global",
        "properties": {
            "trafficRoutingMethod": "Weighted",
            "dnsConfig": {"relativeName": "hidden", "ttl": 60},
            "monitorConfig": {"protocol": "HTTP", "port": 80, "path": "/"},
            "endpoints": []
        }
    });
    azure.put("another-rg", "hidden", foreign).await;
    let object = |name: &str, target: &str| {
        let mut object = own.clone();
        object.key.name = name.to_owned();
        object.host = format!("{name}.example.com");
        object.target = target.to_owned();
        object
    };
    objects.put(object("kept", "hidden.trafficmanager.net"));
    objects.put(object("free", "nobody-has-this.trafficmanager.net"));
    east.clock.advance(Duration::from_mins(6));
    let gone = async || !objects.all().iter().any(|object| object.key.name == "free");
    until(&east, &services, "the one with the free name is gone", gone).await;
    assert!(objects.all().iter().any(|object| object.key.name == "kept"));
}

/// What leads to one profile is looked at for a long time, and the others are looked after meanwhile.
#[tokio::test]
async fn the_end_of_one_profile_holds_up_nobodys_upkeep() {
    let azure = azure().await;
    let objects = Objects::new();
    let east = with_objects("east", &azure, &objects).await;
    let other = member("other", "20.1.2.4")
        .with_annotation(key("profile-name"), "other")
        .with_annotation(key("hostname"), "shop.example.com");
    let both = [member("east", "20.1.2.3"), other];
    let made = async || objects.records().len() == 2;
    until(&east, &both, "both have an object", made).await;
    let gone = async || objects.records().len() == 1;
    until(&east, &both[1..], "one has none", gone).await;

    east.clock.advance(Duration::from_mins(2));
    let slow = objects.slow.lock().await;
    let before = objects.asked();
    let asked = async || objects.asked() > before;
    until(&east, &both[1..], "its end is looked at", asked).await;
    let profile = azure.profile("other").await.unwrap();
    let mut tags = profile["tags"].clone();
    tags["externaldns-retired"] = json!("2026-11-21T00:00:00Z east");
    azure.tag("other", tags).await;
    let kept_up = async || {
        let profile = azure.profile("other").await.unwrap();
        profile["tags"]["externaldns-retired"].is_null()
    };
    until(&east, &both[1..], "the other is kept up", kept_up).await;
    drop(slow);
    let ended = async || {
        east.clock.advance(Duration::from_mins(2));
        azure.profile("my-app-global").await.is_none()
    };
    until(&east, &both[1..], "the first is gone", ended).await;
}
