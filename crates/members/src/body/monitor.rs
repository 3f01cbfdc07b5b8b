//! The part of a profile's body that says how its endpoints are probed.

use serde_json::Value;
use traffic_manager::profile::MonitorConfig;
use traffic_manager::{Headers, StatusCodes};

use crate::member::{Monitor, ProbePath};
use crate::properties::joined;

/// The probing that is wanted, on the base of what is held. A PATCH merges, so
/// what is not to be there any more is taken away by sending it empty.
pub(super) fn monitor(wanted: &Monitor, base: MonitorConfig) -> MonitorConfig {
    // Who has read the wish has counted the headers.
    let headers = joined(wanted.host.as_ref(), wanted.headers.as_ref()).unwrap_or_default();
    let codes = wanted.expected_status_codes.as_ref();
    let path = wanted.path.as_ref().map(ProbePath::as_str);
    MonitorConfig {
        protocol: Some(wanted.protocol.to_string()),
        port: Some(i64::from(wanted.port.get())),
        path: path
            .map(str::to_owned)
            .or_else(|| base.path.map(|_| String::new())),
        interval_in_seconds: Some(i64::from(wanted.interval.seconds())),
        timeout_in_seconds: Some(i64::from(wanted.timeout.get())),
        tolerated_number_of_failures: Some(i64::from(wanted.tolerated_failures.get())),
        custom_headers: headers
            .as_ref()
            .map(Headers::to_wire)
            .or_else(|| emptied(base.custom_headers)),
        expected_status_code_ranges: codes
            .map(StatusCodes::to_wire)
            .or_else(|| emptied(base.expected_status_code_ranges)),
        ..base
    }
}

fn emptied(held: Option<Value>) -> Option<Value> {
    held.map(|_| Value::Array(Vec::new()))
}
