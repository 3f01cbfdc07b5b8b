//! Names that nobody gave: derived from the host, the same from every code
//! path and in every cluster, and within Azure's limits.

use sha2::{Digest, Sha256};
use traffic_manager::name::PROFILE_NAME_MAX;
use traffic_manager::{EndpointName, Hostname, Invalid, ProfileName, RelativeName};

use crate::owner::OwnerId;

/// Characters of the hash that keeps derived names apart: 30 bits.
const HASH_CHARS: usize = 6;
/// Characters of a derived endpoint name before its hash. Azure allows more,
/// but the name also stands in a claim, and a tag holds 256 characters.
const READABLE_MAX: usize = 56;
/// Characters of one label of a DNS name.
const LABEL_MAX: usize = 63;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The profile name for a host: the host with hyphens for periods, and a hash
/// of it, because `a-b.example.com` and `a.b.example.com` must not share a
/// profile. Every cluster derives the same name, which is how they meet.
pub fn profile_name(host: &Hostname) -> Result<ProfileName, Invalid> {
    let readable: String = host
        .as_str()
        .replace("*.", "wildcard.")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(PROFILE_NAME_MAX - HASH_CHARS - 1)
        .collect();
    format!("{}-{}", readable.trim_matches('-'), hash(host.as_str())).parse()
}

/// The endpoint name of one object: unlike the profile, no two clusters and no
/// two objects may share it, so it names the owner and, when ExternalDNS has
/// been given one, the set identifier.
///
/// The same input must give the same name in every later release: members would
/// be renamed, and packed claims leave derived names out.
pub fn endpoint_name(
    owner: &OwnerId,
    set_identifier: &str,
    host: &Hostname,
) -> Result<EndpointName, Invalid> {
    let parts = [owner.as_str(), set_identifier, host.as_str()];
    let words: Vec<String> = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(readable)
        .collect();
    let mut name = words.join(".");
    name.truncate(READABLE_MAX);
    format!("{name}-{}", hash(&parts.join("\n"))).parse()
}

/// Other DNS names for a profile whose own is taken: a few that read like it,
/// the likeliest to be free last. `id` keeps those of two profiles apart.
pub fn other_names(taken: &RelativeName, id: &str) -> Vec<RelativeName> {
    let text = taken.as_str();
    let (first, rest) = match text.split_once('.') {
        Some((first, rest)) => (first, format!(".{rest}")),
        None => (text, String::new()),
    };
    let endings = [
        "2".to_owned(),
        "3".to_owned(),
        hash(&format!("{text}\n{id}")),
    ];
    endings
        .into_iter()
        .filter_map(|ending| {
            let short: String = first.chars().take(LABEL_MAX - ending.len() - 1).collect();
            format!("{}-{ending}{rest}", short.trim_end_matches('-'))
                .parse()
                .ok()
        })
        .collect()
}

/// Lower-case ASCII letters, digits, `-`, `_` and `.`; `-` for the rest.
fn readable(text: &str) -> String {
    text.replace("*.", "_wildcard.")
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
            _ => '-',
        })
        .collect()
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(HASH_CHARS)
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(text: &str) -> Hostname {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_readable_and_stable() {
        let owner: OwnerId = "cluster-east".parse().unwrap();
        let app = host("my-app.example.com");
        insta::assert_snapshot!(profile_name(&app).unwrap(), @"my-app-example-com-ivuesf");
        insta::assert_snapshot!(endpoint_name(&owner, "", &app).unwrap(), @"cluster-east.my-app.example.com-wgkaup");
        insta::assert_snapshot!(endpoint_name(&owner, "blue", &app).unwrap(), @"cluster-east.blue.my-app.example.com-hr7sml");
        insta::assert_snapshot!(endpoint_name(&owner, "Blue", &host("*.example.com")).unwrap(), @"cluster-east.blue._wildcard.example.com-l4n6ig");
        insta::assert_snapshot!(profile_name(&host("*.example.com")).unwrap(), @"wildcard-example-com-hi2pwm");
    }

    #[test]
    fn a_taken_name_has_others_like_it() {
        let names = |taken: &str, id: &str| {
            let names = other_names(&taken.parse().unwrap(), id);
            names.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            names("my-app-global", "a").join(" "),
            "my-app-global-2 my-app-global-3 my-app-global-37g4b6"
        );
        assert_eq!(names("api.shop", "a")[0], "api-2.shop");
        assert_ne!(names("app", "a")[2], names("app", "b")[2]);
    }

    #[test]
    fn the_longest_name_has_others_too() {
        let longest = "a".repeat(63).parse().unwrap();
        assert_eq!(other_names(&longest, "id").len(), 3);
    }

    #[test]
    fn hosts_that_look_alike_have_different_profiles() {
        assert_ne!(
            profile_name(&host("a-b.example.com")),
            profile_name(&host("a.b.example.com"))
        );
    }

    proptest! {
        #[test]
        fn every_host_has_valid_names(
            text in "(\\*\\.)?[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){1,3}",
            owner in "[!-+\\--<>-~]{1,100}",
            set in "[ -~]{0,80}",
        ) {
            let host = text.parse::<Hostname>().unwrap();
            prop_assert!(profile_name(&host).is_ok());
            if let Ok(owner) = owner.parse() {
                prop_assert!(endpoint_name(&owner, &set, &host).is_ok());
            }
        }
    }
}
