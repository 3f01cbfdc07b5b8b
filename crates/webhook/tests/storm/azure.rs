//! Azure with its limits, in this process and in simulated time: the emulator
//! behind the client's own boundary, with the durations that Azure's calls have.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arm_client::exchange::{Answer, Exchange, HeaderMap, Request, RequestIds, SendError};
use arm_client::{Clock, Entropy, Token};
use async_trait::async_trait;
use emulator::{Cloud, Limits, Service, Throttle};
use jiff::Timestamp;
use tokio::time::Instant;

/// The emulated Azure.
pub(crate) struct Azure {
    service: Mutex<Service>,
    clock: SimulatedClock,
    seen: Mutex<Seen>,
}

/// What has arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Requests by kind.
    pub(crate) requests: BTreeMap<&'static str, u64>,
    /// Refusals as too many, by kind.
    pub(crate) refused: BTreeMap<&'static str, u64>,
    /// When the last write was carried out, since the beginning.
    pub(crate) last_write: Duration,
}

/// The paused time of the runtime.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimulatedClock(Instant);

/// Numbers that differ.
#[derive(Debug, Default)]
pub(crate) struct Counting(std::sync::atomic::AtomicU64);

// === impl Azure ===

impl Azure {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        let throttle = Throttle {
            enforced: true,
            limits,
            ..Throttle::default()
        };
        Arc::new(Self {
            service: Mutex::new(Service::new(Cloud::default(), 7).throttled(throttle)),
            clock: SimulatedClock(Instant::now()),
            seen: Mutex::default(),
        })
    }

    pub(crate) fn clock(&self) -> SimulatedClock {
        self.clock
    }

    /// What has arrived since the last call of this.
    pub(crate) fn take_seen(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    /// How many endpoints there are.
    pub(crate) fn endpoints(&self) -> usize {
        let service = self.service.lock().unwrap();
        service
            .state
            .profiles()
            .map(|profile| profile.endpoints.len())
            .sum()
    }
}

/// What a request is, and how long Azure takes for it: recorded dates say 5 to
/// 8 s for the PUT of a profile, about 1 s for that of an endpoint, less for
/// reads.
fn kind(method: &str, path: &str) -> (&'static str, Duration) {
    let milliseconds = Duration::from_millis;
    let endpoint = path.to_ascii_lowercase().contains("endpoints/");
    match method {
        "PUT" if endpoint => ("endpoint writes", milliseconds(1_000)),
        "PUT" => ("profile writes", milliseconds(6_000)),
        "PATCH" => ("tag writes and settings", milliseconds(700)),
        "POST" => ("name checks", milliseconds(300)),
        "DELETE" => ("deletes", milliseconds(1_500)),
        _ => ("reads", milliseconds(400)),
    }
}

#[async_trait]
impl Exchange for Azure {
    async fn send(
        &self,
        request: &Request,
        _: RequestIds<'_>,
        _: Option<&Token>,
        _: Duration,
    ) -> Result<Answer, SendError> {
        let method = request.method.clone();
        let (kind, latency) = kind(method.as_str(), request.url.path());
        let asked = emulator::Request {
            method: method.clone(),
            path: request.url.path().to_owned(),
            query: request.url.query().unwrap_or_default().to_owned(),
            correlation_id: None,
            caller: None,
            conditions: emulator::Conditions::default(),
            base: String::new(),
            body: request.body.as_deref().unwrap_or_default().to_vec(),
        };
        let now = self.clock.now();
        let response = self.service.lock().unwrap().handle(now, &asked);
        let refused = response.status == 429;
        {
            let mut seen = self.seen.lock().unwrap();
            *seen.requests.entry(kind).or_default() += 1;
            if refused {
                *seen.refused.entry(kind).or_default() += 1;
            } else if method != "GET" && method != "POST" {
                seen.last_write = self.clock.monotonic() + latency;
            }
        }
        if !refused {
            tokio::time::sleep(latency).await;
        }
        let mut headers = HeaderMap::new();
        for (name, value) in response.headers {
            headers.insert(name, value.parse().unwrap());
        }
        Ok(Answer {
            status: response.status.as_u16(),
            headers,
            body: response.body.unwrap_or_default().into(),
        })
    }
}

// === impl SimulatedClock ===

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + self.0.elapsed()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

// === impl Counting ===

impl Entropy for Counting {
    fn bits(&self) -> u64 {
        let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}
