//! Bodies that released versions of ExternalDNS have sent, byte for byte.

use rstest::rstest;

use crate::harness::{Azure, Cluster};

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../external-dns/tests/fixtures"
    );
    std::fs::read(format!("{folder}/{name}.json")).unwrap()
}

#[rstest]
#[case("v0.15")]
#[case("v0.16")]
#[case("v0.17")]
#[case("v0.20")]
#[case("v0.21")]
#[tokio::test]
async fn every_version_creates_updates_and_deletes(#[case] version: &str) {
    let azure = Azure::start().await;
    let east = Cluster::start("cluster-east", &azure).await;

    let (status, text) = east
        .post("/adjustendpoints", fixture(&format!("{version}-adjust")))
        .await;
    assert_eq!(status, 200, "{text}");
    let adjusted: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        adjusted.as_array().unwrap().len(),
        1,
        "the neighbour is none of ours: {text}"
    );
    assert_eq!(adjusted[0]["setIdentifier"], "east-us");

    for (body, weight) in [
        ("records", 70),
        ("encrypted", 70),
        ("update", 50),
        ("force-update", 50),
        ("noop", 50),
    ] {
        let (status, text) = east
            .post("/records", fixture(&format!("{version}-{body}")))
            .await;
        assert_eq!(status, 204, "{body}: {text}");
        let endpoint = azure.endpoint("my-app-global", "east-us").await.unwrap();
        assert!(
            endpoint["properties"]["weight"]
                .as_u64()
                .is_some_and(|held| held <= 70),
            "{body} {weight}"
        );
    }
    let endpoint = azure.endpoint("my-app-global", "east-us").await.unwrap();
    assert_eq!(endpoint["properties"]["target"], "my-app-east.example.com");

    let (status, text) = east
        .post("/records", fixture(&format!("{version}-delete")))
        .await;
    assert_eq!(status, 204, "{text}");
    assert!(azure.endpoint("my-app-global", "east-us").await.is_none());
}

#[tokio::test]
async fn what_gos_decoder_accepts_is_accepted() {
    let azure = Azure::start().await;
    let east = Cluster::start("cluster-east", &azure).await;
    for (path, name) in [
        ("/adjustendpoints", "odd-adjust"),
        ("/records", "odd-records"),
    ] {
        let (status, text) = east.post(path, fixture(name)).await;
        assert!(status == 200 || status == 204, "{name}: {status} {text}");
    }
}

#[tokio::test]
async fn an_annotation_lost_on_one_record_of_a_dual_stack_service_is_healed() {
    let azure = Azure::start().await;
    let east = Cluster::start("cluster-east", &azure).await;
    let (status, text) = east.post("/adjustendpoints", fixture("lossy-adjust")).await;
    assert_eq!(status, 200, "{text}");
    let adjusted: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(adjusted.as_array().unwrap().len(), 1, "{text}");
}
