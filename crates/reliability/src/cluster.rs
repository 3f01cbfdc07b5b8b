//! One cluster: a `serve`, and ExternalDNS, which calls it as the real one does and ends where the real one would.

use std::time::Duration;

use external_dns::model::{
    ALPHA_PREFIX, Controller, Registry, Service, ServiceSource, TxtRegistry,
};
use external_dns::{Changes, DomainFilter, Endpoints, MEDIA_TYPE};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::azure::Azure;
use crate::failure::Failure;
use crate::serve::{Launch, Serve};

/// How much longer than the webhook's deadline ExternalDNS waits: 15 s when the deadline is the default.
const PATIENCE: Duration = Duration::from_secs(5);

const SURVIVES: &str =
    "every call is answered in time, and with a status that ExternalDNS survives";

/// A cluster.
#[derive(Debug)]
pub struct Cluster {
    launch: Launch,
    serve: Serve,
    source: ServiceSource,
    controller: Controller,
    http: Client,
}

/// What came of a call.
#[derive(Debug)]
pub enum Called<T> {
    /// What the call is for.
    Done(T),
    /// A status of 500 to 510: ExternalDNS tries again in its next loop.
    Later(String),
}

/// What came of one loop.
#[derive(Debug)]
pub enum Loop {
    /// ExternalDNS found nothing to change.
    Quiet,
    /// It had its changes applied.
    Changed(Changes),
    /// A call failed softly.
    Later(String),
}

/// `POST /records` that can be on its way while something else happens.
#[derive(Debug)]
pub struct Post {
    owner: String,
    request: RequestBuilder,
}

// === impl Cluster ===

impl Cluster {
    /// Starts the webhook, and ExternalDNS beside it.
    pub async fn start(launch: Launch) -> Result<Self, Failure> {
        let serve = Serve::start(&launch).await?;
        let txt = TxtRegistry::new(&launch.owner)
            .map_err(|error| Failure::setup(format!("the registry of {}", launch.owner), error))?;
        let mut cluster = Self {
            serve,
            source: ServiceSource::new(ALPHA_PREFIX),
            controller: Controller::new(Registry::Txt(txt)),
            http: client(launch.deadline)?,
            launch,
        };
        cluster.negotiate().await?;
        Ok(cluster)
    }

    /// Starts both again, after [`kill`](Self::kill).
    pub async fn restart(&mut self) -> Result<(), Failure> {
        self.serve = Serve::start(&self.launch).await?;
        self.http = client(self.launch.deadline)?;
        self.negotiate().await
    }

    /// Ends the webhook as SIGKILL does.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        self.serve.kill().await
    }

    /// The owner.
    pub fn owner(&self) -> &str {
        &self.launch.owner
    }

    /// The webhook.
    pub fn serve(&self) -> &Serve {
        &self.serve
    }

    /// One loop over these Services.
    pub async fn run(&mut self, services: &[Service]) -> Result<Loop, Failure> {
        let changes = match self.plan(services).await? {
            Called::Done(Some(changes)) => changes,
            Called::Done(None) => return Ok(Loop::Quiet),
            Called::Later(reason) => return Ok(Loop::Later(reason)),
        };
        let posted = self.post(&changes).send().await;
        Ok(match posted.map_err(|failure| self.with_log(failure))? {
            Called::Done(()) => Loop::Changed(changes),
            Called::Later(reason) => Loop::Later(reason),
        })
    }

    /// The loop up to what ExternalDNS would send; `None` when that is nothing.
    pub async fn plan(&mut self, services: &[Service]) -> Result<Called<Option<Changes>>, Failure> {
        let planned = self.try_plan(services).await;
        let planned = planned.map_err(|failure| self.with_log(failure))?;
        if !self.serve.is_alive() {
            let failure = Failure::broken("the webhook never ends by itself", "it has ended");
            return Err(self.with_log(failure));
        }
        Ok(planned)
    }

    async fn try_plan(&self, services: &[Service]) -> Result<Called<Option<Changes>>, Failure> {
        let request = self.http.get(format!("{}/records", self.serve.api));
        let records = match fetch(self.owner(), "GET /records", request).await? {
            Called::Done(text) => text,
            Called::Later(reason) => return Ok(Called::Later(reason)),
        };
        let Endpoints(records) = decode("GET /records", &records)?;
        let observation = self.controller.observe(records);
        let sources = Endpoints(self.source.endpoints(services));
        let request = self
            .http
            .post(format!("{}/adjustendpoints", self.serve.api))
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .json(&sources);
        let adjusted = match fetch(self.owner(), "POST /adjustendpoints", request).await? {
            Called::Done(text) => text,
            Called::Later(reason) => return Ok(Called::Later(reason)),
        };
        let Endpoints(adjusted) = decode("POST /adjustendpoints", &adjusted)?;
        Ok(Called::Done(self.controller.plan(&observation, adjusted)))
    }

    /// The call that applies changes, not yet sent.
    pub fn post(&self, changes: &Changes) -> Post {
        let request = self
            .http
            .post(format!("{}/records", self.serve.api))
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .json(changes);
        Post {
            owner: self.owner().to_owned(),
            request,
        }
    }

    /// A loop that has to find everything as it is wanted, and to cost one list call and nothing else.
    pub async fn quiet(&mut self, azure: &Azure, services: &[Service]) -> Result<(), Failure> {
        const PROMISE: &str =
            "a loop without a change plans nothing, lists Azure once and writes nothing";
        azure.rest().await?;
        azure.reset();
        let looped = self.run(services).await?;
        azure.rest().await?;
        let calls = azure.calls();
        let lists = calls
            .operations
            .get("profiles.list")
            .copied()
            .unwrap_or_default();
        if matches!(looped, Loop::Quiet) && calls.total == 1 && lists == 1 {
            return Ok(());
        }
        let owner = self.owner();
        let seen = format!("{owner}: {looped:?}, at the cost of {calls:?}");
        Err(self.with_log(Failure::broken(PROMISE, seen)))
    }

    /// The hosts of this owner's records, sorted.
    pub async fn hosts(&self) -> Result<Vec<String>, Failure> {
        let request = self.http.get(format!("{}/records", self.serve.api));
        match fetch(self.owner(), "GET /records", request).await? {
            Called::Later(reason) => Err(Failure::broken(SURVIVES, reason)),
            Called::Done(text) => {
                let Endpoints(records) = decode("GET /records", &text)?;
                let mut hosts: Vec<_> = records.into_iter().map(|record| record.dns_name).collect();
                hosts.sort();
                Ok(hosts)
            }
        }
    }

    /// What is wrong with objects, by reason, as `/readyz` tells it.
    pub async fn invalid_objects(&self) -> Result<Value, Failure> {
        let what = "GET /readyz";
        let failed = |error| Failure::setup(what, error);
        let request = self.http.get(format!("{}/readyz", self.serve.ops));
        let text = request.send().await.map_err(failed)?;
        let text = text.text().await.map_err(failed)?;
        let body: Value =
            serde_json::from_str(&text).map_err(|error| Failure::setup(what, error))?;
        Ok(body["provider"]["invalidObjects"].clone())
    }

    async fn negotiate(&mut self) -> Result<(), Failure> {
        let request = self.http.get(format!("{}/", self.serve.api));
        let filter = match fetch(self.owner(), "GET /", request).await? {
            Called::Done(text) => text,
            Called::Later(reason) => return Err(Failure::broken(SURVIVES, reason)),
        };
        let _: DomainFilter = decode("GET /", &filter)?;
        Ok(())
    }

    /// A broken promise with the end of the webhook's log.
    pub fn with_log(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Broken { promise, seen } => Failure::Broken {
                promise,
                seen: format!("{seen}\n--- log of {}\n{}", self.owner(), self.serve.tail()),
            },
            setup @ Failure::Setup { .. } => setup,
        }
    }
}

// === impl Post ===

impl Post {
    /// Sends the changes.
    pub async fn send(self) -> Result<Called<()>, Failure> {
        let sent = fetch(&self.owner, "POST /records", self.request).await?;
        Ok(match sent {
            Called::Done(_) => Called::Done(()),
            Called::Later(reason) => Called::Later(reason),
        })
    }

    /// Sends the changes to a webhook that may be killed. Whether it was applied.
    pub async fn send_to_the_dying(self) -> bool {
        let answer = self.request.send().await;
        answer.is_ok_and(|answer| answer.status() == 204)
    }
}

// === impl Loop ===

impl Loop {
    /// Whether ExternalDNS found nothing to change.
    pub fn is_quiet(&self) -> bool {
        matches!(self, Self::Quiet)
    }
}

/// As ExternalDNS has it: no proxy between the containers of a pod, and an end to its patience.
fn client(deadline: Duration) -> Result<Client, Failure> {
    Client::builder()
        .no_proxy()
        .timeout(deadline + PATIENCE)
        .build()
        .map_err(|error| Failure::setup("setting up the HTTP client", error))
}

async fn fetch(
    owner: &str,
    call: &'static str,
    request: RequestBuilder,
) -> Result<Called<String>, Failure> {
    let ends = |why: String| Failure::broken(SURVIVES, format!("{owner}: {call}: {why}"));
    let answer = request.header(ACCEPT, MEDIA_TYPE).send().await;
    let answer = answer.map_err(|error| ends(format!("{error:?}")))?;
    let status = answer.status().as_u16();
    let media_type = answer.headers().get(CONTENT_TYPE).cloned();
    let text = answer.text().await;
    let text = text.map_err(|error| ends(format!("{status}, then {error:?}")))?;
    match status {
        200 if media_type.is_some_and(|found| found == MEDIA_TYPE) => Ok(Called::Done(text)),
        204 => Ok(Called::Done(text)),
        500..=510 => Ok(Called::Later(format!("{call}: {status}: {}", text.trim()))),
        _ => Err(ends(format!("{status}: {text}"))),
    }
}

fn decode<T: serde::de::DeserializeOwned>(call: &'static str, text: &str) -> Result<T, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::broken(SURVIVES, format!("{call}: {error}: {text}")))
}
