//! ExternalDNS webhook provider for Azure Traffic Manager.

mod commands;
#[cfg(feature = "emulator")]
mod demo;
#[cfg(feature = "emulator")]
mod emulator;
mod serve;
mod style;
mod table;

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A listing is many short texts, made at once and dropped at once, which mimalloc is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// ExternalDNS webhook provider for Azure Traffic Manager.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The webhook provider, beside ExternalDNS.
    Serve(Box<webhook::settings::ServeArgs>),
    /// Who has what in which profile, and when each was last seen.
    Owners(Box<commands::owners::OwnersArgs>),
    /// What is left over: silent owners, claims and endpoints that belong to nobody, empty profiles, lost marks.
    Orphans(Box<commands::orphans::OrphansArgs>),
    /// Remove the endpoints and claims of a cluster that is gone.
    RemoveOwner(Box<commands::remove_owner::RemoveOwnerArgs>),
    /// Let a profile follow the annotations: one that has lost our tags, or one that others made and hand over.
    Adopt(Box<commands::adopt::AdoptArgs>),
    /// Why a host is, or is not, what its object asks for: asks a running webhook.
    Explain(Box<commands::explain::ExplainArgs>),
    /// Check manifests before they are applied, without Azure and without a cluster.
    Validate(Box<commands::validate::ValidateArgs>),
    /// Print the admission policy, by which Kubernetes itself checks annotations.
    AdmissionPolicy(commands::admission_policy::AdmissionPolicyArgs),
    /// Azure Traffic Manager on this machine: ARM API, probes and DNS answers.
    #[cfg(feature = "emulator")]
    Emulator(Box<::emulator::Args>),
    /// The whole chain on this machine: two clusters, two webhooks, the emulator, and DNS answers.
    #[cfg(feature = "emulator")]
    Demo(demo::Args),
}

/// Why the process fails, and with which exit code.
struct Failure {
    error: Box<dyn Error>,
    code: ExitCode,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(code) => code,
        Err(Failure { error, code }) => {
            report(error.as_ref());
            code
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    let ended = match command {
        Command::Serve(args) => {
            return serve::run(&args)
                .await
                .map(|()| ExitCode::SUCCESS)
                .map_err(|failure| Failure::new(failure.is_setting(), failure));
        }
        #[cfg(feature = "emulator")]
        Command::Emulator(args) => {
            return emulator::run(*args)
                .await
                .map(|()| ExitCode::SUCCESS)
                .map_err(|failure| Failure::new(false, failure));
        }
        #[cfg(feature = "emulator")]
        Command::Demo(args) => {
            return demo::run(args)
                .await
                .map(|()| ExitCode::SUCCESS)
                .map_err(|failure| Failure::new(false, failure));
        }
        Command::Owners(args) => commands::owners::run(*args).await,
        Command::Orphans(args) => commands::orphans::run(*args).await,
        Command::RemoveOwner(args) => commands::remove_owner::run(*args).await,
        Command::Adopt(args) => commands::adopt::run(*args).await,
        Command::Explain(args) => commands::explain::run(*args).await,
        Command::Validate(args) => commands::validate::run(&args),
        Command::AdmissionPolicy(args) => commands::admission_policy::run(args),
    };
    ended.map_err(|failure| Failure::new(failure.is_setting(), failure))
}

// === impl Failure ===

impl Failure {
    /// A wrong setting has the exit code of a wrong flag.
    fn new(is_setting: bool, error: impl Error + 'static) -> Self {
        Self {
            error: Box::new(error),
            code: if is_setting {
                ExitCode::from(webhook::settings::error::EXIT_CODE)
            } else {
                ExitCode::FAILURE
            },
        }
    }
}

/// Writes an error with its causes to standard error, where nothing is left to do if that fails.
fn report(error: &dyn Error) {
    let mut out = io::stderr().lock();
    let _ = write!(out, "error: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(out, ": {cause}");
        source = cause.source();
    }
    let _ = writeln!(out);
}
