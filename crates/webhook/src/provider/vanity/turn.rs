//! One look at a time, and each at the newest listing.

use std::sync::{Arc, PoisonError};

use tokio::sync::{Mutex, MutexGuard};

use crate::provider::listing::Snapshot;

/// What looks share, and the listing that the next of them is for.
///
/// A listing that comes while somebody looks is not lost: ExternalDNS may take long
/// to come again, and whatever was seen before is older.
#[derive(Debug, Default)]
pub(super) struct Turn<S> {
    shared: Mutex<S>,
    newest: std::sync::Mutex<Option<Arc<Snapshot>>>,
}

impl<S> Turn<S> {
    /// The next look is for this listing, whoever takes it. [`Turn::take`] has to
    /// follow.
    pub(super) fn put(&self, snapshot: Arc<Snapshot>) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
    }

    /// Waits until nobody looks, and takes the newest listing; `None` when another
    /// turn has taken it.
    pub(super) async fn take(&self) -> Option<(MutexGuard<'_, S>, Arc<Snapshot>)> {
        let shared = self.shared.lock().await;
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = newest.take()?;
        Some((shared, snapshot))
    }
}
