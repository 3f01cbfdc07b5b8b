//! A small, strict Azure: it refuses what the real one refuses, so that a plan
//! whose intermediate states are not allowed fails the test.

use std::collections::BTreeMap;
use std::net::IpAddr;

use members::plan::Write;
use traffic_manager::profile::{Endpoint, MonitorConfig, Profile};
use traffic_manager::tag::{TAGS_MAX, check_name, check_value};
use traffic_manager::{EndpointKind, EndpointName, ProfileId, RecordType, SubnetRange};

#[derive(Debug, Clone, Default)]
pub(crate) struct Azure {
    pub(crate) profiles: BTreeMap<ProfileId, Profile>,
    pub(crate) writes: usize,
    /// Whether the last endpoint write was a delete.
    pub(crate) deleted_last: bool,
    /// What is going to go wrong.
    pub(crate) trouble: Option<Trouble>,
    /// Whether something has gone wrong.
    pub(crate) troubled: bool,
    /// Whether a plan is carried out after somebody else has written to other
    /// profiles: what they nest in each other, only Azure sees then.
    pub(crate) late: bool,
}

/// How the refusal of profiles that are in each other ends.
pub(crate) const IN_ITSELF: &str = "is in itself";

/// One write that fails.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trouble {
    /// How many writes succeed before it.
    pub(crate) after: usize,
    pub(crate) kind: TroubleKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TroubleKind {
    /// The write does not happen.
    Refused,
    /// The write happens, and the answer is lost.
    AnswerLost,
    /// Neither this write nor any later one happens: the process is gone.
    Killed,
}

impl Azure {
    /// Writes, or fails as was asked for.
    pub(crate) fn write(&mut self, id: &ProfileId, write: &Write) -> Result<(), String> {
        let Some(trouble) = &mut self.trouble else {
            return self.perform(id, write);
        };
        if let Some(after) = trouble.after.checked_sub(1) {
            trouble.after = after;
            return self.perform(id, write);
        }
        self.troubled = true;
        match trouble.kind {
            TroubleKind::Refused => self.trouble = None,
            TroubleKind::AnswerLost => {
                self.trouble = None;
                self.perform(id, write)?;
            }
            TroubleKind::Killed => {}
        }
        Err("trouble".to_owned())
    }

    fn perform(&mut self, id: &ProfileId, write: &Write) -> Result<(), String> {
        self.writes += 1;
        if matches!(write, Write::PutEndpoint(_) | Write::DeleteEndpoint(..)) {
            self.deleted_last = matches!(write, Write::DeleteEndpoint(..));
        }
        let mut next = self.profiles.get(id).cloned();
        match write {
            Write::CreateProfile(body) => {
                let mut profile = (**body).clone();
                profile.id = Some(id.arm_id());
                profile.name = Some(id.name.to_string());
                let dns = profile
                    .properties
                    .dns_config
                    .as_mut()
                    .ok_or("no dnsConfig")?;
                dns.fqdn = dns
                    .relative_name
                    .as_ref()
                    .map(|name| format!("{name}.trafficmanager.net"));
                let endpoints = profile.properties.endpoints.take().unwrap_or_default();
                profile.properties.endpoints = Some(Vec::new());
                for endpoint in endpoints {
                    put(&mut profile, endpoint)?;
                }
                next = Some(profile);
            }
            Write::DeleteProfile => next = None,
            _ => {
                let profile = next.as_mut().ok_or("ResourceNotFound")?;
                change(profile, write)?;
            }
        }
        let mut profiles = self.profiles.clone();
        match next {
            Some(profile) => {
                check(&profile)?;
                profiles.insert(id.clone(), profile);
            }
            None => drop(profiles.remove(id)),
        }
        check_nesting(&profiles)?;
        self.profiles = profiles;
        Ok(())
    }

    pub(crate) fn endpoint(&self, id: &ProfileId, name: &str) -> Option<&Endpoint> {
        self.profiles
            .get(id)?
            .endpoints()
            .iter()
            .find(|e| e.name.as_deref() == Some(name))
    }
}

fn change(profile: &mut Profile, write: &Write) -> Result<(), String> {
    match write {
        Write::PatchProfile(patch) => {
            let patch = &patch.properties;
            let held = &mut profile.properties;
            held.profile_status = patch.profile_status.clone().or(held.profile_status.take());
            held.traffic_routing_method = patch
                .traffic_routing_method
                .clone()
                .or(held.traffic_routing_method.take());
            held.max_return = patch.max_return.or(held.max_return);
            if let Some(dns) = &patch.dns_config {
                held.dns_config.as_mut().ok_or("no dns")?.ttl = dns.ttl;
            }
            if let Some(kind) = &patch.record_type {
                if held.record_type.as_ref().is_some_and(|held| held != kind) {
                    return Err("the record type cannot change".to_owned());
                }
                held.record_type = Some(kind.clone());
            }
            if let Some(view) = &patch.traffic_view_enrollment_status {
                held.traffic_view_enrollment_status = Some(view.clone());
            }
            if let Some(monitor) = &patch.monitor_config {
                let base = held.monitor_config.take().unwrap_or_default();
                held.monitor_config = Some(merged(base, monitor));
            }
        }
        Write::PutEndpoint(endpoint) => put(profile, (**endpoint).clone())?,
        Write::DeleteEndpoint(kind, name) => {
            let endpoints = profile
                .properties
                .endpoints
                .as_mut()
                .ok_or("no endpoints")?;
            endpoints.retain(|endpoint| {
                endpoint.endpoint_name().as_ref() != Some(name) || endpoint.kind() != Some(*kind)
            });
        }
        Write::MergeTags(tags) => {
            // Tag names ignore case, and keep the spelling that came first.
            let held = profile.tags.get_or_insert_default();
            for (name, value) in tags {
                let spelling = held
                    .keys()
                    .find(|held| held.eq_ignore_ascii_case(name))
                    .cloned();
                held.insert(spelling.unwrap_or_else(|| name.clone()), value.clone());
            }
        }
        Write::DeleteTags(tags) => {
            let held = profile.tags.get_or_insert_default();
            held.retain(|name, value| {
                !tags
                    .iter()
                    .any(|(gone, was)| gone.eq_ignore_ascii_case(name) && was == value)
            });
        }
        Write::CreateProfile(_) | Write::DeleteProfile => return Err("not a change".to_owned()),
    }
    Ok(())
}

/// What a PATCH leaves out stays as it is.
fn merged(base: MonitorConfig, patch: &MonitorConfig) -> MonitorConfig {
    let patch = patch.clone();
    MonitorConfig {
        profile_monitor_status: base.profile_monitor_status,
        protocol: patch.protocol.or(base.protocol),
        port: patch.port.or(base.port),
        path: patch.path.or(base.path),
        interval_in_seconds: patch.interval_in_seconds.or(base.interval_in_seconds),
        timeout_in_seconds: patch.timeout_in_seconds.or(base.timeout_in_seconds),
        tolerated_number_of_failures: patch
            .tolerated_number_of_failures
            .or(base.tolerated_number_of_failures),
        custom_headers: patch.custom_headers.or(base.custom_headers),
        expected_status_code_ranges: patch
            .expected_status_code_ranges
            .or(base.expected_status_code_ranges),
        rest: base.rest.into_iter().chain(patch.rest).collect(),
    }
}

fn put(profile: &mut Profile, mut endpoint: Endpoint) -> Result<(), String> {
    let name: EndpointName = endpoint.endpoint_name().ok_or("no name")?;
    let endpoints = profile
        .properties
        .endpoints
        .as_mut()
        .ok_or("no endpoints")?;
    let place = endpoints
        .iter()
        .position(|other| other.endpoint_name().as_ref() == Some(&name));
    let old = place.map(|index| endpoints.remove(index));
    let kind = endpoint.kind().ok_or("no type")?;
    if old.as_ref().is_some_and(|old| old.kind() != Some(kind)) {
        return Err(format!("two endpoints are called {name}"));
    }
    derive(kind, &mut endpoint)?;
    if endpoint.properties.priority.is_none() {
        let last = endpoints
            .iter()
            .filter_map(|other| other.properties.priority)
            .max()
            .unwrap_or(0);
        endpoint.properties.priority = old
            .and_then(|old| old.properties.priority)
            .or((last < 1000).then_some(last + 1))
            .or_else(|| {
                let taken = |number: &i64| {
                    let mut held = endpoints.iter().filter_map(|e| e.properties.priority);
                    held.any(|priority| priority == *number)
                };
                (1..=1000).find(|number| !taken(number))
            });
    }
    // Azure answers display names.
    if let Some(location) = &mut endpoint.properties.endpoint_location {
        *location = location.replace("eastus", "East US");
    }
    endpoints.push(endpoint);
    Ok(())
}

/// What the service fills in by itself, and what it does not let others say.
fn derive(kind: EndpointKind, endpoint: &mut Endpoint) -> Result<(), String> {
    let properties = &mut endpoint.properties;
    if kind == EndpointKind::External {
        let alone = properties.target_resource_id.is_none() && properties.target.is_some();
        return alone.then_some(()).ok_or("not a target alone".to_owned());
    }
    if properties.target.is_some() {
        return Err("the target is not given".to_owned());
    }
    let resource = properties.target_resource_id.as_deref();
    let resource = resource.ok_or("no resource")?;
    let name = resource.rsplit('/').next().unwrap_or_default();
    if kind == EndpointKind::Azure {
        properties.target = Some(format!("{name}.eastus.cloudapp.azure.com"));
        properties.endpoint_location = Some("East US".to_owned());
        return Ok(());
    }
    if properties.always_serve.is_some() {
        return Err("a nested endpoint is not always served".to_owned());
    }
    properties.target = Some(format!("{name}.trafficmanager.net"));
    properties.always_serve = Some("Disabled".to_owned());
    properties.min_child_endpoints.get_or_insert(1);
    properties.min_child_endpoints_ipv4.get_or_insert(0);
    properties.min_child_endpoints_ipv6.get_or_insert(0);
    Ok(())
}

/// Every child is there, and nothing is in itself.
fn check_nesting(profiles: &BTreeMap<ProfileId, Profile>) -> Result<(), String> {
    let children = |id: &ProfileId| -> Vec<ProfileId> {
        let endpoints = profiles.get(id).map(Profile::endpoints).unwrap_or_default();
        let nested = endpoints
            .iter()
            .filter(|endpoint| endpoint.kind() == Some(EndpointKind::Nested));
        nested
            .filter_map(|endpoint| {
                endpoint
                    .properties
                    .target_resource_id
                    .as_ref()?
                    .parse()
                    .ok()
            })
            .collect()
    };
    for id in profiles.keys() {
        let mut level = children(id);
        for _ in 0..10 {
            if let Some(missing) = level.iter().find(|child| !profiles.contains_key(child)) {
                return Err(format!("there is no profile {missing}, which is in {id}"));
            }
            level = level.iter().flat_map(children).collect();
        }
        if !level.is_empty() {
            return Err(format!("profile {id} {IN_ITSELF}"));
        }
    }
    Ok(())
}

fn check(profile: &Profile) -> Result<(), String> {
    let tags = profile.tags.iter().flatten();
    if tags.clone().count() > TAGS_MAX {
        return Err("too many tags".to_owned());
    }
    for (name, value) in tags {
        check_name(name).map_err(|error| format!("{name}: {error}"))?;
        check_value(value).map_err(|error| format!("{value}: {error}"))?;
    }
    let method = profile
        .properties
        .traffic_routing_method
        .as_deref()
        .unwrap_or_default();
    let endpoints = profile.endpoints();
    let record_type = profile.properties.record_type.as_deref();
    let record_type: Option<RecordType> = record_type.map(|text| text.parse().unwrap());
    for endpoint in endpoints {
        let unsuited =
            record_type.and_then(|kind| members::requirement::unsuited_on_wire(kind, endpoint));
        if let Some(unsuited) = unsuited {
            return Err(unsuited);
        }
    }
    let targets: Vec<_> = endpoints
        .iter()
        .filter_map(|e| e.properties.target.as_deref())
        .collect();
    for (index, one) in endpoints.iter().enumerate() {
        let mine = &one.properties;
        match method {
            "Geographic" if mine.geo_mapping.is_none() => {
                return Err(format!("{:?}: no mapping", one.name));
            }
            "Performance" if mine.endpoint_location.is_none() => {
                return Err(format!("{:?}: no location", one.name));
            }
            "MultiValue"
                if targets[index].parse::<IpAddr>().is_err()
                    || one.kind() != Some(EndpointKind::External) =>
            {
                return Err(format!("{:?}: not an address", one.name));
            }
            _ => {}
        }
        for other in &endpoints[index + 1..] {
            let theirs = &other.properties;
            if mine.target == theirs.target && one.kind() == other.kind() {
                return Err(format!("Endpoint target must be unique: {:?}", mine.target));
            }
            if mine.priority == theirs.priority {
                return Err(format!("duplicate priority {:?}", mine.priority));
            }
            let codes = theirs.geo_mapping.iter().flatten();
            if codes
                .clone()
                .any(|code| mine.geo_mapping.iter().flatten().any(|mine| mine == code))
            {
                return Err("duplicate geographic code".to_owned());
            }
            let ranges = |list: &Option<Vec<_>>| -> Vec<SubnetRange> {
                list.iter()
                    .flatten()
                    .filter_map(SubnetRange::from_wire)
                    .collect()
            };
            let theirs_ranges = ranges(&theirs.subnets);
            if ranges(&mine.subnets)
                .iter()
                .any(|a| theirs_ranges.iter().any(|b| a.overlaps(b)))
            {
                return Err("overlapping subnets".to_owned());
            }
            let is_address = |target: &Option<String>| {
                target
                    .as_deref()
                    .is_some_and(|target| target.parse::<IpAddr>().is_ok())
            };
            if method != "MultiValue" && is_address(&mine.target) != is_address(&theirs.target) {
                return Err("mixed kinds of target".to_owned());
            }
        }
    }
    Ok(())
}
