//! Tells the story: titles, sentences, tables, bars, and whether what was expected has come true.

use std::io::{self, Write};

use super::share::Comparison;
use crate::style::{Style, Tone};
use crate::table::Table;

/// Columns of a line of prose.
const LINE: usize = 100;
/// Everything below a title stands in by this.
const INDENT: &str = "   ";
/// Columns of a bar.
const BAR: u16 = 40;

/// An expectation that did not come true.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("step {step} ({title}): expected {what}, but {why}")]
pub(crate) struct Unmet {
    step: usize,
    title: String,
    what: String,
    why: String,
}

/// Writes the story to `W`.
#[derive(Debug)]
pub(super) struct Narrator<W> {
    out: W,
    style: Style,
    step: usize,
    title: String,
    met: usize,
}

// === impl Narrator ===

impl<W: Write> Narrator<W> {
    /// A story that has not begun.
    pub(super) fn new(out: W, style: Style) -> Self {
        Self {
            out,
            style,
            step: 0,
            title: "before the story".to_owned(),
            met: 0,
        }
    }

    /// How many expectations have come true.
    pub(super) fn met(&self) -> usize {
        self.met
    }

    /// A line without indentation, in bold.
    pub(super) fn headline(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", self.style.paint(Tone::Title, text))
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Begins the next step.
    pub(super) fn step(&mut self, title: &str) -> io::Result<()> {
        self.step += 1;
        title.clone_into(&mut self.title);
        writeln!(self.out)?;
        self.headline(&format!("{}  {title}", self.step))
    }

    /// A sentence or more.
    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        for line in wrap(text, LINE) {
            writeln!(self.out, "{INDENT}{line}")?;
        }
        Ok(())
    }

    /// A detail.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{INDENT}{}", self.style.paint(Tone::Faint, text))
    }

    /// A table between empty lines.
    pub(super) fn table<const N: usize>(&mut self, table: &Table<N>) -> io::Result<()> {
        writeln!(self.out)?;
        for line in table.lines(self.style) {
            writeln!(self.out, "{INDENT}{line}")?;
        }
        writeln!(self.out)
    }

    /// A bar for each share, and an empty line.
    pub(super) fn shares(&mut self, shares: &[Comparison]) -> io::Result<()> {
        let width = |share: &Comparison| share.endpoint.chars().count();
        let widest = shares.iter().map(width).max().unwrap_or_default();
        for share in shares {
            let bar = self.style.bar(share.observed, BAR);
            let observed = percent(share.observed);
            let tone = if share.holds() { Tone::Good } else { Tone::Bad };
            let observed = self.style.paint(tone, &format!("{observed:>6}"));
            writeln!(
                self.out,
                "{INDENT}{:widest$}  {bar} {observed} %  {}",
                share.endpoint,
                self.style.paint(Tone::Faint, &expectation(share)),
            )?;
        }
        writeln!(self.out)
    }

    /// Commands to copy, each below its purpose; one without a purpose belongs to the one before it.
    pub(super) fn commands(&mut self, commands: &[(String, String)]) -> io::Result<()> {
        for (purpose, command) in commands {
            if !purpose.is_empty() {
                self.blank()?;
                self.note(&format!("# {purpose}"))?;
            }
            writeln!(self.out, "{INDENT}{command}")?;
        }
        Ok(())
    }

    /// Says that something is as expected, or ends the story: `outcome` is then why not.
    pub(super) fn expect(
        &mut self,
        what: &str,
        outcome: Result<(), String>,
    ) -> io::Result<Result<(), Unmet>> {
        let mark = self.style.mark(outcome.is_ok());
        match outcome {
            Ok(()) => {
                self.met += 1;
                writeln!(self.out, "{INDENT}{mark} {what}")?;
                Ok(Ok(()))
            }
            Err(why) => {
                writeln!(self.out, "{INDENT}{mark} {what}: {why}")?;
                Ok(Err(Unmet {
                    step: self.step,
                    title: self.title.clone(),
                    what: what.to_owned(),
                    why,
                }))
            }
        }
    }

    /// Makes sure that everything is seen.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A fraction as per cent with one digit behind the point.
pub(super) fn percent(fraction: f64) -> String {
    format!("{:.1}", fraction * 100.0)
}

fn expectation(share: &Comparison) -> String {
    let expected = percent(share.expected);
    if share.tolerance > 0.0 {
        format!("expected {expected} +/- {}", percent(share.tolerance))
    } else {
        format!("expected {expected}")
    }
}

/// Breaks a text at its blanks into lines of at most `width` characters; a longer word gets a line of its own.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::share::{Tally, by_weight};
    use crate::table::Align;

    fn told(tell: impl FnOnce(&mut Narrator<Vec<u8>>) -> io::Result<()>) -> String {
        let mut narrator = Narrator::new(Vec::new(), Style::PLAIN);
        tell(&mut narrator).expect("memory takes everything");
        String::from_utf8(narrator.out).expect("text")
    }

    #[test]
    fn a_step_of_the_story() {
        let tally = Tally {
            answers: [("east-us".to_owned(), 712), ("west-us".to_owned(), 288)].into(),
            queries: 1000,
        };
        let text = told(|tell| {
            tell.step("Both clusters join")?;
            tell.say("Something happens.")?;
            tell.note("cluster-east: creates east-us")?;
            let mut table = Table::new([("ENDPOINT", Align::Left), ("WEIGHT", Align::Right)]);
            table.push(["east-us".into(), "70".into()]);
            tell.table(&table)?;
            tell.shares(&tally.compare(&by_weight(&[("east-us", 70), ("west-us", 30)])))?;
            tell.expect("the answers split 70/30", Ok(()))?
                .expect("met");
            let unmet = tell.expect("no write", Err("there were 2".to_owned()))?;
            assert_eq!(
                unmet.expect_err("unmet").to_string(),
                "step 1 (Both clusters join): expected no write, but there were 2"
            );
            assert_eq!(tell.met(), 1);
            Ok(())
        });
        insta::assert_snapshot!(text.trim_start(), @r"
        1  Both clusters join
           Something happens.
           cluster-east: creates east-us

           ENDPOINT  WEIGHT
           east-us       70

           east-us  ############################............   71.2 %  expected 70.0 +/- 8.7
           west-us  ############............................   28.8 %  expected 30.0 +/- 8.7

           ok the answers split 70/30
           FAILED no write: there were 2
        ");
    }

    #[test]
    fn an_unexpected_answer_is_a_share_too() {
        let tally = Tally {
            answers: [("SERVFAIL".to_owned(), 1)].into(),
            queries: 1,
        };
        let text = told(|tell| tell.shares(&tally.compare(&by_weight(&[("east-us", 1)]))));
        insta::assert_snapshot!(text, @r"
        east-us   ........................................    0.0 %  expected 100.0
        SERVFAIL  ########################################  100.0 %  expected 0.0
        ");
    }

    #[test]
    fn prose_is_broken_at_blanks() {
        assert_eq!(
            wrap("aa bb  cc\ndddddd e", 5),
            ["aa bb", "cc", "dddddd", "e"]
        );
        assert!(wrap("", 5).is_empty());
    }
}
