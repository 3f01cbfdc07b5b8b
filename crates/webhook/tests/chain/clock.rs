//! A clock that a test moves.

use std::sync::Mutex;
use std::time::Duration;

use arm_client::{Clock, SystemClock};
use async_trait::async_trait;
use jiff::Timestamp;

/// The machine's clock, and what has been added to it.
#[derive(Debug, Default)]
pub(crate) struct MovedClock {
    system: SystemClock,
    ahead: Mutex<Duration>,
}

impl MovedClock {
    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        *self.ahead.lock().unwrap() += by;
    }

    fn ahead(&self) -> Duration {
        *self.ahead.lock().unwrap()
    }
}

#[async_trait]
impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        self.system.now() + self.ahead()
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic() + self.ahead()
    }

    async fn sleep(&self, duration: Duration) {
        self.system.sleep(duration).await;
    }
}
