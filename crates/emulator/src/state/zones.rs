//! Azure DNS beside the profiles: what a request does to a zone, and which profile an alias stands for.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use data_plane::{Fqdn, Hosted};
use serde_json::Value;

use super::{State, body, done, done_without_body};
use crate::model::endpoint::{Host, Target};
use crate::model::{Profile, ProfileKey, RoutingMethod};
use crate::operation::{Operation, Resource};
use crate::refusal::Refusal;
use crate::request::{Conditions, Request, Response};
use crate::zones::{
    Alias, AliasView, Change, Draft, Kind, Page, RecordSet, Refused, SetPath, ZonePath, ZoneSeed,
    record_set, zone,
};

/// Items on a page, when the caller does not say.
const PAGE: usize = 100;

// === impl State ===

impl State {
    /// Makes a DNS zone, unless it is there.
    pub fn add_zone(&mut self, seed: &ZoneSeed) {
        if let Err(refused) = self
            .zones
            .put_zone(&seed.0, BTreeMap::new(), &Conditions::default())
        {
            // A seed has been checked when it was read.
            tracing::error!(zone = seed.0.name, %refused, "a zone cannot be made");
        }
    }

    pub(super) fn answer_dns(
        &mut self,
        operation: Operation,
        resource: Resource,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let conditions = &request.conditions;
        match resource {
            Resource::Zones {
                subscription,
                resource_group,
            } => Ok(self.list_zones(request, &subscription, resource_group.as_deref())),
            Resource::Zone(path) => match operation {
                Operation::ZonesPut => self.put_zone(&path, &body(request)?, conditions),
                Operation::ZonesPatch => self.patch_zone(&path, &body(request)?, conditions),
                Operation::ZonesDelete => {
                    let was_there = self.zones.delete_zone(&path, conditions)?;
                    Ok(deleted(was_there))
                }
                _ => {
                    let held = self.zones.zone(&path)?;
                    Ok(versioned(StatusCode::OK, &zone(held), held.etag()))
                }
            },
            Resource::RecordSets { zone, kind } => self.list_record_sets(request, &zone, kind),
            Resource::RecordSet(path) => match operation {
                Operation::RecordSetsPut => {
                    let draft = Draft::read(&body(request)?, path.kind)?;
                    self.put_record_set(&path, draft, conditions)
                }
                Operation::RecordSetsPatch => {
                    let changes = Draft::read(&body(request)?, path.kind)?;
                    let draft = patched(self.zones.set(&path)?, changes);
                    self.put_record_set(&path, draft, conditions)
                }
                Operation::RecordSetsDelete => {
                    let was_there = self.zones.delete_set(&path, conditions)?;
                    Ok(deleted(was_there))
                }
                _ => {
                    let held = self.zones.set(&path)?;
                    let document = self.record_set_document(&path.zone, path.kind, held);
                    Ok(versioned(StatusCode::OK, &document, &held.etag))
                }
            },
            _ => Err(Refusal::UnknownPath(request.path.clone())),
        }
    }

    /// What DNS answers for a name in a zone.
    pub(super) fn resolve_hosted(&self, name: &Fqdn) -> Option<Hosted> {
        self.zones.resolve(name, |alias| {
            let stored = self.profiles.get(&alias.profile)?;
            Some(AliasView {
                fqdn: stored.view.fqdn.clone(),
                ttl: stored.profile.settings.ttl,
            })
        })
    }

    /// Every zone with its record sets, as reads show them.
    pub(crate) fn zone_documents(&self) -> Vec<(ZonePath, Vec<Value>)> {
        let zones = self.zones.all().map(|zone| {
            let sets = zone
                .sets()
                .map(|(kind, set)| self.record_set_document(zone.path(), kind, set));
            (zone.path().clone(), sets.collect())
        });
        zones.collect()
    }

    /// Checks a profile against the aliases that point at it: they need addresses.
    pub(super) fn check_aliases(&self, wanted: &Profile) -> Result<(), Refusal> {
        for kind in self.zones.aliases_of(&wanted.path.key()) {
            if !suits(wanted, kind) {
                return Err(Refusal::Invalid(format!(
                    "The profile is the target of an alias record set of type {kind}, so all of its endpoints must be external endpoints with addresses of that type."
                )));
            }
        }
        Ok(())
    }

    fn list_zones(&self, request: &Request, subscription: &str, group: Option<&str>) -> Response {
        let zones = self.zones.list(subscription, group);
        // By id: groups may have zones of one name.
        let items = zones.map(|held| (held.path().id().to_lowercase(), zone(held)));
        done(StatusCode::OK, &page(request, items.collect()))
    }

    fn put_zone(
        &mut self,
        path: &ZonePath,
        body: &Value,
        conditions: &Conditions,
    ) -> Result<Response, Refusal> {
        match body.get("location").and_then(Value::as_str) {
            None => return Err(Refusal::LocationRequired),
            Some(location) if location.eq_ignore_ascii_case("global") => {}
            Some(location) => {
                return Err(Refused::Invalid(format!(
                    "The location '{location}' is not available for DNS zones, only 'global' is."
                ))
                .into());
            }
        }
        let kind = body.pointer("/properties/zoneType").and_then(Value::as_str);
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("Public")) {
            return Err(Refused::Invalid("Only public zones are available.".to_owned()).into());
        }
        let (change, held) = self.zones.put_zone(path, tags(body), conditions)?;
        Ok(versioned(status(change), &zone(held), held.etag()))
    }

    fn patch_zone(
        &mut self,
        path: &ZonePath,
        body: &Value,
        conditions: &Conditions,
    ) -> Result<Response, Refusal> {
        let held = self.zones.zone(path)?.tags().clone();
        let tags = if body.get("tags").is_some() {
            tags(body)
        } else {
            held
        };
        let (_, held) = self.zones.put_zone(path, tags, conditions)?;
        Ok(versioned(StatusCode::OK, &zone(held), held.etag()))
    }

    fn list_record_sets(
        &self,
        request: &Request,
        zone: &ZonePath,
        kind: Option<Kind>,
    ) -> Result<Response, Refusal> {
        let suffix = request
            .query_value("$recordsetnamesuffix")
            .map(|suffix| suffix.to_ascii_lowercase());
        let fits = |name: &str| {
            suffix
                .as_deref()
                .is_none_or(|suffix| name.to_ascii_lowercase().ends_with(suffix))
        };
        let sets = self.zones.sets(zone, kind)?;
        let items = sets.filter(|(_, set)| fits(&set.name)).map(|(kind, set)| {
            let key = format!("{}/{kind}", set.name.to_lowercase());
            (key, self.record_set_document(zone, kind, set))
        });
        Ok(done(StatusCode::OK, &page(request, items.collect())))
    }

    fn put_record_set(
        &mut self,
        path: &SetPath,
        draft: Draft,
        conditions: &Conditions,
    ) -> Result<Response, Refusal> {
        let alias = match &draft.target {
            Some(id) => Some(self.alias(path.kind, id)?),
            None => None,
        };
        let (change, held) = self.zones.put_set(path, draft, alias, conditions)?;
        let held = held.clone();
        let document = self.record_set_document(&path.zone, path.kind, &held);
        Ok(versioned(status(change), &document, &held.etag))
    }

    /// The profile that an id names, if an alias of this type may point at it.
    fn alias(&self, kind: Kind, id: &str) -> Result<Alias, Refused> {
        if !matches!(kind, Kind::A | Kind::Aaaa | Kind::Cname) {
            return Err(Refused::Invalid(format!(
                "A record set of type {kind} cannot have a target resource."
            )));
        }
        let key = ProfileKey::of_id(id);
        let stored = self.profiles.get(&key).ok_or_else(|| {
            Refused::Invalid(format!(
                "The target resource '{id}' was not found, or is not of a type that a record set can point at."
            ))
        })?;
        if !suits(&stored.profile, kind) {
            return Err(Refused::Invalid(format!(
                "The target resource '{id}' cannot be the target of a record set of type {kind}: all endpoints of the Traffic Manager profile must be external endpoints with addresses of that type."
            )));
        }
        Ok(Alias {
            id: id.to_owned(),
            profile: key,
        })
    }

    fn record_set_document(&self, zone: &ZonePath, kind: Kind, set: &RecordSet) -> Value {
        let profile = set
            .alias
            .as_ref()
            .and_then(|alias| self.profiles.get(&alias.profile));
        let ttl = profile.map(|stored| stored.profile.settings.ttl);
        record_set(zone, kind, set, ttl)
    }
}

/// Whether a profile can answer for a record set of this type. MultiValue may mix the families.
fn suits(profile: &Profile, kind: Kind) -> bool {
    let mixes = profile.settings.routing == RoutingMethod::MultiValue;
    kind == Kind::Cname
        || profile
            .endpoints
            .iter()
            .all(|endpoint| match &endpoint.target {
                Target::External(Host::Address { address, .. }) => {
                    mixes || address.is_ipv4() == (kind == Kind::A)
                }
                _ => false,
            })
}

/// What a PATCH makes of a record set.
fn patched(held: &RecordSet, changes: Draft) -> Draft {
    let keeps_alias = changes.data.is_none() && changes.target.is_none();
    let target = changes.target.or_else(|| {
        let alias = held.alias.as_ref().filter(|_| keeps_alias)?;
        Some(alias.id.clone())
    });
    Draft {
        ttl: changes.ttl.or(Some(held.ttl).filter(|ttl| *ttl > 0)),
        metadata: changes.metadata.or_else(|| held.metadata.clone()),
        data: match (changes.data, &target) {
            (Some(data), _) => Some(data),
            (None, None) => Some(held.data.clone()),
            (None, Some(_)) => None,
        },
        target,
    }
}

/// One page of a list whose items are sorted by key. The link to the next one names the last key of this one, so that
/// what comes and goes meanwhile neither repeats nor hides its neighbours.
fn page(request: &Request, mut items: Vec<(String, Value)>) -> Page {
    items.sort_by(|one, other| one.0.cmp(&other.0));
    let after = request.query_value("$skipToken");
    if let Some(after) = after {
        items.retain(|(key, _)| *key > after);
    }
    let top = request
        .query_value("$top")
        .and_then(|top| top.parse::<usize>().ok())
        .filter(|top| (1..=PAGE).contains(top))
        .unwrap_or(PAGE);
    let is_last = items.len() <= top;
    items.truncate(top);
    let last = items.last().map(|(key, _)| key.clone());
    Page {
        value: items.into_iter().map(|(_, value)| value).collect(),
        next_link: last
            .filter(|_| !is_last)
            .map(|key| next_link(request, &key)),
    }
}

fn next_link(request: &Request, key: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(request.query.as_bytes()) {
        if !name.eq_ignore_ascii_case("$skipToken") {
            query.append_pair(&name, &value);
        }
    }
    query.append_pair("$skipToken", key);
    format!("{}{}?{}", request.base, request.path, query.finish())
}

fn tags(body: &Value) -> BTreeMap<String, String> {
    let tags = body.get("tags").and_then(Value::as_object);
    tags.into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn status(change: Change) -> StatusCode {
    match change {
        Change::Created => StatusCode::CREATED,
        Change::Updated => StatusCode::OK,
    }
}

fn deleted(was_there: bool) -> Response {
    done_without_body(if was_there {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    })
}

fn versioned(status: StatusCode, document: &Value, etag: &str) -> Response {
    done(status, document).with("etag", etag)
}
