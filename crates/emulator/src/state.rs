//! Everything that the emulated cloud holds, and the operations on it: deterministic, synchronous, without a network.
//!
//! A simulation can own a [`State`] and call [`State::answer`] between any two steps. Time enters as a parameter, and
//! only into heat maps and into reads that lag behind; randomness does not enter.

mod analytics;
mod endpoints;
mod exchange;
mod names;
mod nesting;
mod past;
mod profiles;
mod public_ips;
mod tags;
mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use data_plane::{Directory, Fqdn, Hosted, ProbeJob, ProbeReport};
use jiff::Timestamp;

use self::exchange::{body, done, done_without_body, version};
pub(crate) use self::exchange::{is_group_name, is_guid};
use self::public_ips::PublicIp;
use crate::api_version::ApiVersion;
use crate::document::Style;
use crate::geography;
use crate::health::{ForcedHealth, HealthBook, Statuses};
use crate::model::location::Location;
use crate::model::tags::Tags;
use crate::model::{Profile, ProfileKey, ProfilePath};
use crate::operation::{Operation, Resource};
use crate::quirks::Quirks;
use crate::refusal::Refusal;
use crate::request::{Request, Response};
use crate::view;
use crate::zones::{SetPath, Zones};

/// What the emulated cloud is like.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// The DNS suffix of profiles, `trafficmanager.net` in the public cloud.
    pub dns_suffix: Fqdn,
    /// Whether private and reserved addresses can be targets.
    pub allow_private_targets: bool,
    /// The resource groups that exist in every subscription; empty means that every group exists.
    pub resource_groups: Vec<String>,
    /// How far lists and the tags API lag behind what is stored.
    pub list_lag: Duration,
    /// Behaviour that no record settles.
    pub quirks: Quirks,
}

/// An Azure resource that an endpoint of type Azure can point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureResource {
    /// Its DNS name; `None` for a public IP address without a DNS label, which cannot be a target.
    pub host: Option<String>,
    /// Its region.
    pub location: Location,
}

/// The emulated cloud.
#[derive(Debug)]
pub struct State {
    cloud: Cloud,
    profiles: BTreeMap<ProfileKey, Stored>,
    /// What reads show that lag behind; empty unless they do.
    past: past::Past,
    /// The time of the request that is being carried out.
    now: Timestamp,
    /// Global names in use.
    names: BTreeMap<Fqdn, ProfileKey>,
    /// Resource groups in the spelling of their first use, by lower-case subscription and group.
    groups: BTreeMap<(String, String), String>,
    /// Azure resources by lower-case id.
    resources: BTreeMap<String, AzureResource>,
    /// Those of them that are public IP addresses, likewise.
    public_ips: BTreeMap<String, PublicIp>,
    /// Azure DNS.
    zones: Zones,
    health: HealthBook,
    probes_changed: bool,
    analytics: analytics::Keys,
}

#[derive(Debug)]
struct Stored {
    profile: Profile,
    view: Arc<data_plane::Profile>,
}

// === impl Cloud ===

impl Default for Cloud {
    /// The public cloud, with every resource group.
    #[expect(
        clippy::expect_used,
        reason = "the text is a constant, and a test builds this value"
    )]
    fn default() -> Self {
        Self {
            dns_suffix: Fqdn::new("trafficmanager.net").expect("a valid name"),
            allow_private_targets: false,
            resource_groups: Vec::new(),
            list_lag: Duration::ZERO,
            quirks: Quirks::default(),
        }
    }
}

// === impl State ===

impl State {
    /// A cloud without any profile.
    pub fn new(cloud: Cloud) -> Self {
        Self {
            cloud,
            profiles: BTreeMap::new(),
            past: past::Past::default(),
            now: Timestamp::UNIX_EPOCH,
            names: BTreeMap::new(),
            groups: BTreeMap::new(),
            resources: BTreeMap::new(),
            public_ips: BTreeMap::new(),
            zones: Zones::default(),
            health: HealthBook::default(),
            probes_changed: false,
            analytics: analytics::Keys::default(),
        }
    }

    /// Carries out a request at the beginning of 1970, which only heat maps and [`Cloud::list_lag`] make a difference of.
    pub fn answer(&mut self, request: &Request) -> Response {
        self.answer_at(Timestamp::UNIX_EPOCH, request)
    }

    /// Carries out a request at this time.
    pub fn answer_at(&mut self, now: Timestamp, request: &Request) -> Response {
        // A clock that is set back does not bring the past back.
        self.now = self.now.max(now);
        self.past.forget(self.now, self.cloud.list_lag);
        let resource = Resource::parse(&request.path);
        match self.try_answer(now, request, resource) {
            Ok(response) => response,
            Err(refusal) => refusal.response(),
        }
    }

    /// Makes an Azure resource known, so that endpoints of type Azure can point at it.
    pub fn add_resource(&mut self, id: &str, resource: AzureResource) {
        self.resources.insert(id.to_ascii_lowercase(), resource);
    }

    /// Every profile, by id.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values().map(|stored| &stored.profile)
    }

    /// The monitor statuses of a profile as they are now.
    pub fn statuses(&self, path: &ProfilePath) -> Option<Statuses> {
        let stored = self.profiles.get(&path.key())?;
        let assessment = data_plane::health::assess(&stored.view, self);
        Some(Statuses::new(&stored.view, &assessment))
    }

    /// The global name of a profile.
    pub fn fqdn_of(&self, profile: &Profile) -> Option<Fqdn> {
        self.fqdn(&profile.settings.relative_name)
    }

    /// Forces the health of an endpoint or, with `None`, hands it back to the probes. Returns whether it exists.
    pub fn force_health(
        &mut self,
        path: &ProfilePath,
        endpoint: &str,
        forced: Option<ForcedHealth>,
    ) -> bool {
        let Some(stored) = self.profiles.get(&path.key()) else {
            return false;
        };
        let exists = stored
            .profile
            .endpoints
            .iter()
            .any(|known| known.name.eq_ignore_ascii_case(endpoint));
        if exists {
            let key = view::probe_key(&stored.profile, endpoint);
            self.health.force(&key, forced);
            self.refresh(&path.key());
        }
        exists
    }

    /// The forced health of an endpoint.
    pub fn forced_health(&self, profile: &Profile, endpoint: &str) -> Option<ForcedHealth> {
        self.health.forced(&view::probe_key(profile, endpoint))
    }

    /// Takes in what a probe found.
    pub fn record(&mut self, report: &ProbeReport) {
        if !self.health.record(report) {
            return;
        }
        let owner = self.profiles.iter().find_map(|(key, stored)| {
            let prefix = view::probe_key_prefix(&stored.profile);
            report
                .key
                .as_str()
                .starts_with(&prefix)
                .then(|| key.clone())
        });
        if let Some(key) = owner {
            self.refresh(&key);
        }
    }

    /// Everything that is to be probed, if that has changed since the last call.
    pub fn take_changed_probes(&mut self) -> Option<Vec<ProbeJob>> {
        std::mem::take(&mut self.probes_changed).then(|| self.health.jobs())
    }

    fn try_answer(
        &mut self,
        now: Timestamp,
        request: &Request,
        resource: Option<Resource>,
    ) -> Result<Response, Refusal> {
        let operation = Operation::of(&request.method, resource.as_ref());
        let resource = resource.ok_or_else(|| Refusal::UnknownPath(request.path.clone()))?;
        if operation == Operation::Unknown {
            return Err(Refusal::MethodNotAllowed(request.method.to_string()));
        }
        let version = version(request, &resource)?;
        let resource = self.located(resource)?;
        match resource {
            Resource::Profiles {
                subscription,
                resource_group,
            } => Ok(self.list_profiles(version, &subscription, resource_group.as_deref())),
            Resource::Profile(path) => match operation {
                Operation::ProfilesPut => self.put_profile(version, &path, body(request)?),
                Operation::ProfilesPatch => self.patch_profile(version, &path, body(request)?),
                Operation::ProfilesDelete => self.delete_profile(version, &path),
                _ => self.get_profile(version, &path),
            },
            Resource::Endpoint {
                profile,
                kind,
                name,
            } => match operation {
                Operation::EndpointsPut => {
                    self.put_endpoint(version, &profile, kind, &name, body(request)?)
                }
                Operation::EndpointsPatch => {
                    self.patch_endpoint(version, &profile, kind, &name, body(request)?)
                }
                Operation::EndpointsDelete => self.delete_endpoint(version, &profile, kind, &name),
                _ => self.get_endpoint(version, &profile, kind, &name),
            },
            Resource::ProfileTags(path) => match operation {
                Operation::TagsPut => self.put_tags(&path, &body(request)?),
                Operation::TagsPatch => self.patch_tags(&path, &body(request)?),
                Operation::TagsDelete => self.delete_tags(&path),
                _ => self.get_tags(&path),
            },
            Resource::PublicIps {
                subscription,
                resource_group,
            } => Ok(self.list_public_ips(&subscription, resource_group.as_deref())),
            Resource::PublicIp {
                subscription,
                resource_group,
                name,
            } => self.get_public_ip(&subscription, &resource_group, &name),
            Resource::NameCheck { .. } => self.check_name(&body(request)?),
            Resource::Geography => Ok(Response::text(
                StatusCode::OK,
                geography::DOCUMENT.trim_end().to_owned(),
            )
            .with("cache-control", "private")),
            Resource::HeatMap(path) => self.heat_map(now, version, &path, request),
            Resource::UserMetricsKey { subscription } => match operation {
                Operation::UserMetricsKeyPut => Ok(self.put_metrics_key(&subscription)),
                Operation::UserMetricsKeyDelete => Ok(self.delete_metrics_key(&subscription)),
                _ => self.get_metrics_key(&subscription),
            },
            dns @ (Resource::Zones { .. }
            | Resource::Zone(_)
            | Resource::RecordSets { .. }
            | Resource::RecordSet(_)) => self.answer_dns(operation, dns, request),
        }
    }

    /// Checks subscription and resource group, and puts the group into the spelling of its first use.
    fn located(&mut self, mut resource: Resource) -> Result<Resource, Refusal> {
        if let Some(subscription) = resource.subscription()
            && !is_guid(subscription)
        {
            return Err(Refusal::InvalidSubscription(subscription.to_owned()));
        }
        let (Some(subscription), Some(group)) =
            (resource.subscription(), resource.resource_group())
        else {
            return Ok(resource);
        };
        if !is_group_name(group) {
            return Err(Refusal::GroupNotFound(group.to_owned()));
        }
        let known = &self.cloud.resource_groups;
        let spelling = match known.iter().find(|name| name.eq_ignore_ascii_case(group)) {
            Some(name) => name.clone(),
            None if !known.is_empty() => return Err(Refusal::GroupNotFound(group.to_owned())),
            None => self
                .groups
                .entry((
                    subscription.to_ascii_lowercase(),
                    group.to_ascii_lowercase(),
                ))
                .or_insert_with(|| group.to_owned())
                .clone(),
        };
        match &mut resource {
            Resource::Profile(path)
            | Resource::ProfileTags(path)
            | Resource::HeatMap(path)
            | Resource::Endpoint { profile: path, .. } => path.resource_group = spelling,
            Resource::Zone(zone)
            | Resource::RecordSets { zone, .. }
            | Resource::RecordSet(SetPath { zone, .. }) => zone.resource_group = spelling,
            _ => {}
        }
        Ok(resource)
    }

    /// The profile with this path.
    fn stored(&self, path: &ProfilePath, version: ApiVersion) -> Result<&Profile, Refusal> {
        match self.profiles.get(&path.key()) {
            Some(stored) => Ok(&stored.profile),
            None => Err(Refusal::ProfileNotFound {
                path: path.clone(),
                version,
            }),
        }
    }

    /// Stores a profile in place of the one with the same path.
    fn store(&mut self, profile: Profile) {
        let key = profile.path.key();
        self.names.retain(|_, owner| *owner != key);
        if let Some(fqdn) = self.fqdn(&profile.settings.relative_name) {
            self.names.insert(fqdn, key.clone());
        }
        self.probes_changed |= self.health.update(&profile);
        self.note(&key, Some(&profile));
        if let Some(view) = self.view(&profile) {
            self.profiles.insert(key, Stored { profile, view });
        }
    }

    fn remove(&mut self, key: &ProfileKey) {
        if let Some(stored) = self.profiles.remove(key) {
            self.note(key, None);
            self.names.retain(|_, owner| owner != key);
            self.zones.unlink(key, stored.profile.settings.ttl);
            self.probes_changed |= self.health.forget(&stored.profile);
        }
    }

    /// Keeps what reads will show that lag behind.
    fn note(&mut self, key: &ProfileKey, profile: Option<&Profile>) {
        if self.lags() {
            self.past.note(self.now, key.clone(), profile.cloned());
        }
    }

    fn lags(&self) -> bool {
        !self.cloud.list_lag.is_zero()
    }

    /// The profiles that a list shows.
    fn listed(&self) -> Vec<&Profile> {
        if self.lags() {
            self.past.profiles(self.now, self.cloud.list_lag).collect()
        } else {
            self.profiles().collect()
        }
    }

    /// The tags that the tags API shows of a profile.
    fn shown_tags<'a>(&'a self, profile: &'a Profile) -> Option<&'a Tags> {
        if self.lags() {
            let key = profile.path.key();
            let past = self.past.profile(self.now, self.cloud.list_lag, &key)?;
            past.tags.as_ref()
        } else {
            profile.tags.as_ref()
        }
    }

    /// Brings the data plane's view of a profile up to date with the health of its endpoints.
    fn refresh(&mut self, key: &ProfileKey) {
        let view = self
            .profiles
            .get(key)
            .and_then(|stored| self.view(&stored.profile));
        if let (Some(view), Some(stored)) = (view, self.profiles.get_mut(key)) {
            stored.view = view;
        }
    }

    fn view(&self, profile: &Profile) -> Option<Arc<data_plane::Profile>> {
        let suffix = self.cloud.dns_suffix.as_str();
        let view = view::profile(profile, suffix, |key| self.health.health(key));
        if view.is_none() {
            tracing::error!(profile = profile.path.id(), "no view for the data plane");
        }
        view.map(Arc::new)
    }

    /// The answer to a DELETE that has deleted something.
    fn deleted(&self, version: ApiVersion) -> Response {
        if self.cloud.quirks.delete_has_body_since_2026 && version >= ApiVersion::V2026_09_01 {
            done(StatusCode::OK, &serde_json::json!({}))
        } else {
            done_without_body(StatusCode::OK)
        }
    }

    fn fqdn(&self, relative_name: &str) -> Option<Fqdn> {
        view::fqdn(relative_name, self.cloud.dns_suffix.as_str())
    }

    fn style<'a>(&'a self, version: ApiVersion, statuses: Option<&'a Statuses>) -> Style<'a> {
        Style {
            version,
            suffix: self.cloud.dns_suffix.as_str(),
            answers_put: false,
            statuses,
        }
    }
}

impl Directory for State {
    fn profile(&self, fqdn: &Fqdn) -> Option<Arc<data_plane::Profile>> {
        let key = self.names.get(fqdn)?;
        self.profiles.get(key).map(|stored| stored.view.clone())
    }

    fn has_descendants(&self, name: &Fqdn) -> bool {
        self.names.keys().any(|known| known.is_below(name))
    }

    fn hosted(&self, name: &Fqdn) -> Option<Hosted> {
        self.resolve_hosted(name)
    }
}
