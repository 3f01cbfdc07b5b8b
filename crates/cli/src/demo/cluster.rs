//! One cluster: its Services, and ExternalDNS, which talks to the webhook over HTTP exactly as the real one does.

use std::time::Duration;

use external_dns::model::{
    Controller, Registry, Service, ServiceSource, TxtRegistry, TxtRegistryError,
};
use external_dns::{Changes, DomainFilter, Endpoint, Endpoints, MEDIA_TYPE};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

use super::manifest::Release;

/// After this ExternalDNS gives up a call, and its process ends.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Why a loop fails. The real ExternalDNS would end, or try again in its next loop; the demo ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoopError {
    /// The owner is not one.
    #[error(transparent)]
    Owner(#[from] TxtRegistryError),
    /// The HTTP client cannot be set up.
    #[error("setting up the HTTP client")]
    Client(#[source] reqwest::Error),
    /// No answer.
    #[error("{owner}: {call} was not answered")]
    Http {
        /// The cluster.
        owner: String,
        /// Method and path.
        call: &'static str,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// Another status than the one of success.
    #[error("{owner}: {call} was answered with {status}: {body}")]
    Status {
        /// The cluster.
        owner: String,
        /// Method and path.
        call: &'static str,
        /// The status.
        status: StatusCode,
        /// The reason that the webhook gives.
        body: String,
    },
    /// ExternalDNS would end its process.
    #[error("{owner}: {call} was answered with the media type {found:?}")]
    MediaType {
        /// The cluster.
        owner: String,
        /// Method and path.
        call: &'static str,
        /// What the answer says.
        found: String,
    },
}

/// What ExternalDNS did in one loop, by the names of members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Did {
    /// Created.
    pub(super) created: Vec<String>,
    /// Updated.
    pub(super) updated: Vec<String>,
    /// Deleted.
    pub(super) deleted: Vec<String>,
}

/// A cluster with its ExternalDNS.
#[derive(Debug)]
pub(super) struct Cluster {
    /// `--txt-owner-id`
    pub(super) owner: String,
    /// The Services of the cluster.
    pub(super) services: Vec<Service>,
    /// What the webhook returned last as this cluster's records.
    pub(super) records: Vec<Endpoint>,
    source: ServiceSource,
    controller: Controller,
    http: Client,
    url: String,
}

// === impl Cluster ===

impl Cluster {
    /// Starts ExternalDNS: negotiates with the webhook at `url`. There are no Services yet.
    pub(super) async fn start(release: &Release, url: String) -> Result<Self, LoopError> {
        let registry = Registry::Txt(TxtRegistry::new(&release.owner)?);
        let http = Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .build()
            .map_err(LoopError::Client)?;
        let mut cluster = Self {
            owner: release.owner.clone(),
            services: Vec::new(),
            records: Vec::new(),
            source: release.source(),
            controller: Controller::new(registry),
            http,
            url,
        };
        let request = cluster.http.get(format!("{}/", cluster.url));
        let filter: DomainFilter = cluster.fetch("GET /", request).await?;
        cluster.controller = cluster.controller.with_domain_filter(filter);
        Ok(cluster)
    }

    /// One loop: records, adjust, plan, and apply if there is anything to change.
    pub(super) async fn run_loop(&mut self) -> Result<Did, LoopError> {
        let request = self.http.get(format!("{}/records", self.url));
        let Endpoints(records) = self.fetch("GET /records", request).await?;
        let observation = self.controller.observe(records);
        self.records = observation.current().to_vec();

        let wanted = Endpoints(self.source.endpoints(&self.services));
        let request = self.http.post(format!("{}/adjustendpoints", self.url));
        let request = request.header(CONTENT_TYPE, MEDIA_TYPE).json(&wanted);
        let Endpoints(adjusted) = self.fetch("POST /adjustendpoints", request).await?;

        let Some(changes) = self.controller.plan(&observation, adjusted) else {
            return Ok(Did::default());
        };
        let request = self.http.post(format!("{}/records", self.url));
        let request = request.header(CONTENT_TYPE, MEDIA_TYPE).json(&changes);
        self.call("POST /records", request, StatusCode::NO_CONTENT)
            .await?;
        Ok(Did::of(&changes))
    }

    async fn fetch<T: DeserializeOwned>(
        &self,
        call: &'static str,
        request: RequestBuilder,
    ) -> Result<T, LoopError> {
        let request = request.header(ACCEPT, MEDIA_TYPE);
        let answer = self.call(call, request, StatusCode::OK).await?;
        let found = answer.headers().get(CONTENT_TYPE);
        let found = found.map_or("", |value| value.to_str().unwrap_or_default());
        if found != MEDIA_TYPE {
            return Err(LoopError::MediaType {
                owner: self.owner.clone(),
                call,
                found: found.to_owned(),
            });
        }
        answer
            .json()
            .await
            .map_err(|source| self.failed(call, source))
    }

    async fn call(
        &self,
        call: &'static str,
        request: RequestBuilder,
        success: StatusCode,
    ) -> Result<Response, LoopError> {
        let answer = request.send().await;
        let answer = answer.map_err(|source| self.failed(call, source))?;
        let status = answer.status();
        if status == success {
            return Ok(answer);
        }
        let body = answer.text().await.unwrap_or_default();
        Err(LoopError::Status {
            owner: self.owner.clone(),
            call,
            status,
            body: body.trim().to_owned(),
        })
    }

    fn failed(&self, call: &'static str, source: reqwest::Error) -> LoopError {
        LoopError::Http {
            owner: self.owner.clone(),
            call,
            source,
        }
    }
}

// === impl Did ===

impl Did {
    /// The members among the changes; the registry's own records are left out.
    fn of(changes: &Changes) -> Self {
        let names = |records: &[Endpoint]| {
            records
                .iter()
                .filter(|record| !record.is_txt_ownership())
                .map(|record| record.set_identifier.clone())
                .collect()
        };
        Self {
            created: names(&changes.create),
            updated: names(&changes.update_new),
            deleted: names(&changes.delete),
        }
    }

    /// How many members were touched.
    pub(super) fn len(&self) -> usize {
        self.created.len() + self.updated.len() + self.deleted.len()
    }

    /// Whether there was nothing to do.
    pub(super) fn is_nothing(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Display for Did {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            ("creates", &self.created),
            ("updates", &self.updated),
            ("deletes", &self.deleted),
        ];
        let parts: Vec<_> = parts
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(verb, names)| format!("{verb} {}", names.join(", ")))
            .collect();
        if parts.is_empty() {
            f.write_str("changes nothing")
        } else {
            f.write_str(&parts.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use external_dns::{RecordType, labels};

    use super::*;

    fn record(kind: RecordType, member: &str) -> Endpoint {
        Endpoint::new("app.example.com", kind, ["x"]).with_set_identifier(member)
    }

    #[test]
    fn a_loop_is_told_by_its_members() {
        let owned =
            record(RecordType::TXT, "east-us").with_label(labels::OWNED_RECORD, "app.example.com");
        let did = Did::of(&Changes {
            create: vec![record(RecordType::CNAME, "east-us"), owned],
            delete: vec![record(RecordType::CNAME, "west-us")],
            ..Changes::default()
        });
        assert_eq!(did.to_string(), "creates east-us, deletes west-us");
        assert!(!did.is_nothing());
        assert_eq!(Did::default().to_string(), "changes nothing");
    }
}
