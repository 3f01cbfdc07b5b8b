//! The log: to standard error, as text for people or as JSON for machines.
//!
//! Levels and fields are described in `docs/LOGGING.md`.

use std::fmt;
use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::settings::values::{UnknownWord, word};

/// What is logged: a level for this program, or `tracing` directives.
///
/// A bare level follows the words of ExternalDNS's `--log-level`, so that one value can serve both
/// containers. It applies to this program; the libraries below it stay at `info` or above, because their
/// debug output would bury ours. Directives (`info,webhook=trace,hyper=debug`) are taken as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line per event.
    Text,
    /// One JSON object per event.
    Json,
}

/// Not a level and not directives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLogFilter {
    /// `tracing` would take a mistyped level for the name of a module, and log nothing at all.
    #[error(
        "must be trace, debug, info, warning or error, or directives such as info,webhook=debug; {0:?} is neither"
    )]
    NotALevel(String),
    /// `tracing` does not understand the directives.
    #[error("must be a level, or directives such as info,webhook=debug; {0}")]
    Directives(String),
}

/// The log has been set up before.
#[derive(Debug, thiserror::Error)]
#[error("setting up the log")]
pub struct LogError(#[from] TryInitError);

/// The libraries whose debug output is rarely wanted.
const LIBRARIES: &[&str] = &[
    "azure_core",
    "azure_identity",
    "h2",
    "hickory_proto",
    "hickory_server",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
];

/// Sets up the log of the whole process, once, and sends panics there too.
pub fn init(filter: &LogFilter, format: LogFormat) -> Result<(), LogError> {
    subscriber(
        filter,
        format,
        std::io::stderr().is_terminal(),
        std::io::stderr,
    )
    .try_init()?;
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("(no message)");
        let location = panic.location().map(ToString::to_string);
        tracing::error!(
            panic.location = location,
            panic.message = message,
            "a task panicked; this is a bug"
        );
    }));
    Ok(())
}

/// What [`init`] sets up, with any writer.
fn subscriber<W>(
    filter: &LogFilter,
    format: LogFormat,
    colours: bool,
    writer: W,
) -> impl SubscriberInitExt
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(colours).boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(filter.to_env_filter())
        .with(layer)
}

// === impl LogFilter ===

impl LogFilter {
    /// The directives.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn to_env_filter(&self) -> EnvFilter {
        // The text was understood when it was parsed, so nothing is lost.
        EnvFilter::builder().parse_lossy(&self.0)
    }

    /// A level for this program, with the libraries kept at `info` or above.
    fn of_level(level: &str) -> Self {
        let mut directives = level.to_owned();
        if matches!(level, "trace" | "debug") {
            for library in LIBRARIES {
                directives.extend([",", library, "=info"]);
            }
        }
        Self(directives)
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self::of_level("info")
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LogFilter {
    type Err = InvalidLogFilter;

    fn from_str(text: &str) -> Result<Self, InvalidLogFilter> {
        if let Some(level) = level(text) {
            return Ok(Self::of_level(level));
        }
        let mut directives = Vec::new();
        for directive in text.split(',').map(str::trim) {
            if directive.contains(['=', '[']) {
                directives.push(directive);
            } else {
                let known = level(directive)
                    .ok_or_else(|| InvalidLogFilter::NotALevel(directive.to_owned()))?;
                directives.push(known);
            }
        }
        let directives = directives.join(",");
        match EnvFilter::builder().parse(&directives) {
            Ok(_) => Ok(Self(directives)),
            Err(error) => Err(InvalidLogFilter::Directives(error.to_string())),
        }
    }
}

/// ExternalDNS's words for levels, and `off`, as `tracing` calls them.
fn level(text: &str) -> Option<&'static str> {
    let level = match text.to_ascii_lowercase().as_str() {
        "trace" => "trace",
        "debug" => "debug",
        "info" => "info",
        "warn" | "warning" => "warn",
        // This program logs nothing above `error`.
        "error" | "fatal" | "panic" => "error",
        "off" => "off",
        _ => return None,
    };
    Some(level)
}

impl FromStr for LogFormat {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        word(text, &[("text", Self::Text), ("json", Self::Json)])
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use rstest::rstest;
    use tracing::Dispatch;

    use super::{LogFilter, LogFormat, subscriber};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic while writing").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What one failed call of ExternalDNS leaves in the log.
    fn logged(filter: &str, format: LogFormat) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let filter = filter.parse().expect("valid");
        let dispatch: Dispatch = subscriber(&filter, format, false, move || writer.clone()).into();
        tracing::dispatcher::with_default(&dispatch, || {
            let _call = tracing::error_span!("call", call = "records", request.id = 7).entered();
            tracing::debug!("a detail");
            tracing::warn!(outcome = "azure", status = 503, "call failed");
        });
        String::from_utf8(lines.0.lock().expect("no panic while writing").clone()).expect("UTF-8")
    }

    #[test]
    fn json_has_one_flat_object_per_event() {
        let mut event: serde_json::Value =
            serde_json::from_str(&logged("warning", LogFormat::Json)).expect("one object");
        event["timestamp"] = "NOW".into();
        insta::assert_json_snapshot!(event, @r#"
        {
          "level": "WARN",
          "message": "call failed",
          "outcome": "azure",
          "span": {
            "call": "records",
            "name": "call",
            "request.id": 7
          },
          "status": 503,
          "target": "webhook::log::tests",
          "timestamp": "NOW"
        }
        "#);
    }

    #[test]
    fn text_has_one_line_per_event() {
        let text = logged("debug", LogFormat::Text);
        let lines: Vec<_> = text
            .lines()
            .map(|line| line.split_once("Z ").expect("a time").1)
            .collect();
        insta::assert_debug_snapshot!(lines, @r#"
        [
            "DEBUG call{call=\"records\" request.id=7}: webhook::log::tests: a detail",
            " WARN call{call=\"records\" request.id=7}: webhook::log::tests: call failed outcome=\"azure\" status=503",
        ]
        "#);
    }

    #[rstest]
    #[case("info", "info")]
    #[case("WARNING", "warn")]
    #[case("fatal", "error")]
    #[case("info, webhook=debug", "info,webhook=debug")]
    #[case("warning,members=trace", "warn,members=trace")]
    fn levels_and_directives(#[case] given: &str, #[case] directives: &str) {
        assert_eq!(
            given.parse::<LogFilter>().expect("valid").as_str(),
            directives
        );
    }

    #[test]
    fn debug_is_for_this_program_and_not_for_its_libraries() {
        let filter: LogFilter = "debug".parse().expect("valid");
        assert!(filter.as_str().starts_with("debug,"));
        assert!(filter.as_str().contains(",hyper=info"));
    }

    #[rstest]
    #[case::mistyped_level("inof", "\"inof\" is neither")]
    #[case::mistyped_beside_a_directive("inof,webhook=debug", "\"inof\" is neither")]
    #[case::empty_part("info,,webhook=debug", "\"\" is neither")]
    fn mistyped_levels_are_refused(#[case] given: &str, #[case] reason: &str) {
        let error = given.parse::<LogFilter>().expect_err("invalid");
        assert!(error.to_string().ends_with(reason), "{error}");
    }

    #[test]
    fn directives_with_an_unknown_level_are_refused() {
        assert!("webhook=loud".parse::<LogFilter>().is_err());
    }

    #[test]
    fn formats() {
        assert_eq!("JSON".parse::<LogFormat>().ok(), Some(LogFormat::Json));
        assert!("xml".parse::<LogFormat>().is_err());
    }
}
