//! What Azure's probes have found: read in the background, within a budget.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use external_dns::model::Service;
use serde_json::{Value, json};
use tracing::subscriber::DefaultGuard;

use crate::harness::{Azure, Cluster, app, key, my_app};

const INTERVAL: Duration = Duration::from_mins(1);

async fn watching(owner: &str, azure: &Azure) -> Cluster {
    Cluster::with(owner, azure, |args| args.health_interval = None).await
}

/// The lines that one thread logs, without their times.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The lines about health since the last time.
    fn take(&self) -> Vec<String> {
        self.lines(|line| line.contains("from=") || line.contains("probes find"))
    }

    /// Such lines since the last time.
    pub(crate) fn lines(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let text = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(text).unwrap();
        let lines = text.lines().filter(|line| wanted(line));
        lines.map(|line| line.trim().to_owned()).collect()
    }
}

/// Waits for something that happens in the background.
async fn until(is_so: impl AsyncFn() -> bool) {
    for _ in 0..1000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it does not come to pass");
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Cluster {
    /// An interval later, a loop without a change, in whose background so many
    /// profiles are read.
    async fn looks(&self, azure: &Azure, services: &[Service], reads: u64) {
        self.clock.advance(INTERVAL);
        azure.calls().await;
        let before = self.reads().await;
        assert_eq!(self.run(services).await.changes, None);
        until(async || self.reads().await == before + reads).await;
        let mut expected = BTreeMap::from([("profiles.list".to_owned(), 1)]);
        if reads > 0 {
            expected.insert("profiles.get".to_owned(), reads);
        }
        assert_eq!(azure.calls().await, expected);
    }

    /// How many reads of profiles have ended.
    async fn reads(&self) -> u64 {
        let metrics = self.metrics().await;
        let ended = metrics
            .lines()
            .filter(|line| line.contains("_arm_calls_total{operation=\"profiles.get\""));
        ended
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum()
    }

    /// Waits until exactly these series are shown.
    async fn shows(&self, statuses: &[&str]) {
        until(async || self.statuses().await == statuses).await;
    }

    async fn statuses(&self) -> Vec<String> {
        let metrics = self.metrics().await;
        let mut found: Vec<_> = metrics
            .lines()
            .filter_map(|line| line.strip_prefix("external_dns_traffic_manager_"))
            .filter(|line| {
                line.starts_with("endpoint_status{") || line.starts_with("profile_status{")
            })
            .map(str::to_owned)
            .collect();
        found.sort_unstable();
        found
    }

    pub(crate) async fn probes(&self) -> Value {
        self.readiness().await["provider"]["probes"].clone()
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_its_probe_is_seen_and_logged_once() {
    let azure = Azure::start().await;
    let east = watching("east", &azure).await;
    let west = Cluster::start("west", &azure).await;
    let services = [my_app("east", "70")];
    assert!(east.run(&services).await.failed.is_none());
    assert!(west.run(&[my_app("west", "30")]).await.failed.is_none());
    azure
        .probes_find("my-app-global", "east-us", "Online")
        .await;
    azure
        .probes_find("my-app-global", "west-us", "Online")
        .await;

    let (log, _guard) = Log::begin();
    east.looks(&azure, &services, 1).await;
    // The other owner's endpoint is its own concern.
    east.shows(&[
        r#"endpoint_status{profile="my-app-global",endpoint="east-us",status="Online"} 1"#,
        r#"profile_status{profile="my-app-global",status="Online"} 1"#,
    ])
    .await;
    assert_eq!(log.take(), [""; 0], "a good start is nothing to tell");
    assert_eq!(
        east.probes().await,
        json!({"members": {"Online": 1}, "profiles": {"Online": 1}, "notOnline": []})
    );

    azure
        .probes_find("my-app-global", "east-us", "Degraded")
        .await;
    east.looks(&azure, &services, 1).await;
    east.shows(&[
        r#"endpoint_status{profile="my-app-global",endpoint="east-us",status="Degraded"} 1"#,
        r#"profile_status{profile="my-app-global",status="Degraded"} 1"#,
    ])
    .await;
    insta::assert_snapshot!(log.take().join("\n"), @r#"
    WARN Azure's probes find the endpoint Degraded; see whether it answers them as the profile's monitor settings say profile=my-app-global endpoint=east-us from="Online" to="Degraded" object=service/default/my-app-east host=my-app-east.example.com
    INFO the health of the profile has changed profile=my-app-global from="Online" to="Degraded"
    "#);
    let bad = json!([{"profile": "my-app-global", "endpoint": "east-us", "status": "Degraded"}]);
    let probes = east.probes().await;
    assert_eq!(probes["notOnline"], bad);
    assert_eq!(east.readiness().await["ready"], true);

    east.looks(&azure, &services, 1).await;
    assert_eq!(log.take(), [""; 0], "what stays as it is is told once");

    azure
        .probes_find("my-app-global", "east-us", "Online")
        .await;
    east.looks(&azure, &services, 1).await;
    until(async || east.probes().await["notOnline"] == json!([])).await;
    insta::assert_snapshot!(log.take().join("\n"), @r#"
    INFO the health of the endpoint has changed profile=my-app-global endpoint=east-us from="Degraded" to="Online" object=service/default/my-app-east host=my-app-east.example.com
    INFO the health of the profile has changed profile=my-app-global from="Degraded" to="Online"
    "#);

    // Its series go with the endpoint, although the profile stays.
    assert!(east.run(&[]).await.failed.is_none());
    east.looks(&azure, &[], 0).await;
    assert_eq!(east.statuses().await, [""; 0]);
    assert!(azure.profile("my-app-global").await.is_some());
}

#[tokio::test]
async fn many_profiles_are_read_in_turns_and_never_twice_in_an_interval() {
    const PROFILES: u64 = 60;
    let azure = Azure::start().await;
    let east = watching("east", &azure).await;
    let services: Vec<_> = (0..PROFILES)
        .map(|n| {
            app(&format!("app-{n}"), &format!("app-{n}.example.com"))
                .with_annotation(key("profile-name"), format!("profile-{n}"))
        })
        .collect();
    assert!(east.run(&services).await.failed.is_none());
    // A loop reads fifty at most, and those that waited come first in the next.
    east.looks(&azure, &services, 50).await;
    until(async || east.statuses().await.len() == 100).await;
    east.looks(&azure, &services, 50).await;
    until(async || east.statuses().await.len() == 120).await;
    // ExternalDNS may come as often as it likes: ten are due again, and those once.
    let before = east.reads().await;
    for _ in 0..3 {
        assert_eq!(east.run(&services).await.changes, None);
        until(async || east.reads().await == before + 10).await;
    }
    let calls = azure.calls().await;
    assert_eq!((calls["profiles.list"], calls["profiles.get"]), (3, 10));
}

#[tokio::test]
async fn a_read_that_something_else_needed_counts() {
    let azure = Azure::start().await;
    let east = watching("east", &azure).await;
    assert!(east.run(&[my_app("east", "70")]).await.failed.is_none());
    azure
        .probes_find("my-app-global", "east-us", "Degraded")
        .await;
    east.looks(&azure, &[my_app("east", "70")], 1).await;
    until(async || east.probes().await["members"] == json!({"Degraded": 1})).await;
    azure
        .probes_find("my-app-global", "east-us", "Online")
        .await;
    // The change of the weight reads the profile, long before the next turn.
    assert!(east.run(&[my_app("east", "60")]).await.failed.is_none());
    assert_eq!(east.probes().await["members"], json!({"Online": 1}));
    east.quiet(&azure, &[my_app("east", "60")]).await;
}

#[tokio::test]
async fn when_azure_throttles_nothing_is_read_for_a_while() {
    let azure = Azure::start().await;
    let east = watching("east", &azure).await;
    let services: Vec<_> = ["a", "b"]
        .map(|name| {
            app(name, &format!("{name}.example.com")).with_annotation(key("profile-name"), name)
        })
        .into();
    assert!(east.run(&services).await.failed.is_none());
    let rule = json!({"operation": "profiles.get", "status": 429, "retryAfter": "600"});
    azure.faults(json!({"rules": [rule]})).await;
    // One is refused and the other not even asked for; ExternalDNS notices nothing.
    east.looks(&azure, &services, 1).await;
    azure.clear_faults().await;
    for _ in 0..4 {
        east.looks(&azure, &services, 0).await;
    }
    assert_eq!(east.statuses().await, [""; 0]);
    east.looks(&azure, &services, 2).await;
    until(async || east.statuses().await.len() == 4).await;
}
