//! What Traffic View and Real User Metrics show: heat maps, and the key by which browsers report.
//!
//! The service gathers a heat map from the queries of the last week, a day behind. Nothing here lives that long, so a
//! heat map has its endpoints and no traffic.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::{State, done};
use crate::api_version::ApiVersion;
use crate::model::ProfilePath;
use crate::refusal::Refusal;
use crate::request::{Request, Response};

/// How far back a heat map goes.
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A heat map begins and ends at a multiple of this.
const STEP: i64 = 30 * 60;

/// The keys of the subscriptions that have one, and how many were made.
#[derive(Debug, Default)]
pub(super) struct Keys {
    of_subscription: BTreeMap<String, String>,
    made: u64,
}

#[derive(Serialize)]
struct HeatMap {
    id: String,
    name: &'static str,
    r#type: &'static str,
    properties: HeatMapProperties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeatMapProperties {
    start_time: String,
    end_time: String,
    endpoints: Vec<HeatMapEndpoint>,
    traffic_flows: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeatMapEndpoint {
    resource_id: String,
    endpoint_id: usize,
}

impl State {
    pub(super) fn heat_map(
        &self,
        now: Timestamp,
        version: ApiVersion,
        path: &ProfilePath,
        request: &Request,
    ) -> Result<Response, Refusal> {
        for corner in ["topLeft", "botRight"] {
            if let Some(given) = request.query_value(corner)
                && !given.is_empty()
                && !is_place(&given)
            {
                return Err(Refusal::Invalid(format!(
                    "The value '{given}' of {corner} is not a latitude and a longitude, separated by a comma."
                )));
            }
        }
        let profile = self.stored(path, version)?;
        let second = now.as_second();
        let end = Timestamp::from_second(second - second.rem_euclid(STEP)).unwrap_or(now);
        let start = end.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
        let id = profile.path.id();
        let endpoints = profile
            .by_priority()
            .into_iter()
            .zip(1..)
            .map(|(endpoint, number)| HeatMapEndpoint {
                resource_id: format!("{id}/{}/{}", endpoint.kind().as_str(), endpoint.name),
                endpoint_id: number,
            });
        let map = HeatMap {
            id: format!("{id}/heatMaps/default"),
            name: "default",
            r#type: "Microsoft.Network/trafficManagerProfiles/heatMaps",
            properties: HeatMapProperties {
                start_time: start.to_string(),
                end_time: end.to_string(),
                endpoints: endpoints.collect(),
                traffic_flows: [],
            },
        };
        Ok(done(StatusCode::OK, &map))
    }

    pub(super) fn get_metrics_key(&self, subscription: &str) -> Result<Response, Refusal> {
        let keys = &self.analytics.of_subscription;
        match keys.get(&subscription.to_ascii_lowercase()) {
            Some(key) => Ok(key_response(StatusCode::OK, key)),
            None => Err(Refusal::NoMetricsKey(subscription.to_owned())),
        }
    }

    /// Makes a key, unless there is one.
    pub(super) fn put_metrics_key(&mut self, subscription: &str) -> Response {
        let Keys {
            of_subscription,
            made,
        } = &mut self.analytics;
        let subscription = subscription.to_ascii_lowercase();
        let key = of_subscription
            .entry(subscription.clone())
            .or_insert_with(|| {
                *made += 1;
                new_key(&subscription, *made)
            });
        key_response(StatusCode::CREATED, key)
    }

    pub(super) fn delete_metrics_key(&mut self, subscription: &str) -> Response {
        let keys = &mut self.analytics.of_subscription;
        keys.remove(&subscription.to_ascii_lowercase());
        done(StatusCode::OK, &json!({}))
    }
}

fn key_response(status: StatusCode, key: &str) -> Response {
    done(
        status,
        &json!({
            "id": "/providers/Microsoft.Network/trafficManagerUserMetricsKeys/default",
            "name": "default",
            "type": "Microsoft.Network/trafficManagerUserMetricsKeys",
            "properties": { "key": key },
        }),
    )
}

/// 32 hexadecimal digits. Keys open nothing here; they only have to differ.
fn new_key(subscription: &str, number: u64) -> String {
    let half = |which: u8| {
        let mut hasher = DefaultHasher::new();
        (subscription, number, which).hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(0), half(1))
}

/// `latitude,longitude`.
fn is_place(text: &str) -> bool {
    let parts: Vec<&str> = text.split(',').collect();
    parts.len() == 2
        && parts
            .iter()
            .all(|part| part.trim().parse::<f64>().is_ok_and(f64::is_finite))
}
