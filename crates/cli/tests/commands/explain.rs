//! `explain` beside a real `serve` that a model of ExternalDNS drives.

use crate::azure::Azure;
use crate::chain::{Cluster, my_app};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_webhook_is_asked_and_the_exit_status_tells() {
    let azure = Azure::start().await;
    let heavy = my_app("west").with_annotation(
        "external-dns.alpha.kubernetes.io/webhook-traffic-manager-weight",
        "heavy",
    );
    // Nobody is to be asked for names that are made up.
    let dns = ["--resolver", "127.0.0.1:1"];
    let east = Cluster::with(&azure, "cluster-east", vec![my_app("east"), heavy], &dns).await;
    let ask = async |about: &str, more: &[&str]| {
        let command = ["explain", about, "--url", east.operations()];
        azure.run(&[&command, more].concat()).await
    };
    let said = ask("my-app-east.example.com", &[]).await;
    assert_eq!(said.code, 4, "before the first loop: {said:?}");
    assert!(
        said.out.contains("has not said what its objects want"),
        "{said:?}"
    );
    assert!(east.turn().await && !east.turn().await);

    let said = ask("my-app-east.example.com", &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out
            .starts_with("service/default/my-app-east (my-app-east.example.com): in place\n"),
        "{said:?}"
    );
    let said = ask("default/service/my-app-west", &["--output", "json"]).await;
    assert_eq!(said.code, 3, "{said:?}");
    let document: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(document["verdict"], "trouble");
    assert_eq!(
        document["objects"][0]["findings"][0]["reason"],
        "InvalidAnnotation"
    );
    let said = ask("my-app-eats.example.com", &[]).await;
    assert_eq!(said.code, 4, "{said:?}");
    assert!(
        said.out.contains("much like it: my-app-east.example.com"),
        "{said:?}"
    );
    assert_eq!(ask("x", &["--output", "table"]).await.code, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_does_not_answer_is_an_error() {
    let azure = Azure::start().await;
    let ask = async |about: &str, url: &str| {
        let said = azure.run(&["explain", about, "--url", url]).await;
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
        said.err
    };
    // Nothing listens there.
    let said = ask("a.example.com", "http://127.0.0.1:1").await;
    assert!(said.contains("asking the webhook at"), "{said}");
    // Azure is no webhook.
    let said = ask("a.example.com", &format!("{}/", azure.url())).await;
    assert!(said.contains("and no explanation"), "{said}");
    assert!(said.contains("with --url"), "{said}");
    // What the webhook does not look into, it says.
    let east = Cluster::start(&azure, "cluster-east", Vec::new()).await;
    let said = ask(&"a".repeat(401), east.operations()).await;
    let expected = "answers 400 Bad Request and no explanation: \"nothing has such a long name\"";
    assert!(said.contains(expected), "{said}");
}
