//! `emulator`: Azure Traffic Manager on this machine.

use std::io::{self, Write as _};

use emulator::{Emulator, StartError};

/// Why the emulator ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmulatorError {
    /// It does not start.
    #[error("cannot start the emulator")]
    Start(#[from] StartError),
    /// The addresses cannot be told.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// The signals that end it cannot be awaited.
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
}

/// Runs the emulator until SIGINT or SIGTERM. The first lines on standard output are the bound addresses.
pub(crate) async fn run(args: emulator::Args) -> Result<(), EmulatorError> {
    let running = Emulator::start(args.into()).await?;
    announce(&running).map_err(EmulatorError::Output)?;
    let ended = terminated().await;
    running.stop().await;
    ended.map_err(EmulatorError::Signals)
}

fn announce(running: &emulator::Running) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "arm {}", running.arm_url())?;
    writeln!(out, "control {}/_emulator/", running.arm_url())?;
    writeln!(out, "dns {}", running.dns_addr())?;
    out.flush()
}

/// Waits for SIGINT or SIGTERM.
pub(crate) async fn terminated() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
