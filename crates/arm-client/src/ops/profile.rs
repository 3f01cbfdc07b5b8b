//! Single profiles.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Serialize;
use traffic_manager::ProfileId;
use traffic_manager::profile::{Profile, ProfilePatch, ProfilePatchProperties};

use crate::call::Call;
use crate::exchange::Request;
use crate::ops;
use crate::routes::Routes;
use crate::{Error, PutOutcome};

pub(crate) async fn get(
    call: &mut Call<'_>,
    routes: &Routes,
    id: &ProfileId,
) -> Result<Option<Profile>, Error> {
    let request = Request::get(routes.profile(id));
    match call.send(&request).await {
        Ok(answer) if answer.status == 200 => ops::resource(call, &request, &answer).map(Some),
        Ok(answer) => Err(call.refused(&request, &answer)),
        Err(error) => call.absent_as(None, error),
    }
}

pub(crate) async fn put(
    call: &mut Call<'_>,
    routes: &Routes,
    id: &ProfileId,
    body: &Profile,
) -> Result<PutOutcome<Profile>, Error> {
    let request = call.json_request(Method::PUT, routes.profile(id), body)?;
    let answer = call.send(&request).await?;
    match answer.status {
        201 => ops::resource(call, &request, &answer).map(PutOutcome::Created),
        200 => Ok(PutOutcome::Replaced {
            value: ops::resource(call, &request, &answer)?,
            after_retry: call.may_have_taken_effect(),
        }),
        _ => Err(call.refused(&request, &answer)),
    }
}

pub(crate) async fn patch(
    call: &mut Call<'_>,
    routes: &Routes,
    id: &ProfileId,
    body: &ProfilePatch,
) -> Result<Profile, Error> {
    let request = call.json_request(Method::PATCH, routes.profile(id), body)?;
    let answer = call.send(&request).await?;
    match answer.status {
        200 => ops::resource(call, &request, &answer),
        _ => Err(call.refused(&request, &answer)),
    }
}

/// A PATCH that changes no settings.
#[derive(Serialize)]
struct TagsOnly<'a> {
    tags: &'a BTreeMap<String, String>,
    properties: ProfilePatchProperties,
}

pub(crate) async fn replace_tags(
    call: &mut Call<'_>,
    routes: &Routes,
    id: &ProfileId,
    tags: &BTreeMap<String, String>,
) -> Result<Profile, Error> {
    let body = TagsOnly {
        tags,
        properties: ProfilePatchProperties::default(),
    };
    let request = call.json_request(Method::PATCH, routes.profile(id), &body)?;
    let answer = call.send_once(&request).await?;
    match answer.status {
        200 => ops::resource(call, &request, &answer),
        _ => Err(call.refused(&request, &answer)),
    }
}
