//! One number of a webhook's `/metrics`, as Prometheus would read it.

use std::time::Duration;

use reqwest::{Client, Response};

/// The webhook is on this machine.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The metrics cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("reading the metrics of the webhook")]
pub(crate) struct MetricsError(#[from] reqwest::Error);

/// The metrics of the webhook whose operations port is at `ops_url`.
pub(super) async fn read(ops_url: &str) -> Result<String, MetricsError> {
    let http = Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    let answer = http.get(format!("{ops_url}/metrics")).send().await;
    let text = answer.and_then(Response::error_for_status)?.text().await?;
    Ok(text)
}

/// The line of a series in a text of metrics. A series that never had a value has none.
pub(super) fn line<'a>(text: &'a str, series: &str) -> Option<&'a str> {
    text.lines().find(|line| {
        line.strip_prefix(series)
            .is_some_and(|rest| rest.starts_with(' '))
    })
}

/// The value on a line of metrics.
pub(super) fn value(line: &str) -> Option<f64> {
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_series() {
        let text = "# TYPE invalid gauge\ninvalid_total 7\ninvalid{reason=\"A\"} 1\ninvalid{reason=\"AB\"} 2\n";
        let found = |series| line(text, series).and_then(value);
        assert_eq!(found("invalid{reason=\"A\"}"), Some(1.0));
        assert_eq!(found("invalid_total"), Some(7.0));
        assert_eq!(found("invalid"), None);
    }
}
