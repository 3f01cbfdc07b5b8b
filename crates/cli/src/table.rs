//! Tables with columns as wide as their widest cell.

use crate::style::{Style, Tone};

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

/// On which side the text of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

/// A table with a heading.
#[derive(Debug, Clone)]
pub(crate) struct Table<const N: usize> {
    columns: [(&'static str, Align); N],
    rows: Vec<[Cell; N]>,
}

// === impl Cell ===

impl Cell {
    /// A cell in a colour.
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(Tone::Plain, text)
    }
}

// === impl Table ===

impl<const N: usize> Table<N> {
    /// A table without rows.
    pub(crate) fn new(columns: [(&'static str, Align); N]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: [Cell; N]) {
        self.rows.push(row);
    }

    /// The lines of the table, heading first, without blanks at their ends.
    pub(crate) fn lines(&self, style: Style) -> Vec<String> {
        let heading = self.columns.map(|(name, _)| Cell::new(Tone::Faint, name));
        let all: Vec<_> = std::iter::once(&heading).chain(&self.rows).collect();
        let widths: Vec<usize> = (0..N)
            .map(|column| {
                let cells = all.iter().filter_map(|row| row.get(column));
                cells.map(Cell::width).max().unwrap_or_default()
            })
            .collect();
        all.iter()
            .map(|row| {
                let cells = row.iter().zip(&widths).zip(&self.columns);
                let texts: Vec<_> = cells
                    .map(|((cell, width), (_, align))| pad(cell, *width, *align, style))
                    .collect();
                texts.join("  ").trim_end().to_owned()
            })
            .collect()
    }
}

/// Blanks stay outside of the colour, so that they can be trimmed.
fn pad(cell: &Cell, width: usize, align: Align, style: Style) -> String {
    let blanks = " ".repeat(width.saturating_sub(cell.width()));
    let text = style.paint(cell.tone, &cell.text);
    match align {
        Align::Left => text + &blanks,
        Align::Right => blanks + &text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new([("OWNER", Align::Left), ("WEIGHT", Align::Right)]);
        table.push(["cluster-east".into(), "70".into()]);
        table.push([Cell::new(Tone::Bad, "Zürich"), "1000".into()]);
        insta::assert_snapshot!(table.lines(Style::PLAIN).join("\n"), @r"
        OWNER         WEIGHT
        cluster-east      70
        Zürich          1000
        ");
    }

    #[test]
    fn a_table_without_rows_is_its_heading() {
        let table = Table::new([("OWNER", Align::Left), ("HEALTH", Align::Left)]);
        assert_eq!(table.lines(Style::PLAIN), ["OWNER  HEALTH"]);
    }
}
