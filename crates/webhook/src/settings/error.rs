//! What is wrong with the settings: all of it, with names, values and remedies.

use std::fmt;

use super::field::Field;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The flag.
    Flag,
    /// The environment variable of this name.
    Environment(&'static str),
    /// The field of this name in `azure.json`.
    AzureJson(&'static str),
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A required setting is not there.
    Missing {
        /// The setting.
        field: Field,
        /// What to give.
        give: &'static str,
    },
    /// A setting has a value that is not usable.
    Invalid {
        /// The setting.
        field: Field,
        /// Where the value came from.
        origin: Origin,
        /// The value, or for a list the wrong element.
        value: String,
        /// What would be valid: completes "the value ...".
        reason: String,
    },
    /// Two settings, each fine by itself, do not go together.
    Conflict {
        /// The one.
        first: Field,
        /// The other.
        second: Field,
        /// Why they do not go together, and what to do.
        reason: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { field, give } => write!(f, "{field} is required: give {give}"),
            Self::Invalid {
                field,
                origin: Origin::Flag,
                value,
                reason,
            } => {
                write!(f, "{field}: {value:?} {reason}")
            }
            Self::Invalid {
                field,
                origin: Origin::Environment(name),
                value,
                reason,
            } => {
                write!(f, "${name} (--{}): {value:?} {reason}", field.flag)
            }
            Self::Invalid {
                field,
                origin: Origin::AzureJson(name),
                value,
                reason,
            } => {
                write!(
                    f,
                    "{name} in azure.json (--{}): {value:?} {reason}",
                    field.flag
                )
            }
            Self::Conflict {
                first,
                second,
                reason,
            } => write!(f, "{first} and {second}: {reason}"),
        }
    }
}

/// The exit code for wrong settings, the same that the command line parser uses for a wrong flag.
pub const EXIT_CODE: u8 = 2;

/// The settings cannot be used. Holds at least one problem. The process ends with [`EXIT_CODE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    problems: Vec<Problem>,
}

impl SettingsError {
    /// At least one problem, as an error.
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// Everything that is wrong, in the order of `--help`.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => f.write_str("one setting is wrong:")?,
            count => write!(f, "{count} settings are wrong:")?,
        }
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}
