//! What the README shows is what the examples hold.

const README: &str = include_str!("../../../README.md");

/// The lines of a YAML text, without comments and empty lines.
fn lines(yaml: &str) -> Vec<&str> {
    yaml.lines()
        .map(|line| line.split(" #").next().unwrap_or(line).trim_end())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// The YAML blocks of the README, in order.
fn blocks() -> Vec<&'static str> {
    README
        .split("\n```")
        .filter_map(|part| part.strip_prefix("yaml\n"))
        .collect()
}

#[test]
fn the_service_is_the_one_that_users_copy() {
    let example = include_str!("../../../examples/multi-region/cluster-east/my-app.yaml");
    assert_eq!(lines(blocks()[0]), lines(example));
}

/// The chart reads these keys; the example has more of them and says more about each.
#[test]
fn the_values_are_among_those_that_users_copy() {
    let example = include_str!(
        "../../../examples/multi-region/cluster-east/external-dns-webhook.values.yaml"
    );
    let known: Vec<_> = lines(example).into_iter().map(str::trim).collect();
    for line in lines(blocks()[1]) {
        let line = line.trim();
        // The example lists the sources in lines of their own, and writes the owner once.
        let spelled_out = line.starts_with("sources:")
            || line.starts_with("txtOwnerId:")
            || line == "value: cluster-east";
        assert!(spelled_out || known.contains(&line), "{line}");
    }
}
