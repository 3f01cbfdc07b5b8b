//! From a question to an answer, apart from the wire format.

mod quirks;

pub use quirks::{Negative, NestedTtl, OtherTypes, Quirks};
