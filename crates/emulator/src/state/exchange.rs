//! What a request says besides its path, and how it is answered.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::api_version::{self, ApiVersion};
use crate::operation::Resource;
use crate::refusal::Refusal;
use crate::request::{Request, Response};

/// The answer to a request that was carried out.
pub(super) fn done(status: StatusCode, document: &impl Serialize) -> Response {
    Response::json(status, document).with("cache-control", "private")
}

/// An answer without a body to a request that was carried out.
pub(super) fn done_without_body(status: StatusCode) -> Response {
    Response::empty(status).with("cache-control", "private")
}

pub(super) fn body(request: &Request) -> Result<Value, Refusal> {
    let value: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::InvalidContent(error.to_string()))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Refusal::InvalidContent("an object is required".to_owned()))
    }
}

/// The api-version of a request; the tags API, public IP addresses and Azure DNS have versions of their own, which all
/// show the same here.
pub(super) fn version(request: &Request, resource: &Resource) -> Result<ApiVersion, Refusal> {
    let given = request
        .query_value("api-version")
        .filter(|given| !given.is_empty())
        .ok_or(Refusal::MissingApiVersion)?;
    let is_public_ip = matches!(
        resource,
        Resource::PublicIps { .. } | Resource::PublicIp { .. }
    );
    let (version, namespace, supported) = if is_public_ip {
        let version = api_version::is_public_ips_version(&given).then_some(ApiVersion::NEWEST);
        let supported: Vec<_> = api_version::public_ips_versions().collect();
        (version, "Microsoft.Network", supported)
    } else if matches!(resource, Resource::ProfileTags(_)) {
        let version = api_version::is_tags_version(&given).then_some(ApiVersion::NEWEST);
        let supported: Vec<_> = api_version::tags_versions().collect();
        (version, "Microsoft.Resources", supported)
    } else if resource.is_dns() {
        let version = api_version::is_dns_version(&given).then_some(ApiVersion::NEWEST);
        let supported: Vec<_> = api_version::dns_versions().collect();
        (version, "Microsoft.Network", supported)
    } else {
        let knows = |version: &ApiVersion| resource.is_known_to(*version);
        let supported: Vec<_> = ApiVersion::all()
            .filter(|text| ApiVersion::parse(text).as_ref().is_some_and(knows))
            .collect();
        let version = ApiVersion::parse(&given).filter(knows);
        (version, "Microsoft.Network", supported)
    };
    version.ok_or_else(|| Refusal::UnknownApiVersion {
        namespace,
        resource_type: resource.type_name(),
        given,
        supported: supported.join(","),
    })
}

pub(crate) fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<_> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.chars().all(|c| c.is_ascii_hexdigit())
        })
}

pub(crate) fn is_group_name(text: &str) -> bool {
    (1..=90).contains(&text.chars().count())
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.()".contains(c))
        && !text.ends_with('.')
}
