//! `validate`: manifests, before they are applied.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use admission::{Grade, Input, Known, Places, Report, STDIN, Unreadable, check, sarif};
use clap::ValueEnum;
use members::OwnerId;
use webhook::settings::{AzureArgs, AzureSettings, Environment};

use super::{CommandError, Ended, annotation_prefix, say};

/// Stands for a subscription that nobody has named, where the settings want one.
const SOME_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
/// The exit code when something cannot be read, as for a wrong flag.
const UNREADABLE: u8 = 2;

/// Check manifests before they are applied, without Azure and without a cluster.
#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    /// Manifests as YAML or JSON; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How to show the result: text, json or sarif
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "text",
        hide_possible_values = true
    )]
    output: Output,

    /// Exit with 1 when there are warnings, too
    #[arg(long)]
    warnings_as_errors: bool,

    /// ExternalDNS's --annotation-prefix [default: both that it has had are read]
    #[arg(long, value_name = "PREFIX", value_parser = annotation_prefix)]
    annotation_prefix: Option<String>,

    /// The namespace of objects that name none
    #[arg(long, short, value_name = "NAME", default_value = "default")]
    namespace: String,

    /// The owner id of the webhook [default: not known]
    #[arg(long, value_name = "OWNER", help_heading = "The webhook")]
    owner_id: Option<OwnerId>,

    /// Its subscription [default: not known, and any may be named]
    #[arg(long, value_name = "UUID", help_heading = "The webhook")]
    subscription_id: Option<String>,

    /// Its further subscriptions
    #[arg(
        long,
        value_name = "UUIDS",
        help_heading = "The webhook",
        requires = "subscription_id"
    )]
    subscription_ids: Vec<String>,

    /// Its resource groups [default: not known, and any may be named]
    #[arg(long, value_name = "GROUPS", help_heading = "The webhook")]
    resource_groups: Vec<String>,

    /// Its version of Traffic Manager's API [default: not known, and record types are taken]
    #[arg(long, value_name = "VERSION", help_heading = "The webhook")]
    api_version: Option<String>,

    /// It works with an emulator, and targets may be private addresses
    #[arg(long, help_heading = "The webhook")]
    private_targets: bool,
}

/// How the result is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// One line for each problem.
    Text,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

/// Checks the files.
pub(crate) fn run(args: &ValidateArgs) -> Ended {
    let known = known(args)?;
    let mut texts = Vec::new();
    let mut unreadable = Vec::new();
    for file in &args.files {
        let name = file.display().to_string();
        match read(file) {
            Ok(text) => texts.push((name, text)),
            Err(error) => unreadable.push(Unreadable {
                input: name,
                position: None,
                message: error.to_string(),
            }),
        }
    }
    let inputs: Vec<_> = texts
        .iter()
        .map(|(name, text)| Input { name, text })
        .collect();
    let mut report = check(&inputs, &known)?;
    report.inputs = args.files.len();
    report.unreadable.splice(0..0, unreadable);
    show(&report, args.output)?;
    Ok(verdict(&report, args.warnings_as_errors))
}

fn known(args: &ValidateArgs) -> Result<Known, CommandError> {
    let azure = AzureArgs {
        subscription_id: args
            .subscription_id
            .clone()
            .or_else(|| Some(SOME_SUBSCRIPTION.to_owned())),
        subscription_ids: args.subscription_ids.clone(),
        resource_groups: args.resource_groups.clone(),
        api_version: args.api_version.clone(),
        ..AzureArgs::default()
    };
    // Not the environment of this process: a check says the same wherever it runs.
    let settings = AzureSettings::resolve(&azure, &Environment::default())?;
    let mut known = Known {
        owner: args.owner_id.clone(),
        places: Places {
            default: args
                .subscription_id
                .is_some()
                .then_some(settings.subscription),
            resource_groups: (!args.resource_groups.is_empty()).then_some(settings.resource_groups),
            others: settings.other_subscriptions,
        },
        api_version: args.api_version.is_some().then_some(settings.api_version),
        namespace: args.namespace.clone(),
        private_targets: args.private_targets,
        ..Known::default()
    };
    if let Some(prefix) = &args.annotation_prefix {
        known.prefixes = vec![prefix.clone()];
    }
    Ok(known)
}

fn read(file: &Path) -> io::Result<String> {
    if file == Path::new(STDIN) {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(file)
}

/// The problems on standard output; on standard error what could not be read, and in text
/// what was looked at.
fn show(report: &Report, output: Output) -> Result<(), CommandError> {
    for unreadable in &report.unreadable {
        complain(&format!("{unreadable}"));
    }
    match output {
        Output::Text => {
            if !report.problems.is_empty() {
                say(&report.lines().join("\n"))?;
            }
            for line in report.summary() {
                complain(&line);
            }
        }
        Output::Json => say(&serde_json::to_string_pretty(&report.json())?)?,
        Output::Sarif => {
            let log = sarif(report, env!("CARGO_PKG_VERSION"));
            say(&serde_json::to_string_pretty(&log)?)?;
        }
    }
    Ok(())
}

/// Writes a line to standard error, where nothing is left to do if that fails.
fn complain(line: &str) {
    let _ = io::Write::write_fmt(&mut io::stderr().lock(), format_args!("{line}\n"));
}

fn verdict(report: &Report, warnings_as_errors: bool) -> ExitCode {
    let has = |grade| report.count(grade) > 0;
    if !report.unreadable.is_empty() {
        ExitCode::from(UNREADABLE)
    } else if has(Grade::Error) || (warnings_as_errors && has(Grade::Warning)) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
