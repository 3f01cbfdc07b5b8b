//! `explain`: asks a running webhook why a host is, or is not, what its object asks for.

use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use reqwest::Url;
use reqwest::header::ACCEPT;
use webhook::explain::{Explanation, Question, Verdict};

use super::{CommandError, Ended, say};

/// Longer than DNS may take to answer for it.
const LIMIT: Duration = Duration::from_secs(30);
/// Not as the object asks for.
const NOT_IN_PLACE: u8 = 3;
/// Not known to the webhook.
const UNKNOWN: u8 = 4;

/// Why a host is, or is not, what its object asks for: asks a running webhook.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// A host, or an object such as service/default/my-app
    #[arg(value_name = "HOST|OBJECT")]
    about: String,

    /// Where the webhook answers probes and Prometheus
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: Url,

    /// How to show the result: text or json
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "text",
        hide_possible_values = true
    )]
    output: Output,
}

/// How the result is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// Asks, and shows the answer.
pub(crate) async fn run(args: ExplainArgs) -> Ended {
    let failed = |source| CommandError::Ask {
        url: args.url.to_string(),
        source,
    };
    let (name, value) = match Question::parse(&args.about) {
        Question::Host(host) => ("host", host),
        Question::Object(object) => ("object", object),
    };
    let client = reqwest::Client::builder()
        // The webhook is in the pod, or at the end of a port-forward.
        .no_proxy()
        .timeout(LIMIT)
        .build()
        .map_err(failed)?;
    let mut url = args.url.clone();
    url.set_path("/explain");
    let request = client.get(url).query(&[(name, value)]);
    let answer = request.header(ACCEPT, "application/json").send().await;
    let answer = answer.map_err(failed)?;
    let status = answer.status();
    let text = answer.text().await.map_err(failed)?;
    // What it does not explain, it refuses in words.
    let explanation: Explanation =
        serde_json::from_str(&text).map_err(|_| CommandError::NotExplained {
            url: args.url.to_string(),
            status,
            said: first_line(&text).to_owned(),
        })?;
    match args.output {
        Output::Text => say(&explanation.to_string())?,
        Output::Json => say(&serde_json::to_string_pretty(&explanation)?)?,
    }
    Ok(match explanation.verdict {
        Verdict::InPlace | Verdict::LeftAlone => ExitCode::SUCCESS,
        Verdict::Pending | Verdict::Trouble => ExitCode::from(NOT_IN_PLACE),
        Verdict::Unknown => ExitCode::from(UNKNOWN),
    })
}

/// As much of an answer as a message may repeat: it may be anybody's.
fn first_line(text: &str) -> &str {
    const MOST: usize = 200;
    let line = text.trim().lines().next().unwrap_or_default();
    &line[..line.floor_char_boundary(MOST)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_repeats_one_line_of_an_answer_at_most() {
        assert_eq!(first_line("\nask again\nand again"), "ask again");
        assert_eq!(first_line(""), "");
        assert_eq!(first_line(&"ä".repeat(150)), "ä".repeat(100));
    }
}
