//! Operations on profiles.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{State, done, done_without_body};
use crate::api_version::{ApiVersion, Feature};
use crate::document::ProfileDocument;
use crate::model::{Profile, ProfilePath, Settings};
use crate::read::endpoint::EndpointDraft;
use crate::read::{Problems, endpoint, profile};
use crate::refusal::Refusal;
use crate::request::Response;
use crate::rules;

/// The answer to a list. There are no pages.
#[derive(Serialize)]
struct List<'a> {
    value: Vec<ProfileDocument<'a>>,
}

/// The same in the oldest api-version.
#[derive(Serialize)]
struct OldList<'a> {
    values: Vec<ProfileDocument<'a>>,
}

impl State {
    /// Lists profiles. Lists show no monitor status, and no profile whose method the api-version cannot express.
    pub(super) fn list_profiles(
        &self,
        version: ApiVersion,
        subscription: &str,
        resource_group: Option<&str>,
    ) -> Response {
        let style = self.style(version, None);
        let documents: Vec<_> = self
            .listed()
            .into_iter()
            .filter(|profile| profile.path.is_in(subscription, resource_group))
            .filter(|profile| profile.settings.routing.known_to(version))
            .map(|profile| style.profile(profile))
            .collect();
        if version.has(Feature::MonitorStatus) {
            done(StatusCode::OK, &List { value: documents })
        } else {
            done(StatusCode::OK, &OldList { values: documents })
        }
    }

    pub(super) fn get_profile(
        &self,
        version: ApiVersion,
        path: &ProfilePath,
    ) -> Result<Response, Refusal> {
        let profile = self.stored(path, version)?;
        if !profile.settings.routing.known_to(version) {
            return Err(Refusal::ProfileNotFound {
                path: path.clone(),
                version,
            });
        }
        let statuses = self.statuses(path);
        let document = self.style(version, statuses.as_ref()).profile(profile);
        Ok(done(StatusCode::OK, &document))
    }

    /// Creates or replaces a profile. Endpoints that the body does not have are gone.
    pub(super) fn put_profile(
        &mut self,
        version: ApiVersion,
        path: &ProfilePath,
        mut body: Value,
    ) -> Result<Response, Refusal> {
        check_location(&body, self.cloud.quirks.location_required)?;
        let tags = super::tags::read(body.get("tags"))?;
        let properties = take_properties(&mut body, |properties| {
            version.prune_profile(properties);
        });
        let existing = self.profiles.get(&path.key()).map(|s| s.profile.clone());
        if existing.is_none() {
            check_profile_name(&path.name)?;
        }
        let mut problems = Problems::default();
        let settings = self.settings(version, &properties, existing.as_ref(), &mut problems);
        let drafts = endpoint_drafts(&properties, &mut problems);
        let endpoints = self.place_endpoints(drafts, existing.as_ref(), &mut problems);
        let wanted = Profile {
            // The spelling of the creator stays.
            path: existing.as_ref().map_or(path, |known| &known.path).clone(),
            tags,
            settings: problems.or(settings).map_err(Refusal::Invalid)?,
            endpoints,
        };
        self.admit(version, &wanted)?;
        self.check_name_and_quota(&wanted, existing.is_none())?;

        let is_old = !version.has(Feature::MonitorStatus);
        let status = if existing.is_none() || is_old {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        self.store(wanted);
        // The oldest version repeats the protocol as it was spelt; a later read shows it normalised.
        let spelt = properties
            .pointer("/monitorConfig/protocol")
            .and_then(Value::as_str)
            .filter(|_| is_old);
        let profile = self.stored(path, version)?;
        let statuses = self.statuses(path);
        let mut style = self.style(version, statuses.as_ref());
        style.answers_put = true;
        let mut document = style.profile(profile);
        if let Some(spelt) = spelt {
            document.properties.monitor_config.protocol = spelt;
        }
        Ok(done(status, &document))
    }

    /// Changes what the body names. Tags are replaced as a whole, endpoints cannot be named.
    pub(super) fn patch_profile(
        &mut self,
        version: ApiVersion,
        path: &ProfilePath,
        mut body: Value,
    ) -> Result<Response, Refusal> {
        let existing = self.stored(path, version)?.clone();
        check_location(&body, false)?;
        let tags = super::tags::read(body.get("tags"))?;
        let changes = take_properties(&mut body, |properties| {
            version.prune_profile(properties);
        });
        if changes.get("endpoints").is_some_and(|e| !e.is_null()) {
            return Err(Refusal::Invalid("The 'endpoints' property cannot be specified when updating a profile using PATCH. Please use PUT to update the profile instead.".to_owned()));
        }
        let mut properties = self.input_of(&existing)?;
        merge(
            &mut properties,
            &changes,
            self.cloud.quirks.patch_null_resets,
        );
        let mut problems = Problems::default();
        let newest = ApiVersion::NEWEST;
        let settings = self.settings(newest, &properties, Some(&existing), &mut problems);
        let settings = problems.or(settings).map_err(Refusal::Invalid)?;
        let wanted = Profile {
            tags: tags.or_else(|| existing.tags.clone()),
            settings,
            ..existing
        };
        self.admit(version, &wanted)?;
        self.check_name_and_quota(&wanted, false)?;
        self.store(wanted);
        self.get_profile(version, path)
    }

    /// Deletes a profile with its endpoints and frees its name.
    pub(super) fn delete_profile(
        &mut self,
        version: ApiVersion,
        path: &ProfilePath,
    ) -> Result<Response, Refusal> {
        let key = path.key();
        let Some(stored) = self.profiles.get(&key) else {
            return Ok(done_without_body(StatusCode::NO_CONTENT));
        };
        if self.cloud.quirks.nested_child_is_kept
            && let Some(parent) = self.parent_of(&stored.profile)
        {
            return Err(Refusal::NestedElsewhere {
                child: stored.profile.path.name.clone(),
                parent: parent.path.name.clone(),
            });
        }
        self.remove(&key);
        Ok(self.deleted(version))
    }

    /// Checks a profile as a whole before it is stored.
    pub(super) fn admit(&self, version: ApiVersion, wanted: &Profile) -> Result<(), Refusal> {
        let mut problems = Problems::default();
        rules::check(
            wanted,
            version,
            &self.cloud.quirks,
            self.cloud.allow_private_targets,
            &mut problems,
        );
        self.check_nesting(wanted, &mut problems);
        problems.or(Some(())).map_err(Refusal::Invalid)?;
        self.check_aliases(wanted)
    }

    fn settings(
        &self,
        version: ApiVersion,
        properties: &Value,
        existing: Option<&Profile>,
        problems: &mut Problems,
    ) -> Option<Settings> {
        let suffix = self.cloud.dns_suffix.as_str();
        let quirks = &self.cloud.quirks;
        let mut settings = profile::settings(properties, version, suffix, quirks, problems);
        if let (Some(settings), Some(existing)) = (&mut settings, existing) {
            keep_what_is_fixed(
                settings,
                &existing.settings,
                quirks.fixed_relative_name,
                problems,
            );
        }
        settings
    }

    /// The properties of a profile in the form of a request.
    fn input_of(&self, profile: &Profile) -> Result<Value, Refusal> {
        let style = self.style(ApiVersion::NEWEST, None);
        let document = serde_json::to_value(style.profile(profile).properties)
            .map_err(|error| Refusal::InvalidContent(error.to_string()))?;
        let mut properties = document;
        if let Some(properties) = properties.as_object_mut() {
            properties.remove("endpoints");
        }
        Ok(properties)
    }

    fn check_name_and_quota(&self, wanted: &Profile, is_new: bool) -> Result<(), Refusal> {
        let fqdn = self.fqdn(&wanted.settings.relative_name);
        let owner = fqdn.as_ref().and_then(|fqdn| self.names.get(fqdn));
        if let (Some(fqdn), Some(owner)) = (&fqdn, owner)
            && *owner != wanted.path.key()
        {
            return Err(Refusal::NameTaken(fqdn.to_string()));
        }
        let subscription = &wanted.path.subscription;
        let count = self
            .profiles()
            .filter(|profile| profile.path.is_in(subscription, None))
            .count();
        if is_new && count >= rules::PROFILE_LIMIT {
            return Err(Refusal::QuotaExceeded {
                subscription: subscription.clone(),
                limit: rules::PROFILE_LIMIT,
            });
        }
        Ok(())
    }
}

/// Puts `changes` into `target`: objects property by property, anything else as a whole.
pub(super) fn merge(target: &mut Value, changes: &Value, null_resets: bool) {
    match (target, changes) {
        (Value::Object(target), Value::Object(changes)) => {
            for (key, change) in changes {
                match change {
                    Value::Null if null_resets => {
                        target.remove(key);
                    }
                    Value::Null => {}
                    change => merge(
                        target.entry(key.clone()).or_insert(Value::Null),
                        change,
                        null_resets,
                    ),
                }
            }
        }
        (target, change) => *target = change.clone(),
    }
}

/// Takes `properties` out of a body and prunes it. An absent one counts as empty.
pub(super) fn take_properties(body: &mut Value, prune: impl FnOnce(&mut Value)) -> Value {
    let mut properties = body.get_mut("properties").map_or(Value::Null, Value::take);
    if properties.is_null() {
        properties = Value::Object(Map::new());
    }
    prune(&mut properties);
    properties
}

/// Reads the endpoints of a full PUT. When a name or type is wrong, nothing else is looked at.
fn endpoint_drafts(properties: &Value, problems: &mut Problems) -> Vec<EndpointDraft> {
    let mut nameless = Problems::default();
    let given = match properties.get("endpoints") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(endpoints)) => endpoints,
        Some(_) => {
            nameless.say("The property 'properties.endpoints' must be an array.");
            &[]
        }
    };
    let identities: Vec<_> = given
        .iter()
        .map(|one| endpoint::identity(one, &mut nameless))
        .collect();
    let mut repeated: Vec<&str> = Vec::new();
    for (index, (name, _)) in identities.iter().enumerate() {
        let name = name.as_deref().unwrap_or_default();
        let earlier = identities.iter().take(index);
        let is_repeated = earlier
            .filter_map(|(earlier, _)| earlier.as_deref().or(Some("")))
            .any(|earlier| earlier.eq_ignore_ascii_case(name));
        if is_repeated && !repeated.iter().any(|r| r.eq_ignore_ascii_case(name)) {
            repeated.push(name);
        }
    }
    if !repeated.is_empty() {
        nameless.say(duplicate_names(&repeated));
    }
    if !nameless.is_empty() {
        problems.add(nameless);
        return Vec::new();
    }
    given
        .iter()
        .zip(identities)
        .filter_map(|(one, (name, kind))| {
            Some(endpoint::draft(
                &name?,
                kind?,
                one.get("properties"),
                problems,
            ))
        })
        .collect()
}

/// The sentence about endpoint names that occur twice.
pub(super) fn duplicate_names(names: &[&str]) -> String {
    format!(
        "There are duplicates in the list of endpoints. The following endpoint(s) appear more than once: {}.",
        names.join(", ")
    )
}

/// The relative name and the record type of a profile do not change.
fn keep_what_is_fixed(
    settings: &mut Settings,
    existing: &Settings,
    fixed_relative_name: bool,
    problems: &mut Problems,
) {
    if settings
        .relative_name
        .eq_ignore_ascii_case(&existing.relative_name)
    {
        settings.relative_name.clone_from(&existing.relative_name);
    } else if fixed_relative_name {
        problems
            .say("The RelativeName of a Traffic Manager profile cannot be changed after creation.");
    }
    match (existing.record_type, settings.record_type) {
        (Some(known), Some(wanted)) if known != wanted => problems
            .say("The RecordType of a Traffic Manager profile cannot be changed after creation."),
        (Some(known), None) => settings.record_type = Some(known),
        _ => {}
    }
}

fn check_location(body: &Value, required: bool) -> Result<(), Refusal> {
    match body.get("location") {
        None | Some(Value::Null) if required => Err(Refusal::LocationRequired),
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(location)) if location.eq_ignore_ascii_case("global") => Ok(()),
        Some(Value::String(location)) => Err(Refusal::LocationNotAvailable(location.clone())),
        Some(_) => Err(Refusal::InvalidContent(
            "the location must be a string".to_owned(),
        )),
    }
}

fn check_profile_name(name: &str) -> Result<(), Refusal> {
    let is_good = (1..=63).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    if is_good {
        return Ok(());
    }
    Err(Refusal::Invalid(format!(
        "Profile name '{name}' is invalid. Profile names must be up to 63 letters, digits, hyphens and periods long, and must start and end with a letter or digit."
    )))
}
