//! Time as a value. It is the clock of the ARM client, so that an instance has one clock.

pub use arm_client::{Clock, SystemClock};
