//! `deploy/admission/policy.yaml` in a real API server: it is taken, and it refuses what it should.

use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use test_cluster::TestCluster;
use tokio::time::{Instant, sleep};

const POLICY: &str = include_str!("../../../../deploy/admission/policy.yaml");
const OURS: &str = "external-dns.alpha.kubernetes.io/webhook-traffic-manager-";
/// How long the API server may take to put a policy into force.
const PATIENCE: Duration = Duration::from_mins(1);

fn service(name: &str, annotations: &Value) -> Service {
    serde_json::from_value(json!({
        "metadata": { "name": name, "annotations": annotations },
        "spec": { "ports": [{ "port": 80 }] },
    }))
    .unwrap()
}

/// What the API server says when the Service is created; `None` when it takes it.
async fn refusal(services: &Api<Service>, name: &str, weight: &str) -> Option<String> {
    let annotations = json!({
        format!("{OURS}enabled"): "true",
        format!("{OURS}weight"): weight,
    });
    let dry = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let created = services.create(&dry, &service(name, &annotations)).await;
    created.err().map(|error| error.to_string())
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn a_policy_that_denies_refuses_mistakes_and_nothing_else() {
    let cluster = TestCluster::start().unwrap();
    let services: Api<Service> = Api::default_namespaced(cluster.admin().await.unwrap());
    // As it is committed it warns, and whatever is there stays there.
    cluster.apply(POLICY).await.unwrap();
    let bad = json!({ format!("{OURS}enabled"): "true", format!("{OURS}weight"): "70%" });
    services
        .create(&PostParams::default(), &service("old", &bad))
        .await
        .unwrap();

    // What `admission-policy --deny` prints differs in this, a test says.
    let denies = POLICY
        .replace(
            "validationActions: [Warn, Audit]",
            "validationActions: [Deny, Audit]",
        )
        .replace("failurePolicy: Ignore", "failurePolicy: Fail");
    cluster.apply(&denies).await.unwrap();
    let end = Instant::now() + PATIENCE;
    let said = loop {
        if let Some(said) = refusal(&services, "new", "70%").await {
            break said;
        }
        assert!(Instant::now() < end, "the policy is not in force");
        sleep(Duration::from_millis(200)).await;
    };
    let expected = "webhook-traffic-manager-weight: \"70%\" is not valid: must be a whole number from 1 to 1000, or 0 to keep the endpoint but disable it";
    assert!(said.contains(expected), "{said}");
    assert_eq!(refusal(&services, "good", "70").await, None);

    // Somebody else's change of an object that was bad before.
    let finalizer = json!({ "metadata": { "finalizers": ["example.com/wait"] } });
    let patch = Patch::Merge(&finalizer);
    services
        .patch("old", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let worse = json!({ "metadata": { "annotations": { format!("{OURS}weight"): "80%" } } });
    let patched = services
        .patch("old", &PatchParams::default(), &Patch::Merge(&worse))
        .await;
    let said = patched.unwrap_err().to_string();
    assert!(said.contains("\"80%\" is not valid"), "{said}");
}
