//! `docs/EMULATOR.md` lists every switch of both sets of quirks, with its default, and no other.

use std::fmt::Debug;

const DOCUMENT: &str = include_str!("../../../docs/EMULATOR.md");

/// The fields of a struct with their values, as `Debug` writes them.
fn fields(value: &impl Debug) -> Vec<(String, String)> {
    let text = format!("{value:?}");
    let inner = text.trim_start_matches("Quirks {").trim_end_matches('}');
    inner
        .split(", ")
        .filter_map(|field| field.split_once(": "))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

/// The first two cells of the rows below the heading of a set.
fn documented(set: &str) -> Vec<(String, String)> {
    let heading = format!("| `{set}` | default |");
    let rows = DOCUMENT
        .lines()
        .skip_while(|line| !line.starts_with(&heading));
    rows.skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split(" | ");
            let mut cell = || Some(cells.next()?.trim().trim_matches('`').to_owned());
            Some((cell()?, cell()?))
        })
        .collect()
}

#[test]
fn the_switches_of_the_arm_side() {
    let switches = fields(&emulator::Quirks::default());
    assert!(switches.len() >= 10, "{switches:?}");
    assert_eq!(documented("emulator::Quirks"), switches);
}

#[test]
fn the_switches_of_the_data_plane() {
    let switches = fields(&data_plane::Quirks::default());
    assert!(switches.len() >= 6, "{switches:?}");
    assert_eq!(documented("data_plane::Quirks"), switches);
}
