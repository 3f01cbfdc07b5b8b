//! Lists: of profiles, and of public IP addresses.
//!
//! What is missing from a list looks deleted to whoever compares it with what
//! should be there, so a list is complete or an error. Azure answers with one
//! page today, and its newer models allow several.

use std::collections::BTreeSet;

use serde::Deserialize;
use traffic_manager::profile::Profile;
use traffic_manager::public_ip::PublicIpDocument;
use traffic_manager::{PublicIp, SubscriptionId};
use url::Url;

use crate::ListScope;
use crate::call::Call;
use crate::error::{DecodeError, Error};
use crate::exchange::Request;
use crate::ops::{self, Resource};
use crate::routes::Routes;

/// More pages than any subscription can fill.
const PAGES_MAX: usize = 1_000;

/// One page. `value` must be there: an object without it is no empty list.
#[derive(Deserialize)]
#[serde(bound = "T: Resource")]
struct Page<T> {
    value: Vec<T>,
    #[serde(default, rename = "nextLink")]
    next_link: Option<String>,
}

/// The profiles of a scope.
pub(crate) async fn all(
    call: &mut Call<'_>,
    routes: &Routes,
    scope: &ListScope,
) -> Result<Vec<Profile>, Error> {
    pages(call, routes, routes.profiles(scope)).await
}

/// The public IP addresses of a subscription. One whose id is of another form
/// than Azure's is nothing that an endpoint could point at.
pub(crate) async fn public_ips(
    call: &mut Call<'_>,
    routes: &Routes,
    subscription: &SubscriptionId,
) -> Result<Vec<PublicIp>, Error> {
    let documents: Vec<PublicIpDocument> =
        pages(call, routes, routes.public_ips(subscription)).await?;
    Ok(documents.iter().filter_map(PublicIp::of).collect())
}

/// Every page, from the first one on.
pub(crate) async fn pages<T: Resource>(
    call: &mut Call<'_>,
    routes: &Routes,
    first: Url,
) -> Result<Vec<T>, Error> {
    let mut resources = Vec::new();
    let mut read = BTreeSet::new();
    let mut next = Some(first);
    while let Some(url) = next {
        let request = Request::get(url);
        if read.len() == PAGES_MAX || !read.insert(request.url.clone()) {
            let endless = DecodeError::EndlessList { limit: PAGES_MAX };
            return Err(call.unusable(request.resource(), endless));
        }
        let answer = call.send(&request).await?;
        if answer.status != 200 {
            return Err(call.refused(&request, &answer));
        }
        let page: Page<T> = call.decode(&request, &answer)?;
        for resource in page.value {
            ops::check_id(call, &request, &resource)?;
            resources.push(resource);
        }
        next = match page.next_link.as_deref().filter(|link| !link.is_empty()) {
            None => None,
            Some(link) => Some(
                routes
                    .follow(link)
                    .ok_or_else(|| call.unusable(request.resource(), DecodeError::ForeignLink))?,
            ),
        };
    }
    Ok(resources)
}
