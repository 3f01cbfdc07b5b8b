//! Law: whatever ExternalDNS could send, the answer is one that it survives,
//! and nothing of it stays behind: the next loop of a good object is quiet.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Azure, Cluster, my_app};

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,24}",
        proptest::sample::select(vec![
            "my-app-east.example.com",
            "*.example.com",
            "",
            "east-us",
            "my-app-global",
            "20.1.2.3",
            "my-tm-rg",
            "true",
            "70",
            "0",
            "A",
            "AAAA",
            "CNAME",
            "TXT",
            "SRV",
            "east",
            "west",
            "bücher.example.com",
            "\"heritage=external-dns,external-dns/owner=east\"",
        ])
        .prop_map(str::to_owned),
    ]
}

fn property() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        proptest::sample::select(members::annotation::Name::ALL.to_vec())
            .prop_map(members::annotation::Name::property),
        proptest::sample::select(vec![
            "webhook/traffic-manager-repair",
            "txt/force-update",
            "alias",
            ""
        ])
        .prop_map(str::to_owned),
        word(),
    ];
    (name, word()).prop_map(|(name, value)| json!({"name": name, "value": value}))
}

fn record() -> impl Strategy<Value = Value> {
    let list = |strategy| proptest::collection::vec(strategy, 0..4);
    let labels = (word(), word())
        .prop_map(|(owner, resource)| json!({"owner": owner, "resource": resource}));
    (word(), list(word()), word(), word(), any::<i64>(), labels, proptest::collection::vec(property(), 0..12), 0..12u8).prop_map(
        |(name, targets, kind, set, ttl, labels, properties, odd)| match odd {
            0 => Value::Null,
            1 => json!({}),
            2 => json!({"dnsName": null, "targets": null, "labels": null, "providerSpecific": [null, {}]}),
            _ => json!({
                "dnsName": name, "targets": targets, "recordType": kind, "setIdentifier": set,
                "recordTTL": ttl, "labels": labels, "providerSpecific": properties,
            }),
        },
    )
}

fn records() -> impl Strategy<Value = Value> {
    prop_oneof![9 => proptest::collection::vec(record(), 0..5).prop_map(Value::from), 1 => Just(Value::Null)]
}

fn changes() -> impl Strategy<Value = Value> {
    (records(), records(), records(), records()).prop_map(|(create, old, new, delete)| {
        json!({"Create": create, "updateOld": old, "UpdateNew": new, "delete": delete})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_input_is_survived(wishes in records(), plan in changes()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let azure = Azure::start().await;
            let (east, west) = (Cluster::start("east", &azure).await, Cluster::start("west", &azure).await);
            let wests = [my_app("west", "30")];
            west.run(&wests).await;
            let foreign = azure.endpoint("my-app-global", "west-us").await;

            let (status, text) = east.post("/adjustendpoints", wishes.to_string()).await;
            prop_assert!(status == 200 || (500..=510).contains(&status.as_u16()), "{status}: {text}");
            if status == 200 {
                let adjusted: Value = serde_json::from_str(&text).unwrap();
                prop_assert!(adjusted.as_array().unwrap().iter().all(Value::is_object), "{text}");
            }
            let (status, text) = east.post("/records", plan.to_string()).await;
            prop_assert!(status == 204 || (500..=510).contains(&status.as_u16()), "{status}: {text}");

            prop_assert_eq!(azure.endpoint("my-app-global", "west-us").await, foreign);
            for _ in 0..3 {
                east.run(&[my_app("east", "70")]).await;
            }
            east.quiet(&azure, &[my_app("east", "70")]).await;
            west.quiet(&azure, &wests).await;
            Ok(())
        })?;
    }
}
