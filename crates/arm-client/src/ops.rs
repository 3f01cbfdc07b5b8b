//! What each operation sends, and how it reads the answers. One module for each
//! kind of resource; how requests are tried again is the business of
//! [`Call`](crate::call::Call).

pub(crate) mod dns;
pub(crate) mod endpoint;
pub(crate) mod list;
pub(crate) mod lookup;
pub(crate) mod profile;
pub(crate) mod tags;

use serde::de::DeserializeOwned;
use traffic_manager::profile::{Endpoint, Profile};
use traffic_manager::public_ip::PublicIpDocument;
use url::Url;

use crate::call::Call;
use crate::error::DecodeError;
use crate::exchange::{Answer, Request};
use crate::{Deleted, Error};

/// Something that Azure gives an id.
pub(crate) trait Resource: DeserializeOwned {
    fn id(&self) -> Option<&str>;
}

impl Resource for Profile {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl Resource for Endpoint {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl Resource for PublicIpDocument {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

/// The resource in an answer.
pub(crate) fn resource<T: Resource>(
    call: &Call<'_>,
    request: &Request,
    answer: &Answer,
) -> Result<T, Error> {
    let resource: T = call.decode(request, answer)?;
    check_id(call, request, &resource)?;
    Ok(resource)
}

/// Refuses what is no resource. Its fields are all optional, so nothing else
/// would.
pub(crate) fn check_id(
    call: &Call<'_>,
    request: &Request,
    resource: &impl Resource,
) -> Result<(), Error> {
    match resource.id() {
        Some(id) if !id.is_empty() => Ok(()),
        _ => Err(call.unusable(request.resource(), DecodeError::NoId)),
    }
}

/// Deletes a resource. Azure answers 204 when there is none, and 404 when what
/// would hold it is missing; both mean that there is nothing to delete.
pub(crate) async fn delete(call: &mut Call<'_>, url: Url) -> Result<Deleted, Error> {
    let request = Request::delete(url);
    match call.send(&request).await {
        Ok(answer) => match answer.status {
            200 => Ok(Deleted::Deleted),
            204 => Ok(Deleted::Absent),
            _ => Err(call.refused(&request, &answer)),
        },
        Err(error) => call.absent_as(Deleted::Absent, error),
    }
}
