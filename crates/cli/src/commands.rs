//! The commands for people: what there is in Azure, and what is done about it by hand.
//!
//! What they do is in the crate `administration`. Here are their flags, and how their results are shown: the result on
//! standard output, as tables or as JSON, and everything else on standard error.

pub(crate) mod admission_policy;
pub(crate) mod adopt;
pub(crate) mod explain;
mod moment;
pub(crate) mod orphans;
pub(crate) mod owners;
pub(crate) mod remove_owner;
pub(crate) mod validate;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use administration::adoption::Unadoptable;
use administration::listing::observe;
use administration::place::NotFound;
use administration::removal::Refused;
use arm_client::{CallBudget, Clock, Pace, Surroundings, TrafficManagerApi};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use members::Observed;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use webhook::connect::{self, ConnectError};
use webhook::log::{self, LogError, LogFilter, LogFormat};
use webhook::settings::{AzureArgs, AzureSettings, Environment, SettingsError};

use crate::style::{Style, Tone};

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns.
    Table,
    /// One JSON document.
    Json,
}

// Not a doc comment: it would become the description of the command that takes these flags.
// The flags that all commands have.
#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// How to show the result: table or json
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "table",
        hide_possible_values = true
    )]
    output: Format,

    /// What to log, to standard error, as with serve
    #[arg(long, value_name = "LEVEL", default_value = "warning")]
    log_level: LogFilter,

    #[command(flatten)]
    azure: AzureArgs,
}

// Not a doc comment, as above.
// Exactly one of two: nothing is written by default, and nothing by mistake.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Consent {
    /// Show what would be written, and write nothing
    #[arg(long)]
    preview: bool,

    /// Do it
    #[arg(long)]
    yes: bool,
}

/// Why a command does not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// Settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Azure cannot be reached with these settings.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The log cannot be written.
    #[error("the log cannot be set up")]
    Log(#[from] LogError),
    /// Azure does not tell what there is.
    #[error("listing the Traffic Manager profiles at {arm} failed; nothing was changed")]
    List {
        /// Where ARM is.
        arm: String,
        /// What it said.
        source: arm_client::Error,
    },
    /// The profile that is meant does not exist, or several do.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The profile cannot be adopted.
    #[error(transparent)]
    Unadoptable(#[from] Unadoptable),
    /// The owner is not removed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A write has failed.
    #[error("cannot {what}")]
    Write {
        /// The write.
        what: String,
        /// What Azure said.
        source: arm_client::Error,
    },
    /// Not everything was done; what, has been said.
    #[error("{0}")]
    Incomplete(&'static str),
    /// The webhook does not answer, or answers something else.
    #[error(
        "asking the webhook at {url}; name its operations port with --url, and reach it with kubectl port-forward or kubectl exec"
    )]
    Ask {
        /// Where.
        url: String,
        /// What the network said.
        source: reqwest::Error,
    },
    /// It answers, and not with an explanation.
    #[error(
        "{url} answers {status} and no explanation: {said:?}; unless that says what to do, name the webhook's operations port with --url"
    )]
    NotExplained {
        /// Where.
        url: String,
        /// How.
        status: reqwest::StatusCode,
        /// Its first line.
        said: String,
    },
    /// Something of the program itself is not valid.
    #[error("a value that stands for what is not known is not valid")]
    Unknown(#[from] traffic_manager::Invalid),
    /// There is no admission policy.
    #[error("the admission policy cannot be made")]
    Policy(#[from] admission::policy::PolicyError),
    /// There is no JSON of the result.
    #[error("the result cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Standard output cannot be written to.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// How a command ends.
pub(crate) type Ended = Result<ExitCode, CommandError>;

/// What a command works with.
struct Session {
    settings: AzureSettings,
    api: Arc<dyn TrafficManagerApi>,
    clock: Arc<dyn Clock>,
    output: Format,
    style: Style,
}

// === impl CommandError ===

impl CommandError {
    /// Whether a person has to change a setting: the exit code is 2 then.
    pub(crate) fn is_setting(&self) -> bool {
        matches!(self, Self::Settings(_) | Self::Connect(_))
    }
}

// === impl Session ===

impl Session {
    fn start(args: &CommonArgs) -> Result<Self, CommandError> {
        log::init(&args.log_level, LogFormat::Text)?;
        let settings = AzureSettings::resolve(&args.azure, &Environment::of_process())?;
        let surroundings = Surroundings::default();
        let clock = Arc::clone(&surroundings.clock);
        let api = connect::api(
            &settings,
            CallBudget::default(),
            Some(Pace::default()),
            &surroundings,
            Arc::clone(&clock),
            &CancellationToken::new(),
        )?;
        Ok(Self {
            settings,
            api,
            clock,
            output: args.output,
            style: Style::of_stdout(),
        })
    }

    /// Everything there is. Half of it is an error.
    async fn observe(&self) -> Result<Observed, CommandError> {
        observe(self.api.as_ref(), &self.settings.lists())
            .await
            .map_err(|source| CommandError::List {
                arm: self.settings.cloud.arm_endpoint.to_string(),
                source,
            })
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Shows the result as it was asked for.
    fn show(
        &self,
        json: &impl Serialize,
        text: impl FnOnce() -> Vec<String>,
    ) -> Result<(), CommandError> {
        match self.output {
            Format::Json => say(&serde_json::to_string_pretty(json)?),
            Format::Table => say(&text().join("\n")),
        }
        .map_err(CommandError::Output)
    }

    fn heading(&self, text: &str) -> String {
        self.style.paint(Tone::Title, text)
    }
}

/// Writes lines to standard output. Whoever reads no further, such as `head`, has what it wants.
fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

/// A prefix of annotations, as ExternalDNS's own flag takes it. Without its slash it would match nothing.
fn annotation_prefix(text: &str) -> Result<String, &'static str> {
    let name = text.strip_suffix('/').unwrap_or_default();
    if name.is_empty() || name.contains(['/', ' ']) {
        Err("it must end with a slash, such as external-dns.kubernetes.io/")
    } else {
        Ok(text.to_owned())
    }
}

/// A number of things, in words.
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The text, or a dash for none.
fn or_dash(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty())
        .unwrap_or("-")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        assert_eq!(count(1, "profile"), "1 profile");
        assert_eq!(count(0, "profile"), "0 profiles");
        assert_eq!(or_dash(Some("")), "-");
    }
}
