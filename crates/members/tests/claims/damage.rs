//! Values that somebody has cut off, mistyped or made up.

use members::claim::{Claim, read, seen};
use proptest::prelude::*;

use crate::realistic::{Naming, claims};
use crate::{Tags, tags_of};

fn tag(value: &str) -> Tags {
    Tags::from([(
        "externaldns-claims-0-aks-prod-eastus-01".to_owned(),
        value.to_owned(),
    )])
}

#[test]
fn damaged_plain_tags_hold_no_claims() {
    for value in [
        "",
        ";",
        "a",
        "a,b",
        "a,!,s/x/y,h",
        "%zz,1,s/x/y,h",
        "@",
        "@1",
        "@1;",
        "@;e",
        ",",
        ",1",
        ",2abc",
        "@1;,1",
    ] {
        assert_eq!(read(&tag(value)), [], "{value:?}");
    }
}

/// One packed tag of an owner.
fn packed() -> (String, String, Vec<Claim>) {
    let written = claims(0, 5, Naming::Given);
    let tags = tags_of(&written);
    let (name, value) = tags.into_iter().next().unwrap();
    assert!(value.contains(";,1"), "{value}");
    (name, value, written)
}

#[test]
fn every_character_cut_off_or_mistyped_makes_up_no_claim() {
    let (name, value, written) = packed();
    let check = |damaged: String| {
        let tags = Tags::from([(name.clone(), damaged)]);
        for claim in read(&tags) {
            assert!(written.contains(&claim), "{tags:?}: {claim:?}");
        }
        let _ = seen(&tags);
    };
    for place in 0..value.len() {
        check(value[..place].to_owned());
        check(value[place..].to_owned());
        check(format!("{}{}", &value[..place], &value[place + 1..]));
        for sign in ' '..='~' {
            check(format!("{}{sign}{}", &value[..place], &value[place + 1..]));
        }
    }
}

#[test]
fn a_tag_that_is_copied_to_another_owner_holds_no_claims_of_it() {
    let (_, value, _) = packed();
    assert_eq!(read(&tag(&value)), []);
}

proptest! {
    #[test]
    fn any_value_is_read_without_harm(value in "(@[0-9a-z]{0,7};)?(,[0-9])?\\PC{0,300}") {
        let tags = tag(&value);
        let _ = (read(&tags), seen(&tags));
    }
}
