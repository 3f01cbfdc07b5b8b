//! `docs/EMULATOR.md` lists every switch of both sets of quirks, with its values, and no other; `--quirk` takes them so.

#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fmt::Debug;

use emulator::{Quirk, Quirks};

const DOCUMENT: &str = include_str!("../../../docs/EMULATOR.md");

/// The fields of a struct as `Debug` writes them, spelled as flags are.
fn fields(value: &impl Debug) -> Vec<String> {
    let text = format!("{value:?}");
    let inner = text.trim_start_matches("Quirks {").trim_end_matches('}');
    inner
        .split(", ")
        .filter_map(|field| field.split_once(": "))
        .map(|(name, _)| name.trim().replace('_', "-"))
        .collect()
}

/// The name and the values of the rows below the heading of a side; the first value is the default.
fn documented(side: &str) -> Vec<(String, Vec<String>)> {
    let heading = format!("| {side} | values |");
    let rows = DOCUMENT
        .lines()
        .skip_while(|line| !line.starts_with(&heading));
    rows.skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split(" | ");
            let mut cell = || Some(cells.next()?.trim().replace('`', ""));
            let name = cell()?;
            let values = cell()?.split(", ").map(str::to_owned).collect();
            Some((name, values))
        })
        .collect()
}

/// Both sets with one switch turned.
fn turned(name: &str, value: &str) -> (Quirks, data_plane::Quirks) {
    let mut sets = (Quirks::default(), data_plane::Quirks::default());
    let quirk: Quirk = format!("{name}={value}").parse().expect("a switch");
    quirk.turn(&mut sets.0, &mut sets.1);
    sets
}

#[test]
fn every_switch_is_documented_with_its_values() {
    let mut names = Vec::new();
    let sides = [
        ("ARM side", fields(&Quirks::default())),
        ("DNS side", fields(&data_plane::Quirks::default())),
    ];
    let defaults = (Quirks::default(), data_plane::Quirks::default());
    for (side, fields) in sides {
        let rows = documented(side);
        let listed: Vec<_> = rows.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(listed, fields, "{side}");
        for (name, values) in rows {
            let (default, others) = values.split_first().expect("values");
            assert_eq!(turned(&name, default), defaults, "{name}={default}");
            assert!(!others.is_empty(), "{name}");
            for other in others {
                assert_ne!(turned(&name, other), defaults, "{name}={other}");
            }
            names.push(name);
        }
    }
    assert_eq!(names, Quirk::NAMES);
}

/// A text that is no switch says what would be one.
#[test]
fn what_is_no_switch_is_refused() {
    let said = |text: &str| text.parse::<Quirk>().expect_err("no switch").to_string();
    insta::assert_snapshot!(said("keep-priority"), @r#""keep-priority" is not of the form NAME=VALUE"#);
    insta::assert_snapshot!(said("keep-priority=no"), @r#"keep-priority is not "no" but true or false"#);
    insta::assert_snapshot!(said("max-return-limit=0"), @r#"max-return-limit is not "0" but a number from 1 to 10"#);
    let unknown = said("priority=1");
    assert!(Quirk::NAMES.iter().all(|name| unknown.contains(name)));
}
