//! ExternalDNS webhook provider for Azure Traffic Manager.

#[cfg(feature = "emulator")]
mod demo;
#[cfg(feature = "emulator")]
mod emulator;
mod serve;

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
    /// Azure Traffic Manager on this machine: ARM API, probes and DNS answers.
    #[cfg(feature = "emulator")]
    Emulator(Box<::emulator::Args>),
    /// The whole chain on this machine: two clusters, two webhooks, the emulator, and DNS answers.
    #[cfg(feature = "emulator")]
    Demo(demo::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result: Result<(), Box<dyn Error>> = match Cli::parse().command {
        Command::Serve(args) => match serve::run(&args).await {
            Err(failure) if failure.is_setting() => {
                report(&failure);
                return ExitCode::from(2);
            }
            ended => ended.map_err(Into::into),
        },
        #[cfg(feature = "emulator")]
        Command::Emulator(args) => emulator::run(*args).await.map_err(Into::into),
        #[cfg(feature = "emulator")]
        Command::Demo(args) => demo::run(args).await.map_err(Into::into),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(error.as_ref());
            ExitCode::FAILURE
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
