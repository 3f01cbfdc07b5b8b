//! Single profiles.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Serialize;
use traffic_manager::ProfileId;
use traffic_manager::profile::{Endpoint, Profile, ProfilePatch, ProfilePatchProperties};

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
    match read(call, routes, id).await {
        Ok(profile) => Ok(Some(profile)),
        Err(error) => call.absent_as(None, error),
    }
}

async fn read(call: &mut Call<'_>, routes: &Routes, id: &ProfileId) -> Result<Profile, Error> {
    let request = Request::get(routes.profile(id));
    let answer = call.send(&request).await?;
    match answer.status {
        200 => ops::resource(call, &request, &answer),
        _ => Err(call.refused(&request, &answer)),
    }
}

/// Creates a profile. Between two tries somebody else may create it, and the
/// first try may have done so although it failed; a PUT would replace either.
pub(crate) async fn put(
    call: &mut Call<'_>,
    routes: &Routes,
    id: &ProfileId,
    body: &Profile,
) -> Result<PutOutcome<Profile>, Error> {
    let request = call.json_request(Method::PUT, routes.profile(id), body)?;
    let mut made = 0;
    let answer = loop {
        match call.send_once(&request).await {
            Ok(answer) => break answer,
            Err(error) => {
                made += 1;
                call.before_next_try(error, made).await?;
            }
        }
        match read(call, routes, id).await {
            Ok(held) if contains(&held, body) => return Ok(PutOutcome::Repeated(held)),
            Ok(held) => return Ok(PutOutcome::Preempted(held)),
            Err(error) if error.says_absent() => {}
            Err(error) => return Err(error),
        }
    };
    let profile = |call| ops::resource(call, &request, &answer);
    match answer.status {
        201 => profile(call).map(PutOutcome::Created),
        200 if call.may_have_taken_effect() => profile(call).map(PutOutcome::Repeated),
        200 => profile(call).map(PutOutcome::Replaced),
        _ => Err(call.refused(&request, &answer)),
    }
}

/// Whether a profile has all tags and endpoints of a body. Who replaced it has
/// not kept them; who only added to it has.
fn contains(held: &Profile, body: &Profile) -> bool {
    let mut tags = body.tags.iter().flatten();
    let has = |wanted: &Endpoint| {
        let same = |held: &Endpoint| held.endpoint_name() == wanted.endpoint_name();
        held.endpoints().iter().any(same)
    };
    tags.all(|(name, value)| held.tag(name) == Some(value)) && body.endpoints().iter().all(has)
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
