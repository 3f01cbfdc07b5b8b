//! Whole numbers with Azure's ranges.

use std::fmt;
use std::str::FromStr;

use crate::Invalid;

macro_rules! ranged {
    ($(#[$doc:meta])* $name:ident: $repr:ty, $min:literal ..= $max:literal, $words:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($repr);

        impl $name {
            /// The smallest valid value.
            pub const MIN: Self = Self($min);
            /// The largest valid value.
            pub const MAX: Self = Self($max);

            /// The value, or `None` when it is out of range.
            pub fn new(value: $repr) -> Option<Self> {
                ($min..=$max).contains(&value).then_some(Self(value))
            }

            /// The number.
            pub const fn get(self) -> $repr {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                // Only plain digits: a sign or a leading zero is a typo more often than a wish.
                let text = text.trim();
                let plain = text.bytes().all(|b| b.is_ascii_digit())
                    && (text == "0" || !text.starts_with('0'));
                plain
                    .then(|| text.parse().ok())
                    .flatten()
                    .and_then(Self::new)
                    .ok_or_else(|| Invalid::new($words))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

ranged!(
    /// Share of an endpoint under weighted routing, 1 to 1000. Azure has no 0.
    Weight: u16, 1..=1000, "must be a whole number from 1 to 1000"
);
ranged!(
    /// Rank of an endpoint, 1 (first) to 1000. Unique in a profile under *every*
    /// routing method, not only under priority routing.
    Priority: u16, 1..=1000, "must be a whole number from 1 to 1000"
);
ranged!(
    /// Seconds that resolvers may keep an answer, 0 to 2,147,483,647.
    Ttl: u32, 0..=2_147_483_647, "must be a number of seconds from 0 to 2147483647"
);
ranged!(
    /// A TCP port, 1 to 65535.
    Port: u16, 1..=65535, "must be a port from 1 to 65535"
);
ranged!(
    /// Addresses in one MultiValue answer, 1 to 10. Azure's pages disagree on
    /// the upper bound (8 or 10); the wider one is accepted.
    MaxReturn: u8, 1..=10, "must be a whole number from 1 to 10"
);
ranged!(
    /// Seconds within which a probe has to be answered, 5 to 10. Nine at most when
    /// probes follow each other every ten seconds, see
    /// [`ProbeInterval::longest_timeout`](crate::ProbeInterval::longest_timeout).
    ProbeTimeout: u8, 5..=10, "must be a number of seconds from 5 to 10"
);
ranged!(
    /// Failures in a row that do not yet make an endpoint unhealthy, 0 to 9.
    ToleratedFailures: u8, 0..=9, "must be a whole number from 0 to 9"
);
ranged!(
    /// How many endpoints of a nested profile have to be healthy, 1 to 200: the
    /// most that a profile has.
    MinChildren: u8, 1..=200, "must be a whole number from 1 to 200"
);
ranged!(
    /// How many of them have to be of one address family, 0 to 200.
    MinChildrenOfFamily: u8, 0..=200, "must be a whole number from 0 to 200"
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1", Some(1))]
    #[case("1000", Some(1000))]
    #[case(" 70 ", Some(70))]
    #[case("0", None)]
    #[case("1001", None)]
    #[case("+5", None)]
    #[case("-5", None)]
    #[case("007", None)]
    #[case("70%", None)]
    #[case("", None)]
    #[case("99999999999999999999", None)]
    fn weights(#[case] text: &str, #[case] expected: Option<u16>) {
        assert_eq!(text.parse::<Weight>().ok().map(Weight::get), expected);
    }

    #[test]
    fn ttl_zero_is_valid() {
        assert_eq!("0".parse::<Ttl>().unwrap().get(), 0);
    }

    proptest! {
        #[test]
        fn text_round_trips(value in 1u16..=1000) {
            let weight = Weight::new(value).unwrap();
            prop_assert_eq!(weight.to_string().parse::<Weight>().unwrap(), weight);
        }
    }
}
