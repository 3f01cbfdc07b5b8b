//! `docs/ARCHITECTURE.md` and `docs/TESTING.md` name files and functions. They exist, where the documents say.

use std::fs;
use std::path::Path;

const DOCUMENTS: &[(&str, &str)] = &[
    (
        "ARCHITECTURE.md",
        include_str!("../../../docs/ARCHITECTURE.md"),
    ),
    ("TESTING.md", include_str!("../../../docs/TESTING.md")),
];

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// What stands in backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn is_path(code: &str) -> bool {
    let begins = ["crates/", "conformance/", "docs/", "examples/", ".ci/"];
    begins.iter().any(|start| code.starts_with(start)) && !code.contains(['<', '*', ' '])
}

fn is_source(code: &str) -> bool {
    let extension = Path::new(code).extension();
    extension.is_some_and(|extension| extension == "rs" || extension == "go")
}

fn defines(source: &str, name: &str) -> bool {
    ["fn ", "func ", "struct ", ") "].iter().any(|keyword| {
        ["(", "<", " "]
            .iter()
            .any(|after| source.contains(&format!("{keyword}{name}{after}")))
    })
}

#[test]
fn every_file_exists() {
    for (document, text) in DOCUMENTS {
        let paths: Vec<_> = code(text).filter(|code| is_path(code)).collect();
        assert!(paths.len() > 5, "{document}");
        for path in paths {
            assert!(
                repository().join(path).exists(),
                "{document} names {path}, which does not exist"
            );
        }
    }
}

/// A row of a table whose last cell is a file says which of the file's functions it is about, in the cell before.
#[test]
fn every_function_is_where_the_tables_say() {
    let mut rows = 0;
    for (document, text) in DOCUMENTS {
        for line in text.lines().filter(|line| line.starts_with('|')) {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").collect();
            let [.., functions, file] = cells.as_slice() else {
                continue;
            };
            let mut files = code(file).filter(|code| is_source(code));
            let (Some(path), None) = (files.next(), files.next()) else {
                continue;
            };
            rows += 1;
            let source = fs::read_to_string(repository().join(path))
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            for name in code(functions) {
                assert!(
                    defines(&source, name),
                    "{document}: {path} does not define {name}"
                );
            }
        }
    }
    assert!(rows >= 40, "{rows} rows");
}
