//! A `serve`: the webhook of one cluster, in a process of its own.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use crate::azure::{GROUP, SUBSCRIPTION};
use crate::failure::Failure;

/// Far above what a start takes; only a process that does not start is waited for so long.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Lines of the log that are kept.
const LOG_LINES: usize = 400;
/// Lines of the log that a failure shows.
const TAIL: usize = 25;

/// How a `serve` is started.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program.
    pub binary: PathBuf,
    /// `--owner-id`
    pub owner: String,
    /// `--arm-endpoint`
    pub arm: String,
    /// `--deadline`
    pub deadline: Duration,
    /// Other flags, written `--name=value`.
    pub flags: Vec<String>,
}

/// A running `serve`. Dropped, it is killed.
#[derive(Debug)]
pub struct Serve {
    child: Child,
    /// The base URL of the webhook API.
    pub api: String,
    /// The base URL of `/readyz` and `/metrics`.
    pub ops: String,
    log: Log,
}

/// The last lines of a process's log.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<VecDeque<String>>>);

// === impl Launch ===

impl Launch {
    /// The default deadline, and no other flag.
    pub fn new(binary: &Path, owner: &str, arm: String) -> Self {
        Self {
            binary: binary.to_owned(),
            owner: owner.to_owned(),
            arm,
            deadline: Duration::from_secs(10),
            flags: Vec::new(),
        }
    }

    /// The same with one more flag.
    #[must_use]
    pub fn with(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .arg("serve")
            .arg(format!("--owner-id={}", self.owner))
            .arg(format!("--subscription-id={SUBSCRIPTION}"))
            .arg(format!("--resource-groups={GROUP}"))
            .arg(format!("--arm-endpoint={}", self.arm))
            .arg(format!("--deadline={}ms", self.deadline.as_millis()))
            .args([
                "--credential=none",
                "--vanity-check=false",
                "--server-port=0",
                "--metrics-host=127.0.0.1",
                "--metrics-port=0",
                "--log-format=json",
                // Minutes of trials hold more writes than Azure allows in as many; the
                // emulator enforces no limits here.
                "--request-share=off",
                // It reads and changes nothing, and the faults are for what does.
                "--health-interval=0s",
            ])
            .args(&self.flags)
            // Nothing of a person's shell reaches a trial.
            .env_clear()
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

// === impl Serve ===

impl Serve {
    /// Starts the process and waits until it listens. Azure need not be reachable.
    pub async fn start(launch: &Launch) -> Result<Self, Failure> {
        let what = || format!("starting {} for {}", launch.binary.display(), launch.owner);
        let failed = |error: std::io::Error| Failure::setup(what(), error);
        let mut child = launch.command().spawn().map_err(failed)?;
        let log = Log::default();
        let (ready, listening) = oneshot::channel();
        if let Some(errors) = child.stderr.take() {
            tokio::spawn(log.clone().read(BufReader::new(errors), ready));
        }
        let Ok(Ok((api, ops))) = tokio::time::timeout(START_LIMIT, listening).await else {
            return Err(Failure::setup(what(), log.tail()));
        };
        Ok(Self {
            child,
            api: format!("http://{api}"),
            ops: format!("http://{ops}"),
            log,
        })
    }

    /// Ends the process as SIGKILL does. Returns when it is gone.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        self.child
            .kill()
            .await
            .map_err(|error| Failure::setup("killing a webhook", error))
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The end of the log.
    pub fn tail(&self) -> String {
        self.log.tail()
    }

    /// Whether a line of the log contains all of these texts.
    pub fn has_logged(&self, texts: &[&str]) -> bool {
        let lines = self.log.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .iter()
            .any(|line| texts.iter().all(|text| line.contains(text)))
    }
}

// === impl Log ===

impl Log {
    /// Reads the log to its end, and tells the addresses when they are logged.
    async fn read(
        self,
        errors: BufReader<tokio::process::ChildStderr>,
        ready: oneshot::Sender<(String, String)>,
    ) {
        let mut ready = Some(ready);
        let mut lines = errors.lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if ready.is_some()
                && let Some(addresses) = addresses(&line)
                && let Some(ready) = ready.take()
            {
                // Whoever started the process may have given up.
                let _ = ready.send(addresses);
            }
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == LOG_LINES {
                kept.pop_front();
            }
            kept.push_back(line);
        }
    }

    fn tail(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = lines.len().saturating_sub(TAIL);
        let tail: Vec<_> = lines.iter().skip(skipped).map(String::as_str).collect();
        tail.join("\n")
    }
}

/// Where the process listens, if this line of its log says so.
fn addresses(line: &str) -> Option<(String, String)> {
    let event: Value = serde_json::from_str(line).ok()?;
    let address = |name: &str| Some(event[name].as_str()?.to_owned());
    Some((address("server.address")?, address("metrics.address")?))
}
