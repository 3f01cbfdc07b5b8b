//! A real Kubernetes API server for tests: the program that `conformance/cluster/build` makes, started and ended with
//! the test, manifests applied to it as `kubectl apply --server-side` would, and accounts with the permissions that
//! those manifests give them.
//!
//! Tests that use it are `#[ignore]`d, so that `cargo test` needs no API server; the stage `cluster` of `.ci/run` runs
//! them.

use std::env;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{
    Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// The variable that names the program of the API server.
pub const PROGRAM: &str = "EDTM_TEST_CLUSTER";

/// The variable that names ExternalDNS's own definition of `DNSEndpoint`, a file.
pub const DEFINITION: &str = "EDTM_DNSENDPOINT_CRD";

/// How long a definition may take until its objects can be made, and a role until it is in force.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running API server. It ends with this value, and with the test's process at the latest.
#[derive(Debug)]
pub struct TestCluster {
    /// Ends when its standard input does.
    process: Child,
    kubeconfig: PathBuf,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A variable is not set.
    #[error("{0} is not set; the stage `cluster` of .ci/run sets it")]
    Unset(&'static str),
    /// The program or a file.
    #[error("{what}")]
    Io {
        /// What was done.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The program ended, or said something else.
    #[error("the API server did not start; it said {0:?}")]
    Start(String),
    /// A manifest that is none.
    #[error("a manifest cannot be read")]
    Manifest(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A manifest without one of the fields that every object has.
    #[error("a manifest has no {0}")]
    Incomplete(&'static str),
    /// The kubeconfig.
    #[error("the kubeconfig cannot be used")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// The API server.
    #[error("the API server")]
    Api(#[from] kube::Error),
    /// JSON.
    #[error("JSON")]
    Json(#[from] serde_json::Error),
    /// A definition was not served in time.
    #[error("the API server does not serve {0} in time")]
    NotServed(String),
    /// What a role allows was not allowed in time.
    #[error("the API server does not let {0} in time")]
    NotAllowed(String),
}

// === impl TestCluster ===

impl TestCluster {
    /// A cluster of its own, empty. It takes some ten seconds and 300 MB.
    pub fn start() -> Result<Self, Error> {
        let program = env::var_os(PROGRAM).ok_or(Error::Unset(PROGRAM))?;
        let failed = |what: &str| {
            let what = what.to_owned();
            |source| Error::Io { what, source }
        };
        let mut process = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Thousands of lines. Whoever wants them starts the program by hand.
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed("starting the API server"))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .map_err(failed("waiting for the API server"))?;
        }
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        let kubeconfig = ready["kubeconfig"]
            .as_str()
            .map(PathBuf::from)
            .ok_or(Error::Start(line))?;
        Ok(Self {
            process,
            kubeconfig,
        })
    }

    /// A client that may do everything.
    pub async fn admin(&self) -> Result<Client, Error> {
        let file = Kubeconfig::read_from(&self.kubeconfig)?;
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
        Ok(Client::try_from(config)?)
    }

    /// Applies every document of a YAML text. Objects of a kind that the text itself defines can follow it, and the
    /// permissions of accounts that it binds to its roles are in force when this returns.
    pub async fn apply(&self, manifests: &str) -> Result<(), Error> {
        let documents: Vec<Value> = serde_saphyr::from_multiple(manifests)
            .map_err(|error| Error::Manifest(Box::new(error)))?;
        let client = self.admin().await?;
        for document in &documents {
            apply(&client, document).await?;
        }
        for permission in permissions(&documents) {
            wait_until_allowed(&client, permission).await?;
        }
        Ok(())
    }

    /// Installs ExternalDNS's definition of `DNSEndpoint`.
    pub async fn install_dns_endpoints(&self) -> Result<(), Error> {
        let path = env::var_os(DEFINITION).ok_or(Error::Unset(DEFINITION))?;
        let text = read(Path::new(&path))?;
        self.apply(&text).await
    }

    /// A kubeconfig with a token of this service account, which has to exist. Its context's namespace is the account's.
    pub async fn account(&self, namespace: &str, name: &str) -> Result<PathBuf, Error> {
        let client = self.admin().await?;
        let accounts: Api<ServiceAccount> = Api::namespaced(client, namespace);
        let request = TokenRequest {
            spec: TokenRequestSpec {
                expiration_seconds: Some(3600),
                ..TokenRequestSpec::default()
            },
            ..TokenRequest::default()
        };
        let token = accounts
            .create_token_request(name, &PostParams::default(), &request)
            .await?
            .status
            .ok_or(Error::Incomplete("token"))?
            .token;
        // kubectl writes JSON just as well; both are YAML.
        let mut kubeconfig: Value = serde_json::from_str(&read(&self.kubeconfig)?)?;
        kubeconfig["users"][0]["user"] = json!({ "token": token });
        kubeconfig["contexts"][0]["context"]["namespace"] = namespace.into();
        // Beside the other one, in the directory that the program removes.
        let path = self
            .kubeconfig
            .with_file_name(format!("{namespace}-{name}.kubeconfig"));
        std::fs::write(&path, kubeconfig.to_string()).map_err(|source| Error::Io {
            what: format!("writing {}", path.display()),
            source,
        })?;
        Ok(path)
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It removes its directory first.
        let _ = self.process.wait();
    }
}

async fn apply(client: &Client, document: &Value) -> Result<(), Error> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let api_version = text(&document["apiVersion"]).ok_or(Error::Incomplete("apiVersion"))?;
    let kind = text(&document["kind"]).ok_or(Error::Incomplete("kind"))?;
    let name = text(&document["metadata"]["name"]).ok_or(Error::Incomplete("name"))?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &kind));
    let api: Api<DynamicObject> = match document["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    let parameters = PatchParams::apply("test").force();
    let limit = Instant::now() + PATIENCE;
    loop {
        match api.patch(&name, &parameters, &Patch::Apply(document)).await {
            Ok(_) => break,
            // Its definition has just been made.
            Err(kube::Error::Api(status)) if status.code == 404 && Instant::now() < limit => {
                sleep(Duration::from_millis(100)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if kind == "CustomResourceDefinition" {
        wait_until_served(client, &document["spec"], limit).await?;
    }
    Ok(())
}

/// A definition is there at once, what it defines a moment later.
async fn wait_until_served(client: &Client, spec: &Value, limit: Instant) -> Result<(), Error> {
    let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (group, kind) = (part(&spec["group"]), part(&spec["names"]["kind"]));
    let version = part(&spec["versions"][0]["name"]);
    let gvk = GroupVersionKind::gvk(&group, &version, &kind);
    let resource = ApiResource::from_gvk_with_plural(&gvk, &part(&spec["names"]["plural"]));
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    while api.list(&kube::api::ListParams::default()).await.is_err() {
        if Instant::now() > limit {
            return Err(Error::NotServed(kind));
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// One permission of each rule, for each service account that is bound to a role of these documents. A role comes into
/// force as a whole, but one that was there before may have had fewer rules.
fn permissions(documents: &[Value]) -> Vec<SubjectAccessReviewSpec> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let elements = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut permissions = Vec::new();
    for binding in documents {
        let (reference, namespace) = (&binding["roleRef"], &binding["metadata"]["namespace"]);
        let role = documents.iter().find(|role| {
            role["kind"] == reference["kind"]
                && role["metadata"]["name"] == reference["name"]
                && (role["kind"] == "ClusterRole" || role["metadata"]["namespace"] == *namespace)
        });
        let rules = role.map_or_else(Vec::new, |role| elements(&role["rules"]));
        for (subject, rule) in elements(&binding["subjects"])
            .iter()
            .flat_map(|subject| rules.iter().map(move |rule| (subject, rule)))
        {
            let (Some(of), Some(name)) = (text(&subject["namespace"]), text(&subject["name"]))
            else {
                continue;
            };
            permissions.push(SubjectAccessReviewSpec {
                user: Some(format!("system:serviceaccount:{of}:{name}")),
                resource_attributes: Some(ResourceAttributes {
                    namespace: text(namespace),
                    group: text(&rule["apiGroups"][0]),
                    resource: text(&rule["resources"][0]),
                    verb: text(&rule["verbs"][0]),
                    ..ResourceAttributes::default()
                }),
                ..SubjectAccessReviewSpec::default()
            });
        }
    }
    permissions
}

/// A role is there at once, what it allows a moment later: whoever decides about requests follows what is stored.
async fn wait_until_allowed(client: &Client, spec: SubjectAccessReviewSpec) -> Result<(), Error> {
    let reviews: Api<SubjectAccessReview> = Api::all(client.clone());
    let review = SubjectAccessReview {
        spec,
        ..SubjectAccessReview::default()
    };
    let limit = Instant::now() + PATIENCE;
    loop {
        let answer = reviews.create(&PostParams::default(), &review).await?;
        if answer.status.is_some_and(|status| status.allowed) {
            return Ok(());
        }
        if Instant::now() > limit {
            return Err(Error::NotAllowed(format!("{:?}", review.spec)));
        }
        sleep(Duration::from_millis(100)).await;
    }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Io {
        what: format!("reading {}", path.display()),
        source,
    })
}
