//! Tags of a profile, through ARM's own tags API: it changes the given keys and
//! no others, which neither PUT nor PATCH of the profile can do.
//!
//! The default api-version answers when the work is done. Newer ones may answer
//! 202 first; then the work is followed to its end, so that the caller can rely
//! on a claim being there when this returns.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use traffic_manager::ProfileId;

use crate::Operation;
use crate::call::Call;
use crate::error::{DecodeError, Error};
use crate::error_body::ErrorBody;
use crate::exchange::{Answer, Request};
use crate::routes::Routes;

/// The wait between two looks at work in progress, unless Azure names one.
const POLL_WAIT: Duration = Duration::from_secs(1);

type Tags = BTreeMap<String, String>;

#[derive(Serialize)]
struct TagsPatch<'a> {
    operation: &'static str,
    properties: TagsPatchProperties<'a>,
}

#[derive(Serialize)]
struct TagsPatchProperties<'a> {
    tags: &'a Tags,
}

/// The tags resource. A resource without tags may answer without `tags`, but
/// never without `properties`.
#[derive(Deserialize)]
struct TagsResource {
    properties: TagsProperties,
}

#[derive(Deserialize)]
struct TagsProperties {
    #[serde(default)]
    tags: Option<Tags>,
}

/// How ARM shows the progress of work that it has accepted.
enum Progress {
    /// A status document, named by `Azure-AsyncOperation`.
    Document(Request),
    /// A resource that answers 202 until the work is done, named by `Location`.
    Location(Request),
}

pub(crate) async fn patch(
    call: &mut Call<'_>,
    routes: &Routes,
    id: &ProfileId,
    tags: &Tags,
) -> Result<Tags, Error> {
    let operation = match call.operation {
        Operation::TagsDelete => "Delete",
        _ => "Merge",
    };
    let body = TagsPatch {
        operation,
        properties: TagsPatchProperties { tags },
    };
    let request = call.json_request(Method::PATCH, routes.tags(id), &body)?;
    let answer = call.send(&request).await?;
    match answer.status {
        200 => read(call, &request, &answer),
        202 => {
            follow(call, routes, &request, answer).await?;
            let request = Request::get(routes.tags(id));
            let answer = call.send(&request).await?;
            match answer.status {
                200 => read(call, &request, &answer),
                _ => Err(call.refused(&request, &answer)),
            }
        }
        _ => Err(call.refused(&request, &answer)),
    }
}

fn read(call: &Call<'_>, request: &Request, answer: &Answer) -> Result<Tags, Error> {
    let resource: TagsResource = call.decode(request, answer)?;
    Ok(resource.properties.tags.unwrap_or_default())
}

/// Returns when the accepted work is done.
async fn follow(
    call: &mut Call<'_>,
    routes: &Routes,
    request: &Request,
    accepted: Answer,
) -> Result<(), Error> {
    let progress = Progress::of(call, routes, request, &accepted)?;
    let mut wait = call.asked_wait(&accepted);
    loop {
        call.pause(wait.unwrap_or(POLL_WAIT), request.resource())
            .await?;
        let answer = call.send(progress.request()).await?;
        if progress.is_done(call, request, &answer)? {
            return Ok(());
        }
        wait = call.asked_wait(&answer);
    }
}

// === impl Progress ===

impl Progress {
    /// Where an answer says that the progress can be seen. The status document
    /// is preferred, as ARM advises, because it tells failures.
    fn of(
        call: &Call<'_>,
        routes: &Routes,
        request: &Request,
        accepted: &Answer,
    ) -> Result<Self, Error> {
        let link = |name| {
            let link = accepted.header(name)?;
            Some(
                routes
                    .follow(link)
                    .map(Request::get)
                    .ok_or_else(|| call.unusable(request.resource(), DecodeError::ForeignLink)),
            )
        };
        if let Some(document) = link("azure-asyncoperation") {
            document.map(Self::Document)
        } else if let Some(location) = link("location") {
            location.map(Self::Location)
        } else {
            Err(call.refused(request, accepted))
        }
    }

    fn request(&self) -> &Request {
        match self {
            Self::Document(request) | Self::Location(request) => request,
        }
    }

    fn is_done(&self, call: &Call<'_>, origin: &Request, answer: &Answer) -> Result<bool, Error> {
        let request = match self {
            Self::Location(_) => return Ok(answer.status != 202),
            Self::Document(request) => request,
        };
        let document: Map<String, Value> = call.decode(request, answer)?;
        let status = document.get("status").and_then(Value::as_str);
        match status.map(str::to_ascii_lowercase).as_deref() {
            Some("succeeded") => Ok(true),
            Some("failed" | "canceled" | "cancelled") => {
                let body = ErrorBody::of_object(&document);
                Err(call.refused_saying(origin.resource(), answer, body))
            }
            // ARM lets every service have its own words for "not yet".
            _ => Ok(false),
        }
    }
}
