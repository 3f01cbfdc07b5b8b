//! `docs/SETTINGS.md` and `docs/EMULATOR.md` list every flag that `--help` lists, with its environment variables, its
//! default and its meaning, and no other.

#![expect(clippy::expect_used, reason = "what is missing fails the test")]

use std::process::Command;

/// One row of a table: a flag, with what stands for its value, as `--help` describes it.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    flag: String,
    variables: String,
    default: String,
    meaning: String,
}

/// The flags of a subcommand, from its `--help`.
fn help(subcommand: &str) -> Vec<Row> {
    let output = Command::new(env!("CARGO_BIN_EXE_external-dns-traffic-manager"))
        .args([subcommand, "--help"])
        .env_clear()
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        let flag = line.trim_start();
        if flag.starts_with("--") {
            blocks.push(flag.to_owned() + "\n");
        } else if flag.starts_with("-h, --help") || !line.starts_with("          ") {
            // A heading, or the one flag that explains itself.
            blocks.push(String::new());
        } else if let Some(block) = blocks.last_mut() {
            block.push_str(flag);
            block.push(' ');
        }
    }
    blocks.iter().filter_map(|block| row(block)).collect()
}

fn row(block: &str) -> Option<Row> {
    let (usage, description) = block.split_once('\n')?;
    let flag = usage.replace(['<', '>'], "");
    let bracketed = |name: &str| {
        let (_, rest) = description.split_once(&format!("[{name}: "))?;
        Some(rest.split(']').next().unwrap_or(rest))
    };
    let variables = bracketed("env")?.trim_end_matches('=').replace("or ", "");
    let meaning = description.split(" [").next().unwrap_or(description);
    let (meaning, required) = match meaning.strip_suffix(". Required") {
        Some(meaning) => (meaning, true),
        None => (meaning, false),
    };
    let default = if required {
        "required"
    } else {
        bracketed("default").unwrap_or("")
    };
    Some(Row {
        flag,
        variables,
        default: default.to_owned(),
        // The document writes code as code, some help texts do.
        meaning: meaning.trim().replace('`', ""),
    })
}

/// The rows of the tables of a document that begin with a flag.
fn documented(document: &str) -> Vec<Row> {
    let rows = document.lines().filter(|line| line.starts_with("| `--"));
    rows.map(|line| {
        let cells: Vec<_> = line
            .trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().replace('`', ""))
            .collect();
        let [flag, variables, default, meaning] = cells.as_slice() else {
            panic!("four cells: {line}");
        };
        Row {
            flag: flag.clone(),
            variables: variables.clone(),
            default: default.clone(),
            meaning: meaning.clone(),
        }
    })
    .collect()
}

#[track_caller]
fn assert_documented(subcommand: &str, document: &str) {
    let help = help(subcommand);
    assert!(!help.is_empty());
    let documented = documented(document);
    for row in &help {
        assert!(documented.contains(row), "not in the document: {row:#?}");
    }
    for row in &documented {
        assert!(help.contains(row), "not in --help: {row:#?}");
    }
    assert_eq!(documented, help, "the order differs");
}

#[test]
fn the_settings_of_serve() {
    assert_documented("serve", include_str!("../../../docs/SETTINGS.md"));
}

/// The README shows some of them, shortened.
#[test]
fn the_settings_in_the_readme() {
    let help = help("serve");
    let shown = documented(include_str!("../../../README.md"));
    assert!(!shown.is_empty());
    for row in shown {
        let same = |known: &&Row| {
            known.flag.split([' ', '[']).next() == Some(&row.flag)
                && known.variables.split(", ").next() == Some(&row.variables)
        };
        assert!(help.iter().any(|known| same(&known)), "{row:#?}");
    }
}

#[cfg(feature = "emulator")]
#[test]
fn the_flags_of_the_emulator() {
    assert_documented("emulator", include_str!("../../../docs/EMULATOR.md"));
}
