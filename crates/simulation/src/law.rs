//! The laws, by name.

use std::fmt;

/// What must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// No profile, endpoint, tag or setting of somebody else is changed.
    Foreign,
    /// No endpoint, tag or decided setting of another owner is changed.
    OtherOwner,
    /// No member is lost that its owner still wants.
    Lost,
    /// Every endpoint that an owner made is claimed by it.
    Unclaimed,
    /// A profile is deleted only when it is empty, by who retired it, after the
    /// grace.
    Deletion,
    /// No name leads to a profile that is not there: whoever takes its name gets
    /// the users.
    Names,
    /// Once the faults have stopped, everything becomes as the annotations ask.
    Converges,
    /// Then nothing is written and one list is read per loop.
    Quiet,
    /// Nothing panics, and every loop ends.
    Survives,
}

/// A law that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The law.
    pub law: Law,
    /// The step at which it was noticed, from 1; steps after the last belong to
    /// the calm.
    pub step: usize,
    /// What happened.
    pub what: String,
}

// === impl Law ===

impl Law {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Foreign => "foreign things stay as they are",
            Self::OtherOwner => "another owner's things stay as they are",
            Self::Lost => "no wanted member is lost",
            Self::Unclaimed => "what an owner made is claimed",
            Self::Deletion => "profiles are deleted only when retired and empty",
            Self::Names => "no name leads to what anybody may take",
            Self::Converges => "it converges",
            Self::Quiet => "then it is quiet",
            Self::Survives => "nothing panics or hangs",
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Violation ===

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}: {}", self.step, self.law, self.what)
    }
}
