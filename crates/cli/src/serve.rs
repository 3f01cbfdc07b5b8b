//! `serve`: the webhook provider.

use std::sync::Arc;

use webhook::clock::SystemClock;
use webhook::connect::{self, ConnectError};
use webhook::log::{self, LogError};
use webhook::metrics::Metrics;
use webhook::serve::{self, ServeError};
use webhook::settings::{Environment, ServeArgs, Settings, SettingsError};

/// Why the webhook ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeFailure {
    /// Settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Azure cannot be reached with these settings.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The log cannot be written.
    #[error("the log cannot be set up")]
    Log(#[from] LogError),
    /// It cannot serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl ServeFailure {
    /// Whether a person has to change a setting: the exit code is 2 then.
    pub(crate) fn is_setting(&self) -> bool {
        matches!(self, Self::Settings(_) | Self::Connect(_))
    }
}

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn run(args: &ServeArgs) -> Result<(), ServeFailure> {
    let settings = Settings::resolve(args, &Environment::of_process())?;
    log::init(&settings.log_filter, settings.log_format)?;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let clock = Arc::new(SystemClock::new());
    let metrics = Arc::new(Metrics::new(clock.clone()));
    let cluster = connect::cluster(&settings).await;
    let provider = connect::provider(&settings, &metrics, clock, cluster)?;
    let shutdown = serve::shutdown_on_signals()?;
    serve::serve(&settings, Arc::new(provider), metrics, shutdown).await?;
    Ok(())
}
