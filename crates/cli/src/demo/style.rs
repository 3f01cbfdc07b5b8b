//! How the story looks: coloured in a terminal, plain text anywhere else.

use std::io::{self, IsTerminal as _};

/// The look of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// Colours by escape sequences.
    colours: bool,
    /// Blocks and check marks, else ASCII.
    symbols: bool,
}

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it is.
    Plain,
    /// The title of a step.
    Title,
    /// Beside the point.
    Faint,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
}

// === impl Style ===

impl Style {
    /// Plain text, as for a file.
    #[cfg(test)]
    pub(super) const PLAIN: Self = Self {
        colours: false,
        symbols: false,
    };

    /// What standard output can show. `NO_COLOR` (any value but the empty one) takes the colours away and leaves the
    /// rest; so does a terminal that calls itself dumb.
    pub(super) fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        Self::new(io::stdout().is_terminal(), unwanted || dumb)
    }

    fn new(terminal: bool, without_colours: bool) -> Self {
        Self {
            colours: terminal && !without_colours,
            symbols: terminal,
        }
    }

    /// The text in the colour of its meaning.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Title => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Plain => return text.to_owned(),
        };
        if self.colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// What stands before an expectation.
    pub(super) fn mark(self, met: bool) -> String {
        let (tone, symbol, word) = if met {
            (Tone::Good, "\u{2713}", "ok")
        } else {
            (Tone::Bad, "\u{2717}", "FAILED")
        };
        self.paint(tone, if self.symbols { symbol } else { word })
    }

    /// A bar of `width` characters of which `fraction` (0 to 1) is filled. Anything above zero shows, and anything
    /// below one leaves a gap.
    pub(super) fn bar(self, fraction: f64, width: u16) -> String {
        let filled = filled(fraction, width);
        let (full, empty) = if self.symbols {
            ("\u{2588}", "\u{2591}")
        } else {
            ("#", ".")
        };
        let rest = self.paint(Tone::Faint, &empty.repeat(usize::from(width - filled)));
        full.repeat(usize::from(filled)) + &rest
    }
}

fn filled(fraction: f64, width: u16) -> u16 {
    // Counting up keeps clear of a cast from a float, and the width is small.
    let halves = (0..width)
        .filter(|position| f64::from(*position) + 0.5 <= fraction * f64::from(width))
        .count();
    let filled = u16::try_from(halves).unwrap_or(width);
    if fraction <= 0.0 {
        0
    } else if fraction >= 1.0 {
        width
    } else {
        filled.clamp(1.min(width), width.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing(0.0, "..........")]
    #[case::hardly_anything(0.001, "#.........")]
    #[case::most(0.7, "#######...")]
    #[case::nearly_all(0.999, "#########.")]
    #[case::all(1.0, "##########")]
    fn bars(#[case] fraction: f64, #[case] want: &str) {
        assert_eq!(Style::PLAIN.bar(fraction, 10), want);
    }

    #[rstest]
    #[case::terminal(true, false, "\u{1b}[32m\u{2713}\u{1b}[0m")]
    #[case::terminal_without_colours(true, true, "\u{2713}")]
    #[case::pipe(false, false, "ok")]
    fn looks(#[case] terminal: bool, #[case] without_colours: bool, #[case] want: &str) {
        assert_eq!(Style::new(terminal, without_colours).mark(true), want);
    }

    #[test]
    fn plain_text_has_no_escapes() {
        for tone in [Tone::Plain, Tone::Title, Tone::Faint, Tone::Good, Tone::Bad] {
            assert_eq!(Style::PLAIN.paint(tone, "x"), "x");
        }
        assert_eq!(Style::PLAIN.mark(false), "FAILED");
    }
}
