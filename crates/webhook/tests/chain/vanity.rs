//! Vanity records in Azure DNS and as objects, and profiles that stay while users
//! are led to them.

mod cluster;
mod ending;
mod objects;
mod records;

use std::time::Duration;

use emulator::Options;
use external_dns::model::Service;
use serde_json::{Value, json};
use webhook::settings::ServeArgs;

use crate::harness::{Azure, Cluster, SUBSCRIPTION, app, key};

const HOST: &str = "my-app.example.com";

/// Azure with the zone example.com in the subscription of the profiles.
async fn azure() -> Azure {
    Azure::with(Options {
        seed: Some(7),
        dns_zones: vec![
            format!("{SUBSCRIPTION}/my-dns-rg/example.com")
                .parse()
                .unwrap(),
        ],
        ..Options::default()
    })
    .await
}

/// A webhook that makes records in Azure DNS and asks the emulator's DNS.
async fn shared(owner: &str, azure: &Azure) -> Cluster {
    Cluster::with(owner, azure, |args| in_azure_dns(args, azure)).await
}

fn in_azure_dns(args: &mut ServeArgs, azure: &Azure) {
    args.vanity.vanity = Some("azure-dns".to_owned());
    args.vanity.vanity_check = Some("true".to_owned());
    args.resolver = Some(azure.dns().to_string());
    args.profile_grace = Some("1m".to_owned());
}

/// A Service with an address of its own that asks for the vanity host.
fn member(place: &str, address: &str) -> Service {
    app(place, &format!("my-app-{place}.example.com"))
        .with_ip(address)
        .with_annotation(key("profile-name"), "my-app-global")
        .with_annotation(key("hostname"), HOST)
        .with_annotation(key("endpoint-name"), place)
}

/// Loops until something is so; what is done in the background has no other end.
async fn until(cluster: &Cluster, services: &[Service], what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..300 {
        let looped = cluster.run(services).await;
        assert!(looped.failed.is_none(), "{looped:?}");
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came so that {what}");
}

/// The record set of this type and name in the zone.
async fn record(azure: &Azure, kind: &str, name: &str) -> Option<Value> {
    azure
        .get(&record_path(kind, name))
        .await
        .map(|record| record["properties"].clone())
}

fn record_path(kind: &str, name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/my-dns-rg/providers/Microsoft.Network/dnszones/example.com/{kind}/{name}?api-version=2018-05-01"
    )
}

/// The name that the record of this type and name is for.
async fn cname(azure: &Azure, name: &str) -> Option<String> {
    let record = record(azure, "CNAME", name).await?;
    record["CNAMERecord"]["cname"].as_str().map(str::to_owned)
}

/// What somebody else puts into the zone.
async fn put_cname(azure: &Azure, name: &str, target: &str) {
    let body = json!({"properties": {"TTL": 60, "CNAMERecord": {"cname": target}}});
    azure.put_at(&record_path("CNAME", name), body).await;
}
