//! How output looks: coloured in a terminal, plain text anywhere else.

use std::io::{self, IsTerminal as _};

/// The look of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Colours by escape sequences.
    colours: bool,
    /// Blocks and check marks, else ASCII.
    pub(crate) symbols: bool,
}

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
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
    pub(crate) const PLAIN: Self = Self {
        colours: false,
        symbols: false,
    };

    /// What standard output can show. `NO_COLOR` (any value but the empty one) takes the colours away and leaves the
    /// rest; so does a terminal that calls itself dumb.
    pub(crate) fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        Self::new(io::stdout().is_terminal(), unwanted || dumb)
    }

    pub(crate) fn new(terminal: bool, without_colours: bool) -> Self {
        Self {
            colours: terminal && !without_colours,
            symbols: terminal,
        }
    }

    /// The text in the colour of its meaning.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
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
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::terminal(true, false, "\u{1b}[32mx\u{1b}[0m")]
    #[case::terminal_without_colours(true, true, "x")]
    #[case::pipe(false, false, "x")]
    fn colours(#[case] terminal: bool, #[case] without_colours: bool, #[case] want: &str) {
        assert_eq!(
            Style::new(terminal, without_colours).paint(Tone::Good, "x"),
            want
        );
    }

    #[test]
    fn plain_text_has_no_escapes() {
        for tone in [Tone::Plain, Tone::Title, Tone::Faint, Tone::Good, Tone::Bad] {
            assert_eq!(Style::PLAIN.paint(tone, "x"), "x");
        }
    }
}
