//! Zones and record sets of Azure DNS. Its writes are conditional, so that a
//! record set that somebody else has written meanwhile is never lost.

use azure_dns::document::{RecordSetDocument, ZoneDocument};
use azure_dns::{ETag, RecordSet, RecordSetBody, RecordSetKind, Zone, ZoneId};
use reqwest::Method;
use reqwest::header::HeaderValue;
use url::Url;

use crate::call::Call;
use crate::error::{DecodeError, Error};
use crate::exchange::{Answer, Condition, Request};
use crate::ops::{self, Resource, list};
use crate::routes::Routes;
use crate::{Deleted, ListScope, Precondition};

impl Resource for ZoneDocument {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl Resource for RecordSetDocument {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

/// The public zones of a scope.
pub(crate) async fn zones(
    call: &mut Call<'_>,
    routes: &Routes,
    scope: &ListScope,
) -> Result<Vec<Zone>, Error> {
    let documents: Vec<ZoneDocument> = list::pages(call, routes, routes.zones(scope)).await?;
    Ok(documents.iter().filter_map(Zone::of).collect())
}

/// The record sets of a zone. A list that leaves out what it cannot read would
/// show a name as free that is not.
pub(crate) async fn record_sets(
    call: &mut Call<'_>,
    routes: &Routes,
    zone: &ZoneId,
) -> Result<Vec<RecordSet>, Error> {
    let url = routes.record_sets(zone);
    let resource = url.path().to_owned();
    let documents: Vec<RecordSetDocument> = list::pages(call, routes, url).await?;
    let read = |document| {
        RecordSet::of(document).ok_or_else(|| call.unusable(&resource, DecodeError::NoRecordSet))
    };
    documents.iter().map(read).collect()
}

pub(crate) async fn get(call: &mut Call<'_>, url: Url) -> Result<Option<RecordSet>, Error> {
    match read(call, url).await {
        Ok(held) => Ok(Some(held)),
        Err(error) => call.absent_as(None, error),
    }
}

async fn read(call: &mut Call<'_>, url: Url) -> Result<RecordSet, Error> {
    let request = Request::get(url);
    let answer = call.send(&request).await?;
    match answer.status {
        200 => record_set(call, &request, &answer),
        _ => Err(call.refused(&request, &answer)),
    }
}

/// Writes a record set. When an earlier try has done the work and its answer was
/// lost, a later one finds the condition broken by that very work.
pub(crate) async fn put(
    call: &mut Call<'_>,
    url: Url,
    kind: RecordSetKind,
    body: &RecordSetBody,
    precondition: &Precondition,
) -> Result<RecordSet, Error> {
    let condition = match precondition {
        Precondition::Absent => Condition::Absent,
        Precondition::Unchanged(version) => unchanged(call, version)?,
    };
    let json = body.to_json(kind).map_err(|_| Error::Request {
        operation: call.operation,
        problem: "the record set cannot have this content",
    })?;
    let request = call
        .json_request(Method::PUT, url, &json)?
        .only_if(condition);
    let refused = match call.send(&request).await {
        Ok(answer) => {
            return match answer.status {
                200 | 201 => record_set(call, &request, &answer),
                _ => Err(call.refused(&request, &answer)),
            };
        }
        Err(error) => error,
    };
    if refused.is_precondition_failed() && call.may_have_taken_effect() {
        match read(call, request.url.clone()).await {
            Ok(held) if held.is_as(kind, body) => return Ok(held),
            Ok(_) => {}
            Err(error) if error.says_absent() => {}
            Err(error) => return Err(error),
        }
    }
    Err(refused)
}

/// Deletes a record set. Whether Azure looks for the record set or at the
/// condition first is not documented, so a broken condition is looked into.
pub(crate) async fn delete(
    call: &mut Call<'_>,
    url: Url,
    version: &ETag,
) -> Result<Deleted, Error> {
    let condition = unchanged(call, version)?;
    let request = Request::delete(url).only_if(condition);
    let error = match call.send(&request).await {
        Ok(answer) => {
            return match answer.status {
                200 => Ok(Deleted::Deleted),
                204 => Ok(Deleted::Absent),
                _ => Err(call.refused(&request, &answer)),
            };
        }
        Err(error) => error,
    };
    if !error.is_precondition_failed() {
        return call.absent_as(Deleted::Absent, error);
    }
    match read(call, request.url.clone()).await {
        Ok(_) => Err(error),
        Err(error) => call.absent_as(Deleted::Absent, error),
    }
}

fn unchanged(call: &Call<'_>, version: &ETag) -> Result<Condition, Error> {
    HeaderValue::try_from(version.as_str())
        .map(Condition::Unchanged)
        .map_err(|_| Error::Request {
            operation: call.operation,
            problem: "the version cannot be sent as a header",
        })
}

fn record_set(call: &Call<'_>, request: &Request, answer: &Answer) -> Result<RecordSet, Error> {
    let document: RecordSetDocument = ops::resource(call, request, answer)?;
    RecordSet::of(&document)
        .ok_or_else(|| call.unusable(request.resource(), DecodeError::NoRecordSet))
}
