//! The log: to standard error, as text for people or as JSON for machines.
//!
//! Levels and fields are described in `docs/LOGGING.md`.

use std::fmt;
use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

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
    let registry = tracing_subscriber::registry().with(filter.to_env_filter());
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Text => registry
            .with(layer.with_ansi(std::io::stderr().is_terminal()))
            .try_init()?,
        LogFormat::Json => {
            registry
                .with(
                    layer
                        .json()
                        .flatten_event(true)
                        .with_current_span(true)
                        .with_span_list(false),
                )
                .try_init()?;
        }
    }
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
    use rstest::rstest;

    use super::{LogFilter, LogFormat};

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
