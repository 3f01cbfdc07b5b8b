//! Why a trial ends early.

use std::error::Error;

/// Why a trial ends early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A promise was not kept.
    #[error("broken: {promise}: {seen}")]
    Broken {
        /// What is promised.
        promise: &'static str,
        /// What was seen instead, with the logs of the processes involved.
        seen: String,
    },
    /// The trial could not be held.
    #[error("{what}")]
    Setup {
        /// What was attempted.
        what: String,
        /// Why it failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

// === impl Failure ===

impl Failure {
    /// A promise was not kept.
    pub fn broken(promise: &'static str, seen: impl Into<String>) -> Self {
        Self::Broken {
            promise,
            seen: seen.into(),
        }
    }

    /// Something that the trial needs could not be had.
    pub fn setup(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Setup {
            what: what.into(),
            source: source.into(),
        }
    }
}
