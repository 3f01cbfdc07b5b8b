//! Lists of profiles.
//!
//! What is missing from a list looks deleted to whoever compares it with what
//! should be there, so a list is complete or an error. Azure answers with one
//! page today, and its newer models allow several.

use std::collections::BTreeSet;

use serde::Deserialize;
use traffic_manager::profile::Profile;

use crate::ListScope;
use crate::call::Call;
use crate::error::{DecodeError, Error};
use crate::exchange::Request;
use crate::ops;
use crate::routes::Routes;

/// More pages than any subscription can fill.
const PAGES_MAX: usize = 1_000;

/// One page. `value` must be there: an object without it is no empty list.
#[derive(Deserialize)]
struct Page {
    value: Vec<Profile>,
    #[serde(default, rename = "nextLink")]
    next_link: Option<String>,
}

pub(crate) async fn all(
    call: &mut Call<'_>,
    routes: &Routes,
    scope: &ListScope,
) -> Result<Vec<Profile>, Error> {
    let mut profiles = Vec::new();
    let mut read = BTreeSet::new();
    let mut next = Some(routes.profiles(scope));
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
        let page: Page = call.decode(&request, &answer)?;
        for profile in page.value {
            ops::check_id(call, &request, &profile)?;
            profiles.push(profile);
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
    Ok(profiles)
}
