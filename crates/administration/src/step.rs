//! What the commands can do to Azure, one write at a time.

use std::collections::BTreeMap;
use std::fmt;

use arm_client::{Error, Operation, TrafficManagerApi};
use serde::Serialize;
use traffic_manager::profile::{Endpoint, ProfilePatch, ProfilePatchProperties};
use traffic_manager::{EndpointKind, EndpointName, ProfileId, Switch};

use crate::place::Place;

/// One write to one profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The profile.
    pub profile: ProfileId,
    /// What is written.
    pub write: Write,
}

/// A write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// PUT of an endpoint as it is, but for its status.
    DisableEndpoint(Disabled),
    /// DELETE of an endpoint; its type is part of its path.
    DeleteEndpoint(EndpointKind, EndpointName),
    /// PATCH of the profile's status to `Disabled`.
    DisableProfile,
    /// Tags API, Merge.
    MergeTags(BTreeMap<String, String>),
    /// Tags API, Delete: where the tags have these values.
    DeleteTags(BTreeMap<String, String>),
}

/// The body of a PUT that disables an endpoint and leaves the rest as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Disabled {
    name: EndpointName,
    body: Box<Endpoint>,
}

/// A step as JSON shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    profile: Place,
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a Endpoint>,
    text: String,
}

// === impl Disabled ===

impl Disabled {
    /// The endpoint, disabled.
    pub fn new(name: EndpointName, held: &Endpoint) -> Self {
        let mut body = held.to_request();
        body.name = Some(name.to_string());
        body.properties.endpoint_status = Some(Switch::Disabled.to_string());
        Self {
            name,
            body: Box::new(body),
        }
    }

    /// The endpoint.
    pub fn name(&self) -> &EndpointName {
        &self.name
    }

    /// What is sent.
    pub fn body(&self) -> &Endpoint {
        &self.body
    }
}

// === impl Write ===

impl Write {
    /// The operation of Azure Resource Manager.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::DisableEndpoint(_) => Operation::EndpointsPut,
            Self::DeleteEndpoint(..) => Operation::EndpointsDelete,
            Self::DisableProfile => Operation::ProfilesPatch,
            Self::MergeTags(_) => Operation::TagsMerge,
            Self::DeleteTags(_) => Operation::TagsDelete,
        }
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DisableEndpoint(disabled) => {
                let properties = &disabled.body.properties;
                let resource = properties.target_resource_id.as_deref();
                let target = properties.target.as_deref().or(resource);
                let target = target.unwrap_or("no target");
                write!(f, "disable endpoint {} ({target})", disabled.name)
            }
            Self::DeleteEndpoint(_, name) => write!(f, "delete endpoint {name}"),
            Self::DisableProfile => f.write_str("disable the profile, which is empty"),
            Self::MergeTags(tags) => {
                f.write_str("write ")?;
                let texts = tags.iter().map(|(name, value)| format!("{name}={value}"));
                list(f, "tag", texts)
            }
            Self::DeleteTags(tags) => {
                f.write_str("remove ")?;
                list(f, "tag", tags.keys().cloned())
            }
        }
    }
}

fn list(
    f: &mut fmt::Formatter<'_>,
    noun: &str,
    texts: impl ExactSizeIterator<Item = String>,
) -> fmt::Result {
    let plural = if texts.len() == 1 { "" } else { "s" };
    let texts: Vec<_> = texts.collect();
    write!(f, "{noun}{plural} {}", texts.join(", "))
}

// === impl Step ===

impl Step {
    /// Does it.
    pub async fn perform(&self, api: &dyn TrafficManagerApi) -> Result<(), Error> {
        let id = &self.profile;
        match &self.write {
            Write::DisableEndpoint(disabled) => {
                api.put_endpoint(id, &disabled.body).await?;
            }
            Write::DeleteEndpoint(kind, name) => {
                api.delete_endpoint(id, *kind, name).await?;
            }
            Write::DisableProfile => {
                let properties = ProfilePatchProperties {
                    profile_status: Some(Switch::Disabled.to_string()),
                    ..ProfilePatchProperties::default()
                };
                api.patch_profile(id, &ProfilePatch { properties }).await?;
            }
            Write::MergeTags(tags) => drop(api.merge_tags(id, tags).await?),
            Write::DeleteTags(tags) => drop(api.delete_tags(id, tags).await?),
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Place::from(&self.profile), self.write)
    }
}

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shown = Shown {
            profile: Place::from(&self.profile),
            operation: self.write.operation().as_str(),
            endpoint: None,
            tags: None,
            body: None,
            text: self.write.to_string(),
        };
        match &self.write {
            Write::DisableEndpoint(disabled) => {
                shown.endpoint = Some(disabled.name.as_str());
                shown.body = Some(&disabled.body);
            }
            Write::DeleteEndpoint(_, name) => shown.endpoint = Some(name.as_str()),
            Write::DisableProfile => {}
            Write::MergeTags(tags) | Write::DeleteTags(tags) => shown.tags = Some(tags),
        }
        shown.serialize(serializer)
    }
}
