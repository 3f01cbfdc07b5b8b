//! Which endpoint a client gets.

mod locator;

pub use locator::{ClientLocation, InvalidClientLocation, Location, Locator};
