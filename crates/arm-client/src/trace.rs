//! Requests and answers in the log, at trace level.
//!
//! Never headers, so never a token. Of the bodies the values of probe headers
//! are left out: people put passwords of their applications there.

use bytes::Bytes;
use serde_json::Value;

use crate::exchange::{Answer, Request, RequestIds};

/// Most of a body that is logged, in characters.
const BODY_MAX: usize = 16_384;
/// In place of what is left out.
const LEFT_OUT: &str = "…";

pub(crate) fn request(request: &Request, ids: RequestIds<'_>) {
    if tracing::enabled!(tracing::Level::TRACE) {
        tracing::trace!(
            method = %request.method,
            path = request.url.path(),
            query = request.url.query(),
            body = request.body.as_ref().map(body),
            correlation_id = ids.correlation,
            client_request_id = ids.client,
            "request to Azure"
        );
    }
}

pub(crate) fn answer(answer: &Answer, ids: RequestIds<'_>) {
    if tracing::enabled!(tracing::Level::TRACE) {
        tracing::trace!(
            status = answer.status,
            body = body(&answer.body),
            correlation_id = ids.correlation,
            client_request_id = ids.client,
            request_id = answer.request_id(),
            "answer of Azure"
        );
    }
}

fn body(bytes: &Bytes) -> String {
    let text = match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            leave_out(&mut value);
            value.to_string()
        }
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    };
    match text.char_indices().nth(BODY_MAX) {
        Some((end, _)) => format!("{}{LEFT_OUT}", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn leave_out(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if key.eq_ignore_ascii_case("customHeaders") {
                    leave_out_values(value);
                } else {
                    leave_out(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(leave_out),
        _ => {}
    }
}

fn leave_out_values(headers: &mut Value) {
    for header in headers.as_array_mut().into_iter().flatten() {
        for (key, value) in header.as_object_mut().into_iter().flatten() {
            if !key.eq_ignore_ascii_case("name") {
                *value = LEFT_OUT.into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_probe_headers_are_left_out() {
        let shown = body(&Bytes::from_static(
            br#"{"value":[{"properties":{"monitorConfig":{"customHeaders":[{"name":"X-Key","value":"secret"}],"port":443}}}]}"#,
        ));
        insta::assert_snapshot!(shown, @r#"{"value":[{"properties":{"monitorConfig":{"customHeaders":[{"name":"X-Key","value":"…"}],"port":443}}}]}"#);
    }

    #[test]
    fn what_is_not_json_is_shown_as_it_is_and_cut() {
        assert_eq!(body(&Bytes::from_static(b"<html>")), "<html>");
        let long = body(&Bytes::from("ä".repeat(BODY_MAX + 1)));
        assert_eq!(long.chars().count(), BODY_MAX + 1);
    }
}
