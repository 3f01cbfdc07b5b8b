//! A running prober, jobs for it, and its reports.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use data_plane::probe::{HttpCheck, HttpScheme, ResolveError};
use data_plane::{
    Fqdn, ProbeCheck, ProbeJob, ProbeKey, ProbeReport, ProbeSink, ProbeTarget, Prober,
    ProberConfig, TargetResolver, ZoneRecords, ZoneResolver,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::fixtures::WATCHDOG;

/// Short enough to make tests quick, long enough for everything on loopback. No test depends on the value.
pub(crate) const INTERVAL: Duration = Duration::from_millis(5);
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct Channel(mpsc::UnboundedSender<ProbeReport>);

impl ProbeSink for Channel {
    fn report(&self, report: ProbeReport) {
        self.0.send(report).ok();
    }
}

/// Knows no name, and never asks the operating system.
#[derive(Debug)]
pub(crate) struct Nobody;

#[async_trait]
impl TargetResolver for Nobody {
    async fn resolve(&self, _: &Fqdn) -> Result<Vec<IpAddr>, ResolveError> {
        Err(ResolveError::NoAddress)
    }
}

pub(crate) struct Running {
    pub(crate) jobs: watch::Sender<Vec<ProbeJob>>,
    pub(crate) reports: mpsc::UnboundedReceiver<ProbeReport>,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(jobs: Vec<ProbeJob>) -> Self {
        Self::start_with(ProberConfig::default(), jobs)
    }

    pub(crate) fn start_with(config: ProberConfig, jobs: Vec<ProbeJob>) -> Self {
        let zone = ZoneRecords::parse(["app.example.com=127.0.0.1"]).unwrap();
        let resolver = ZoneResolver::with_fallback(Arc::new(zone), Nobody);
        let (sink, reports) = mpsc::unbounded_channel();
        let prober = Prober::new(config, Arc::new(resolver), Arc::new(Channel(sink))).unwrap();
        let (jobs, desired) = watch::channel(jobs);
        let stop = CancellationToken::new();
        Self {
            jobs,
            reports,
            stop: stop.clone(),
            task: tokio::spawn(prober.run(desired, stop)),
        }
    }

    pub(crate) async fn next(&mut self) -> ProbeReport {
        timeout(WATCHDOG, self.reports.recv())
            .await
            .unwrap()
            .unwrap()
    }

    /// Skips reports until one is of this kind.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&ProbeReport) -> bool) -> ProbeReport {
        let search = async {
            loop {
                let report = self.next().await;
                if wanted(&report) {
                    return report;
                }
            }
        };
        timeout(WATCHDOG, search).await.unwrap()
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        timeout(WATCHDOG, self.task).await.unwrap().unwrap();
    }
}

pub(crate) fn job(key: &str, address: SocketAddr, check: ProbeCheck) -> ProbeJob {
    ProbeJob {
        key: ProbeKey::new(key),
        generation: 1,
        target: ProbeTarget::Ip(address.ip()),
        port: NonZeroU16::new(address.port()).unwrap(),
        check,
        interval: INTERVAL,
        timeout: TIMEOUT,
        tolerated_failures: 0,
    }
}

pub(crate) fn get(scheme: HttpScheme, path: &str) -> ProbeCheck {
    ProbeCheck::Http(HttpCheck::new(scheme, path, [], vec![]).unwrap())
}

pub(crate) fn http() -> ProbeCheck {
    get(HttpScheme::Http, "/")
}

/// The report's cause with everything below it.
pub(crate) fn causes(report: &ProbeReport) -> String {
    let mut texts = Vec::new();
    let mut next: Option<&dyn Error> = report.outcome.as_ref().err().map(|error| error as _);
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts.join(": ")
}
