//! Histories as text, one step a line, for people and for `--replay`.
//!
//! ```text
//! seed 7
//! owners 2
//! edit east 0 endpoint-name=e1 profile-name=p0
//! run east
//! turn east 3
//! serve east 0 cut-after
//! kill west 1
//! pass 600
//! others p0 wipe
//! name app.example.com drop
//! ```
//!
//! A line `records` says that there is a zone for vanity records. A `#` begins a
//! comment. An annotation without a value is taken away.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::history::{Deed, Hand, History, How, OWNERS, Step};

/// A line that is no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text:?} is not a step")]
pub struct NotAHistory {
    /// The number of the line, from 1.
    pub line: usize,
    /// The line.
    pub text: String,
}

// === impl History ===

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "owners {}", self.owners)?;
        if self.records {
            writeln!(f, "records")?;
        }
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl FromStr for History {
    type Err = NotAHistory;

    fn from_str(text: &str) -> Result<Self, NotAHistory> {
        let mut history = Self {
            seed: 0,
            owners: 2,
            records: false,
            steps: Vec::new(),
        };
        for (index, line) in text.lines().enumerate() {
            let code = line.split('#').next().unwrap_or_default().trim();
            if code.is_empty() {
                continue;
            }
            let wrong = || NotAHistory {
                line: index + 1,
                text: line.to_owned(),
            };
            let words: Vec<&str> = code.split_whitespace().collect();
            match words.as_slice() {
                ["seed", seed] => history.seed = seed.parse().map_err(|_| wrong())?,
                ["owners", owners] => {
                    history.owners = owners
                        .parse()
                        .ok()
                        .filter(|count| (1..=OWNERS.len()).contains(count))
                        .ok_or_else(wrong)?;
                }
                ["records"] => history.records = true,
                words => history.steps.push(step(words).ok_or_else(wrong)?),
            }
        }
        Ok(history)
    }
}

fn owner(word: &str) -> Option<usize> {
    OWNERS.iter().position(|name| *name == word)
}

fn step(words: &[&str]) -> Option<Step> {
    Some(match words {
        ["run", who] => Step::Run(owner(who)?),
        ["turn", who, count] => Step::Turn(owner(who)?, count.parse().ok()?),
        ["serve", who, index, how] => {
            Step::Serve(owner(who)?, index.parse().ok()?, how.parse().ok()?)
        }
        ["edit", who, slot, annotations @ ..] => {
            let pair = |word: &&str| {
                let (name, value) = word.split_once('=')?;
                let value = (!value.is_empty()).then(|| value.to_owned());
                Some((name.to_owned(), value))
            };
            let changes: Option<BTreeMap<_, _>> = annotations.iter().map(pair).collect();
            Step::Edit(owner(who)?, slot.parse().ok()?, changes?)
        }
        ["remove", who, slot] => Step::Remove(owner(who)?, slot.parse().ok()?),
        ["kill", who, bits] => Step::Kill(owner(who)?, bits.parse().ok()?),
        ["pass", seconds] => Step::Pass(seconds.parse().ok()?),
        ["skew", who, seconds] => Step::Skew(owner(who)?, seconds.parse().ok()?),
        ["others", profile, deed @ ..] => Step::Others((*profile).to_owned(), parse_deed(deed)?),
        ["name", host, hand] => Step::Name((*host).to_owned(), parse_hand(hand)?),
        _ => return None,
    })
}

fn parse_hand(word: &str) -> Option<Hand> {
    Some(match word {
        "make" => Hand::Make,
        "move" => Hand::Move,
        "drop" => Hand::Drop,
        "disown" => Hand::Disown,
        _ => return None,
    })
}

fn parse_deed(words: &[&str]) -> Option<Deed> {
    Some(match words {
        ["create"] => Deed::Create,
        ["delete"] => Deed::Delete,
        ["weight", index, weight] => Deed::Weight(index.parse().ok()?, weight.parse().ok()?),
        ["disable", index] => Deed::Disable(index.parse().ok()?),
        ["drop", index] => Deed::Drop(index.parse().ok()?),
        ["retarget", index, target] => Deed::Retarget(index.parse().ok()?, (*target).to_owned()),
        ["add", name, target] => Deed::Add((*name).to_owned(), (*target).to_owned()),
        ["tag", name, value] => Deed::Tag((*name).to_owned(), (*value).to_owned()),
        ["wipe"] => Deed::Wipe,
        ["wipe-ours"] => Deed::WipeOurs,
        ["wipe-claims", who] => Deed::WipeClaims(owner(who)?),
        ["mark"] => Deed::Mark,
        ["darken"] => Deed::Darken,
        ["ttl", seconds] => Deed::Ttl(seconds.parse().ok()?),
        ["method", method] => Deed::Method((*method).to_owned()),
        _ => return None,
    })
}

// === impl Step ===

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |owner: &usize| OWNERS.get(*owner).copied().unwrap_or("nobody");
        match self {
            Self::Run(owner) => write!(f, "run {}", name(owner)),
            Self::Turn(owner, count) => write!(f, "turn {} {count}", name(owner)),
            Self::Serve(owner, index, how) => write!(f, "serve {} {index} {how}", name(owner)),
            Self::Edit(owner, slot, changes) => {
                write!(f, "edit {} {slot}", name(owner))?;
                changes.iter().try_for_each(|(annotation, value)| {
                    write!(f, " {annotation}={}", value.as_deref().unwrap_or_default())
                })
            }
            Self::Remove(owner, slot) => write!(f, "remove {} {slot}", name(owner)),
            Self::Kill(owner, bits) => write!(f, "kill {} {bits}", name(owner)),
            Self::Pass(seconds) => write!(f, "pass {seconds}"),
            Self::Skew(owner, seconds) => write!(f, "skew {} {seconds}", name(owner)),
            Self::Others(profile, deed) => write!(f, "others {profile} {deed}"),
            Self::Name(host, hand) => write!(f, "name {host} {hand}"),
        }
    }
}

// === impl How ===

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fine => f.write_str("fine"),
            Self::Refused(status) => write!(f, "{status}"),
            Self::CutBefore => f.write_str("cut-before"),
            Self::CutAfter => f.write_str("cut-after"),
            Self::FailsAfter => f.write_str("fails-after"),
            Self::Throttled(seconds) => write!(f, "throttled-{seconds}"),
            Self::ThrottledSilently => f.write_str("throttled"),
            Self::Late(seconds) => write!(f, "late-{seconds}"),
            Self::Stale => f.write_str("stale"),
        }
    }
}

impl FromStr for How {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(seconds) = text.strip_prefix("throttled-") {
            return seconds.parse().map(Self::Throttled).map_err(drop);
        }
        if let Some(seconds) = text.strip_prefix("late-") {
            return seconds.parse().map(Self::Late).map_err(drop);
        }
        Ok(match text {
            "fine" => Self::Fine,
            "cut-before" => Self::CutBefore,
            "cut-after" => Self::CutAfter,
            "fails-after" => Self::FailsAfter,
            "throttled" => Self::ThrottledSilently,
            "stale" => Self::Stale,
            status => Self::Refused(status.parse().map_err(drop)?),
        })
    }
}

// === impl Hand ===

impl fmt::Display for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Make => "make",
            Self::Move => "move",
            Self::Drop => "drop",
            Self::Disown => "disown",
        })
    }
}

// === impl Deed ===

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create => f.write_str("create"),
            Self::Delete => f.write_str("delete"),
            Self::Weight(index, weight) => write!(f, "weight {index} {weight}"),
            Self::Disable(index) => write!(f, "disable {index}"),
            Self::Drop(index) => write!(f, "drop {index}"),
            Self::Retarget(index, target) => write!(f, "retarget {index} {target}"),
            Self::Add(name, target) => write!(f, "add {name} {target}"),
            Self::Tag(name, value) => write!(f, "tag {name} {value}"),
            Self::Wipe => f.write_str("wipe"),
            Self::WipeOurs => f.write_str("wipe-ours"),
            Self::WipeClaims(owner) => {
                write!(f, "wipe-claims {}", OWNERS.get(*owner).unwrap_or(&"nobody"))
            }
            Self::Mark => f.write_str("mark"),
            Self::Darken => f.write_str("darken"),
            Self::Ttl(seconds) => write!(f, "ttl {seconds}"),
            Self::Method(method) => write!(f, "method {method}"),
        }
    }
}
