//! What each operation sends, and how it reads the answers. One module for each
//! kind of resource; how requests are tried again is the business of
//! [`Call`](crate::call::Call).

pub(crate) mod endpoint;
pub(crate) mod list;
pub(crate) mod lookup;
pub(crate) mod profile;
pub(crate) mod tags;

use url::Url;

use crate::call::Call;
use crate::transport::Request;
use crate::{Deleted, Error};

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
