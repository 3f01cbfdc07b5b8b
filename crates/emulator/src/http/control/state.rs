//! `GET /_emulator/state`: everything that the emulator holds, with the monitor statuses of this moment.

use axum::Json;
use axum::extract::State;
use data_plane::health::{EndpointStatus, ProfileStatus};
use serde::Serialize;
use serde_json::Value;

use super::super::Edge;
use crate::health::{ForcedHealth, Statuses};
use crate::model::tags::Tags;
use crate::model::{Profile, Toggle};
use crate::service::Service;
use crate::shared::Answers;

#[derive(Serialize)]
pub(super) struct Document {
    profiles: Vec<ProfileState>,
    /// Left out while there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zones: Vec<ZoneState>,
    dns: DnsState,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ZoneState {
    id: String,
    name: String,
    /// As reads of Azure DNS show them.
    record_sets: Vec<Value>,
}

#[derive(Serialize)]
struct DnsState {
    queries: data_plane::dns::DnsCounts,
    /// How often each endpoint was answered, by profile name.
    answers: Answers,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProfileState {
    id: String,
    fqdn: Option<String>,
    profile_status: &'static str,
    profile_monitor_status: Option<&'static str>,
    traffic_routing_method: &'static str,
    ttl: u32,
    tags: Tags,
    endpoints: Vec<EndpointState>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndpointState {
    name: String,
    r#type: &'static str,
    target: String,
    endpoint_status: &'static str,
    endpoint_monitor_status: Option<&'static str>,
    /// The status that the control API demands.
    forced: Option<&'static str>,
    weight: u16,
    priority: u16,
    always_serve: bool,
}

pub(super) async fn get(State(edge): State<Edge>) -> Json<Document> {
    let (profiles, zones) = edge.shared.with(|service| {
        let profiles = service.state.profiles();
        let profiles = profiles.map(|profile| describe(service, profile)).collect();
        (profiles, service.state.zone_documents())
    });
    let zones = zones.into_iter().map(|(path, record_sets)| ZoneState {
        id: path.id(),
        name: path.name,
        record_sets,
    });
    Json(Document {
        profiles,
        zones: zones.collect(),
        dns: DnsState {
            queries: edge.dns.snapshot(),
            answers: edge.shared.answers(),
        },
    })
}

fn describe(service: &Service, profile: &Profile) -> ProfileState {
    let statuses = service.state.statuses(&profile.path);
    let status_of = |name: &str| {
        let statuses: &Statuses = statuses.as_ref()?;
        statuses.endpoint(name).map(EndpointStatus::as_str)
    };
    let settings = &profile.settings;
    let endpoints = profile
        .by_priority()
        .into_iter()
        .map(|endpoint| EndpointState {
            name: endpoint.name.clone(),
            r#type: endpoint.kind().as_str(),
            target: endpoint.target.host().to_owned(),
            endpoint_status: endpoint.status.as_str(),
            endpoint_monitor_status: status_of(&endpoint.name),
            forced: service
                .state
                .forced_health(profile, &endpoint.name)
                .map(ForcedHealth::as_str),
            weight: endpoint.weight,
            priority: endpoint.priority,
            always_serve: endpoint.always_serve == Toggle::Enabled,
        });
    ProfileState {
        id: profile.path.id(),
        fqdn: service.state.fqdn_of(profile).map(|fqdn| fqdn.to_string()),
        profile_status: settings.status.as_str(),
        profile_monitor_status: statuses
            .as_ref()
            .map(|statuses| ProfileStatus::as_str(statuses.profile)),
        traffic_routing_method: settings.routing.as_str(),
        ttl: settings.ttl,
        tags: profile.tags.clone().unwrap_or_default(),
        endpoints: endpoints.collect(),
    }
}
