//! Tags: what Azure and Traffic Manager allow in them.

use crate::Invalid;

/// Most tags on one resource.
pub const TAGS_MAX: usize = 50;
/// Longest tag name, in characters.
pub const TAG_NAME_MAX: usize = 512;
/// Longest tag value, in characters.
pub const TAG_VALUE_MAX: usize = 256;

/// Checks a tag name against ARM's rules and Traffic Manager's stricter ones:
/// no `< > % & \ ? /`, and no space, `#` or `:`, and no leading digit.
pub fn check_name(name: &str) -> Result<(), Invalid> {
    let length = name.chars().count();
    let forbidden = |c: char| c.is_control() || "<>%&\\?/ #:".contains(c);
    let digit_first = name.starts_with(|c: char| c.is_ascii_digit());
    if (1..=TAG_NAME_MAX).contains(&length) && !name.contains(forbidden) && !digit_first {
        Ok(())
    } else {
        Err(Invalid::new(
            "must be a tag name of 1 to 512 characters without < > % & \\ ? / # : or spaces, not starting with a digit",
        ))
    }
}

/// Whether two tag names are one: Azure ignores their letter case.
pub fn same_name(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// Checks that a tag value fits.
pub fn check_value(value: &str) -> Result<(), Invalid> {
    if value.chars().count() <= TAG_VALUE_MAX {
        Ok(())
    } else {
        Err(Invalid::new(
            "must be a tag value of at most 256 characters",
        ))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("externaldns-owner", true)]
    #[case("external-dns/owner", false)]
    #[case("9lives", false)]
    #[case("a b", false)]
    #[case("", false)]
    fn names(#[case] name: &str, #[case] valid: bool) {
        assert_eq!(check_name(name).is_ok(), valid);
    }
}
