//! Single endpoints.

use reqwest::Method;
use traffic_manager::ProfileId;
use traffic_manager::profile::Endpoint;

use crate::Error;
use crate::call::Call;
use crate::ops;
use crate::routes::Routes;

/// Creates or replaces an endpoint. The URL carries its name in the letter case
/// of the body, because Azure shows the name that created it.
pub(crate) async fn put(
    call: &mut Call<'_>,
    routes: &Routes,
    id: &ProfileId,
    endpoint: &Endpoint,
) -> Result<Endpoint, Error> {
    let invalid = |problem| Error::Request {
        operation: call.operation,
        problem,
    };
    // The parsed name proves that the text is one path segment.
    let name = match (&endpoint.name, endpoint.endpoint_name()) {
        (Some(name), Some(_)) => name.trim(),
        _ => return Err(invalid("the endpoint has no valid name")),
    };
    let kind = endpoint
        .kind()
        .ok_or_else(|| invalid("the endpoint has no known type"))?;
    let url = routes.endpoint(id, kind, name);
    let request = call.json_request(Method::PUT, url, endpoint)?;
    let answer = call.send(&request).await?;
    match answer.status {
        200 | 201 => ops::resource(call, &request, &answer),
        _ => Err(call.refused(&request, &answer)),
    }
}
