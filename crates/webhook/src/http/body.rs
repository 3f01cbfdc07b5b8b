//! Reading a request's body, within bounds.

use axum::body::Body;
use external_dns::{Changes, Endpoint};
use futures::StreamExt;
use serde::de::DeserializeOwned;

use super::answer::Failure;
use crate::soft_status::SoftStatus;

/// The largest body that is kept: 64 MiB, some 80,000 records. ExternalDNS itself refuses answers above
/// 32 MiB, so a larger request could not be answered anyway.
pub const LARGEST: usize = 64 << 20;

/// The whole body.
///
/// A body above `limit` is read to its end all the same, without being kept. An answer before that would
/// close the connection while ExternalDNS still writes, and it takes a reset for a reason to exit.
pub async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut chunks = body.into_data_stream();
    let mut kept = Vec::new();
    let mut length = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Failure {
            status: SoftStatus::INTERNAL,
            outcome: "body",
            text: format!("the request's body ended early: {error}"),
            summary: None,
        })?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            kept.extend_from_slice(&chunk);
        } else {
            kept = Vec::new();
        }
    }
    if length <= limit {
        Ok(kept)
    } else {
        Err(Failure {
            status: SoftStatus::TOO_LARGE,
            outcome: "body",
            text: format!("the request's body has {length} bytes, and {limit} are the limit"),
            summary: None,
        })
    }
}

/// The body of `POST /adjustendpoints`. `null` is the empty list, as it is in Go.
pub fn endpoints(body: &[u8]) -> Result<Vec<Endpoint>, Failure> {
    let list: Option<Vec<Option<Endpoint>>> = decode(body, "a list of endpoints")?;
    Ok(list.into_iter().flatten().flatten().collect())
}

/// The body of `POST /records`.
pub fn changes(body: &[u8]) -> Result<Changes, Failure> {
    decode(body, "a changes object")
}

/// A body that is not understood would be a 400 anywhere else. ExternalDNS would exit on that.
fn decode<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure {
        status: SoftStatus::INTERNAL,
        outcome: "body",
        text: format!("the request's body is not {what}: {error}"),
        summary: None,
    })
}
