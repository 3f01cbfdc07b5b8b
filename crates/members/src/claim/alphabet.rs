//! Bytes as characters of a tag value: nineteen bits in three characters of
//! eighty-one that no tool that handles tags gives a meaning to, and two
//! characters before them that check the rest.
//!
//! Commas and semicolons are not among the signs, so packed claims, however
//! damaged, never read as plain ones.

/// The signs, from 0 to 80.
const SIGNS: &[u8; 81] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#()*+-.:=@[]^_{|}~";
/// Bits in a group of three characters: 2¹⁹ < 81³.
const GROUP_BITS: u32 = 19;
/// Where the check characters start over: the largest prime below 81². With a
/// prime, one wrong character or two exchanged ones always show.
const CHECK_MODULUS: u32 = 6553;
/// Characters of the check.
const CHECK_LEN: usize = 2;

/// What each byte stands for as a sign; 255 for no sign.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value: u8 = 0;
    while (value as usize) < SIGNS.len() {
        values[SIGNS[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Characters that so many bytes take.
pub(super) fn length(bytes: usize) -> usize {
    let bits = bytes * 8;
    let group = GROUP_BITS as usize;
    CHECK_LEN
        + bits / group * 3
        + match bits % group {
            0 => 0,
            1..=6 => 1,
            7..=12 => 2,
            _ => 3,
        }
}

/// The text of these bytes, for this owner's tag.
pub(super) fn encode(bytes: &[u8], owner: &str) -> String {
    let mut signs = Vec::with_capacity(length(bytes.len()));
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        if bits >= GROUP_BITS {
            bits -= GROUP_BITS;
            push(&mut signs, held >> bits, 3);
            held &= (1 << bits) - 1;
        }
    }
    match bits {
        0 => {}
        1..=6 => push(&mut signs, held << (6 - bits), 1),
        7..=12 => push(&mut signs, held << (12 - bits), 2),
        _ => push(&mut signs, held << (GROUP_BITS - bits), 3),
    }
    let mut text = Vec::with_capacity(signs.len() + CHECK_LEN);
    push(&mut text, check(&signs, owner), CHECK_LEN);
    text.append(&mut signs);
    text.into_iter().map(char::from).collect()
}

/// The bytes of a text; `None` when it is damaged or another owner's.
pub(super) fn decode(text: &str, owner: &str) -> Option<Vec<u8>> {
    let (sum, signs) = text.as_bytes().split_at_checked(CHECK_LEN)?;
    (value(sum)? == check(signs, owner)).then_some(())?;
    let mut bytes = Vec::with_capacity(signs.len());
    let (mut held, mut bits) = (0_u32, 0);
    for group in signs.chunks(3) {
        let width = match group.len() {
            1 => 6,
            2 => 12,
            _ => GROUP_BITS,
        };
        let value = value(group)?;
        (value < 1 << width).then_some(())?;
        held = held << width | value;
        bits += width;
        while bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    // What is left over is the filling of the last group.
    (held == 0).then_some(bytes)
}

/// Appends a number as so many signs.
fn push(signs: &mut Vec<u8>, number: u32, width: usize) {
    let start = signs.len();
    let mut rest = number;
    for _ in 0..width {
        signs.push(SIGNS[(rest % 81) as usize]);
        rest /= 81;
    }
    signs[start..].reverse();
}

/// The number that these signs make.
fn value(signs: &[u8]) -> Option<u32> {
    signs.iter().try_fold(0_u32, |number, sign| {
        let value = VALUES[usize::from(*sign)];
        (value != 255).then_some(number * 81 + u32::from(value))
    })
}

/// The sum of all signs, each times its place, on top of the owner's: copied
/// to another owner's tag, the text does not count.
fn check(signs: &[u8], owner: &str) -> u32 {
    let seed = owner
        .bytes()
        .fold(1, |sum, byte| (sum * 257 + u32::from(byte)) % CHECK_MODULUS);
    signs.iter().zip(1_u32..).fold(seed, |sum, (sign, place)| {
        let value = u32::from(VALUES[usize::from(*sign)]);
        (sum + value * (place % CHECK_MODULUS)) % CHECK_MODULUS
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_wrong_or_exchanged_sign_shows() {
        let text = encode(&(0..=255).collect::<Vec<_>>(), "east");
        for place in 0..text.len() {
            for sign in SIGNS {
                let mut damaged = text.clone().into_bytes();
                if damaged[place] != *sign {
                    damaged[place] = *sign;
                    let damaged = String::from_utf8(damaged).unwrap();
                    assert_eq!(decode(&damaged, "east"), None, "{damaged}");
                }
            }
            let mut exchanged = text.clone().into_bytes();
            if place > 0 && exchanged[place] != exchanged[place - 1] {
                exchanged.swap(place, place - 1);
                assert_eq!(
                    decode(std::str::from_utf8(&exchanged).unwrap(), "east"),
                    None
                );
            }
        }
        assert_eq!(decode(&text, "west"), None);
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = encode(&bytes, "east");
            prop_assert_eq!(text.len(), length(bytes.len()));
            prop_assert!(!text.contains(['<', '>', '%', '&', '\\', '?', '/', '\'', '"', ',', ';', '$', '`']));
            prop_assert_eq!(decode(&text, "east"), Some(bytes));
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,300}") {
            let _ = decode(&text, "east");
        }
    }
}
