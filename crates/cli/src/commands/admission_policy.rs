//! `admission-policy`: what Kubernetes itself can check.

use std::process::ExitCode;

use admission::policy::{Action, policy, usual_prefixes};

use super::{Ended, annotation_prefix, say};

/// Print the admission policy, by which Kubernetes itself checks annotations.
#[derive(Debug, clap::Args)]
pub(crate) struct AdmissionPolicyArgs {
    /// Refuse objects with mistakes; without it they are taken, and whoever applies them is warned
    #[arg(long)]
    deny: bool,

    /// ExternalDNS's --annotation-prefix [default: both that it has had]
    #[arg(long, value_name = "PREFIX", value_parser = annotation_prefix)]
    annotation_prefix: Option<String>,
}

/// Prints the manifest.
pub(crate) fn run(args: AdmissionPolicyArgs) -> Ended {
    let action = if args.deny {
        Action::Deny
    } else {
        Action::Warn
    };
    let prefixes = match args.annotation_prefix {
        Some(prefix) => vec![prefix],
        None => usual_prefixes(),
    };
    say(policy(&prefixes, action)?.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
