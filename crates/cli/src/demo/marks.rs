//! Check marks and bars.

use crate::style::{Style, Tone};

// === impl Style ===

impl Style {
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
    fn plain_marks_are_words() {
        assert_eq!(Style::PLAIN.mark(false), "FAILED");
    }
}
