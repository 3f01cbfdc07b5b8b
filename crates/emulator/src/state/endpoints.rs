//! Operations on endpoints.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::Value;

use super::profiles::{duplicate_names, merge, take_properties};
use super::{State, done, done_without_body};
use crate::api_version::ApiVersion;
use crate::model::endpoint::{Endpoint, EndpointKind, Target};
use crate::model::{Profile, ProfilePath};
use crate::quirks::AutoPriority;
use crate::read::Problems;
use crate::read::endpoint::{self, EndpointDraft};
use crate::refusal::Refusal;
use crate::request::Response;

/// The largest priority.
const LAST_PRIORITY: u16 = 1000;

impl State {
    pub(super) fn get_endpoint(
        &self,
        version: ApiVersion,
        path: &ProfilePath,
        kind: EndpointKind,
        name: &str,
    ) -> Result<Response, Refusal> {
        self.endpoint_answer(StatusCode::OK, version, path, kind, name)
    }

    /// Creates or replaces one endpoint. The answer is 201 in either case, as recorded in every api-version.
    pub(super) fn put_endpoint(
        &mut self,
        version: ApiVersion,
        path: &ProfilePath,
        kind: EndpointKind,
        name: &str,
        mut body: Value,
    ) -> Result<Response, Refusal> {
        let profile = self.stored(path, version)?.clone();
        let properties = take_properties(&mut body, |p| version.prune_endpoint(p));
        self.write_endpoint(version, profile, kind, name, &properties)?;
        self.endpoint_answer(StatusCode::CREATED, version, path, kind, name)
    }

    /// Changes what the body names.
    pub(super) fn patch_endpoint(
        &mut self,
        version: ApiVersion,
        path: &ProfilePath,
        kind: EndpointKind,
        name: &str,
        mut body: Value,
    ) -> Result<Response, Refusal> {
        let profile = self.stored(path, version)?.clone();
        let existing = found(&profile, kind, name, version)?;
        let changes = take_properties(&mut body, |p| version.prune_endpoint(p));
        let style = self.style(ApiVersion::NEWEST, None);
        let mut properties = serde_json::to_value(style.endpoint(&profile, existing).properties)
            .map_err(|error| Refusal::InvalidContent(error.to_string()))?;
        merge(
            &mut properties,
            &changes,
            self.cloud.quirks.patch_null_resets,
        );
        self.write_endpoint(version, profile, kind, name, &properties)?;
        self.endpoint_answer(StatusCode::OK, version, path, kind, name)
    }

    pub(super) fn delete_endpoint(
        &mut self,
        version: ApiVersion,
        path: &ProfilePath,
        kind: EndpointKind,
        name: &str,
    ) -> Result<Response, Refusal> {
        let mut profile = self.stored(path, version)?.clone();
        if let Err(refusal) = found(&profile, kind, name, version) {
            return if self.cloud.quirks.delete_missing_endpoint_is_204 {
                Ok(done_without_body(StatusCode::NO_CONTENT))
            } else {
                Err(refusal)
            };
        }
        profile.endpoints.retain(|known| !known.is(kind, name));
        self.store(profile);
        Ok(self.deleted(version))
    }

    /// The endpoints of a full PUT, in their order.
    pub(super) fn place_endpoints(
        &self,
        drafts: Vec<EndpointDraft>,
        existing: Option<&Profile>,
        problems: &mut Problems,
    ) -> Vec<Endpoint> {
        let earlier = existing.map_or(&[][..], |profile| &profile.endpoints);
        let mut taken: BTreeSet<u16> = drafts
            .iter()
            .filter_map(|draft| self.known_priority(draft, earlier))
            .collect();
        let mut endpoints = Vec::new();
        for draft in drafts {
            let known = self.known_priority(&draft, earlier);
            let priority = known.unwrap_or_else(|| self.free_priority(&taken));
            taken.insert(priority);
            endpoints.extend(self.resolve(draft, priority, problems));
        }
        endpoints
    }

    fn write_endpoint(
        &mut self,
        version: ApiVersion,
        mut profile: Profile,
        kind: EndpointKind,
        name: &str,
        properties: &Value,
    ) -> Result<(), Refusal> {
        let mut problems = Problems::default();
        endpoint::check_name(name, &mut problems);
        let is_taken = profile
            .endpoints
            .iter()
            .any(|known| known.name.eq_ignore_ascii_case(name) && known.kind() != kind);
        if is_taken {
            problems.say(duplicate_names(&[name]));
        }
        let draft = endpoint::draft(name, kind, Some(properties), &mut problems);
        let taken = profile
            .endpoints
            .iter()
            .filter(|known| !known.is(kind, name))
            .map(|known| known.priority)
            .collect();
        let priority = self
            .known_priority(&draft, &profile.endpoints)
            .unwrap_or_else(|| self.free_priority(&taken));
        let endpoint = self.resolve(draft, priority, &mut problems);
        let endpoint = problems.or(endpoint).map_err(Refusal::Invalid)?;
        match profile.endpoints.iter_mut().find(|e| e.is(kind, name)) {
            // The spelling of the creator stays.
            Some(known) => {
                let name = std::mem::take(&mut known.name);
                *known = Endpoint { name, ..endpoint };
            }
            None => profile.endpoints.push(endpoint),
        }
        self.admit(version, &profile)?;
        self.store(profile);
        Ok(())
    }

    /// The priority that a draft states, or that its endpoint had before.
    fn known_priority(&self, draft: &EndpointDraft, earlier: &[Endpoint]) -> Option<u16> {
        draft.priority.or_else(|| {
            let kept = earlier.iter().find(|e| e.is(draft.kind, &draft.name));
            kept.filter(|_| self.cloud.quirks.keep_priority)
                .map(|endpoint| endpoint.priority)
        })
    }

    fn free_priority(&self, taken: &BTreeSet<u16>) -> u16 {
        let next = taken.last().map_or(1, |highest| highest + 1);
        let lowest = (1..=LAST_PRIORITY)
            .find(|number| !taken.contains(number))
            .unwrap_or(LAST_PRIORITY);
        match self.cloud.quirks.auto_priority {
            AutoPriority::HighestPlusOne if next <= LAST_PRIORITY => next,
            _ => lowest,
        }
    }

    /// Looks up what a draft points at.
    fn resolve(
        &self,
        draft: EndpointDraft,
        priority: u16,
        problems: &mut Problems,
    ) -> Option<Endpoint> {
        let mut location = draft.location;
        let target = match draft.kind {
            EndpointKind::External => Target::External(external(&draft, problems)?),
            EndpointKind::Azure => {
                let resource_id = resource_id(&draft, problems)?;
                let known = self.resources.get(&resource_id.to_ascii_lowercase());
                let Some(resource) = known else {
                    problems.say(format!(
                        "The resource '{resource_id}' specified for endpoint '{}' was not found.",
                        draft.name
                    ));
                    return None;
                };
                let Some(host) = resource.host.clone() else {
                    problems.say(format!(
                        "The resource '{resource_id}' specified for endpoint '{}' has no DNS name.",
                        draft.name
                    ));
                    return None;
                };
                location = location.or(Some(resource.location));
                Target::Azure { resource_id, host }
            }
            EndpointKind::Nested => {
                let resource_id = resource_id(&draft, problems)?;
                let Some(child) = self.profile_with_id(&resource_id) else {
                    problems.say(format!(
                        "The Traffic Manager profile '{resource_id}' specified for endpoint '{}' was not found.",
                        draft.name
                    ));
                    return None;
                };
                Target::Nested {
                    fqdn: format!("{}.{}", child.settings.relative_name, self.cloud.dns_suffix),
                    resource_id,
                    min_children: draft.min_children,
                }
            }
        };
        Some(Endpoint {
            name: draft.name,
            target,
            status: draft.status,
            weight: draft.weight,
            priority,
            location,
            geo_mapping: draft.geo_mapping,
            subnets: draft.subnets,
            headers: draft.headers,
            always_serve: draft.always_serve,
        })
    }

    fn endpoint_answer(
        &self,
        status: StatusCode,
        version: ApiVersion,
        path: &ProfilePath,
        kind: EndpointKind,
        name: &str,
    ) -> Result<Response, Refusal> {
        let profile = self.stored(path, version)?;
        let endpoint = found(profile, kind, name, version)?;
        let statuses = self.statuses(path);
        let style = self.style(version, statuses.as_ref());
        Ok(done(status, &style.endpoint(profile, endpoint)))
    }
}

fn found<'p>(
    profile: &'p Profile,
    kind: EndpointKind,
    name: &str,
    version: ApiVersion,
) -> Result<&'p Endpoint, Refusal> {
    profile
        .endpoint(kind, name)
        .ok_or_else(|| Refusal::EndpointNotFound {
            name: name.to_owned(),
            kind,
            profile: profile.path.name.clone(),
            version,
        })
}

fn external(
    draft: &EndpointDraft,
    problems: &mut Problems,
) -> Option<crate::model::endpoint::Host> {
    let Some(text) = draft.target.as_deref().filter(|text| !text.is_empty()) else {
        problems.say(format!(
            "The target of endpoint '{}' must be specified.",
            draft.name
        ));
        return None;
    };
    let host = endpoint::host(text);
    if host.is_none() {
        problems.say(format!(
            "The target '{text}' of endpoint '{}' is invalid. It must be a DNS name or an IP address, without protocol, port and path.",
            draft.name
        ));
    }
    host
}

fn resource_id(draft: &EndpointDraft, problems: &mut Problems) -> Option<String> {
    let id = draft.resource_id.clone().filter(|id| !id.is_empty());
    if id.is_none() {
        problems.say(format!(
            "The target resource id of endpoint '{}' must be specified.",
            draft.name
        ));
    }
    id
}
