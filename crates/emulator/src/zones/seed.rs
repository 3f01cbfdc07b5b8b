//! Zones that are there from the start.

use std::str::FromStr;

use super::name::is_zone;
use super::path::ZonePath;
use crate::state::{is_group_name, is_guid};

/// A zone that is there from the start: `example.com`, `my-group/example.com`, or with its subscription before that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneSeed(pub(crate) ZonePath);

/// Why a text is no [`ZoneSeed`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not of the form [[SUBSCRIPTION/]GROUP/]NAME, such as my-dns-rg/example.com")]
pub struct InvalidZoneSeed(String);

/// Where a zone is whose flag names no place.
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
const GROUP: &str = "my-dns-rg";

impl FromStr for ZoneSeed {
    type Err = InvalidZoneSeed;

    fn from_str(text: &str) -> Result<Self, InvalidZoneSeed> {
        let parts: Vec<_> = text.split('/').collect();
        let (subscription, group, name) = match parts.as_slice() {
            [name] => (SUBSCRIPTION, GROUP, *name),
            [group, name] => (SUBSCRIPTION, *group, *name),
            [subscription, group, name] => (*subscription, *group, *name),
            _ => return Err(InvalidZoneSeed(text.to_owned())),
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        if !is_zone(name) || !is_group_name(group) || !is_guid(subscription) {
            return Err(InvalidZoneSeed(text.to_owned()));
        }
        Ok(Self(ZonePath {
            subscription: subscription.to_owned(),
            resource_group: group.to_owned(),
            name: name.to_owned(),
        }))
    }
}
