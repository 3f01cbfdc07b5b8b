//! GUIDs out of a seed.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// A source of GUIDs. The same seed gives the same ones.
#[derive(Debug)]
pub(crate) struct Ids(StdRng);

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A GUID of version 4.
    pub(crate) fn guid(&mut self) -> String {
        let bits =
            (self.0.random::<u128>() & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
        let hex = format!("{bits:032x}");
        [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)]
            .iter()
            .filter_map(|(from, to)| hex.get(*from..*to))
            .collect::<Vec<_>>()
            .join("-")
    }
}
