//! Listings: one at a time, joined by whoever asks meanwhile.
//!
//! A quiet loop of ExternalDNS costs one listing: `/records` makes it and
//! `/adjustendpoints` uses it again. When Azure takes longer than the deadline,
//! the answer that came too late is given to the next call instead of being
//! thrown away, or a slow Azure would never be seen at all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arm_client::ListScope;
use futures::future::{BoxFuture, FutureExt, Shared, try_join_all};
use members::Observed;

use super::Inner;
use super::lookup::LookedUp;
use crate::provider_api::ProviderError;

/// How old a listing may be for `/adjustendpoints` that no `/records` of the same
/// loop has answered with: ExternalDNS's CRD registry does not ask for records.
const FRESH_FOR_ADJUST: Duration = Duration::from_mins(1);
/// How old a listing may be that came too late for the call that started it, or
/// that `/records` has answered with. Longer than most intervals, or a slow
/// Azure would never be seen; every write reads its profile again.
const FRESH_WHEN_LATE: Duration = Duration::from_mins(15);

/// What Azure held at one time.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) observed: Observed,
    /// Looked up when an object asks for it.
    pub(super) public_ips: LookedUp,
    generation: u64,
    /// Monotonic time.
    completed: Duration,
}

/// Why there is no listing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListingError {
    #[error(transparent)]
    Azure(#[from] arm_client::Error),
    #[error("the task that lists has ended")]
    Task(#[from] tokio::task::JoinError),
    #[error("the listing was abandoned")]
    Stopped,
}

type Listed = Result<Arc<Snapshot>, Arc<ListingError>>;

#[derive(Debug, Default)]
pub(super) struct Listings {
    /// Counts writes. A listing that began before a write says nothing about
    /// what is there after it.
    generation: AtomicU64,
    running: Mutex<Option<Running>>,
    latest: Mutex<Option<Arc<Snapshot>>>,
    /// What `/records` has answered with and `/adjustendpoints` has not used.
    answered: Mutex<Option<Arc<Snapshot>>>,
}

#[derive(Debug, Clone)]
struct Running {
    listed: Shared<BoxFuture<'static, Listed>>,
    generation: u64,
}

// === impl Snapshot ===

impl Snapshot {
    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.completed)
    }
}

// === impl Listings ===

impl Listings {
    /// Says that something is, or may have been, written: nothing that was
    /// listed before counts any more.
    pub(super) fn outdate(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// The listing for `/adjustendpoints`, if there is one that is good enough.
    fn for_adjust(&self, now: Duration) -> Option<Arc<Snapshot>> {
        let answered = self
            .answered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let latest = self.latest();
        let good = |snapshot: &Arc<Snapshot>, within| {
            snapshot.generation == self.generation() && snapshot.age(now) <= within
        };
        answered
            .filter(|snapshot| good(snapshot, FRESH_WHEN_LATE))
            .or_else(|| latest.filter(|snapshot| good(snapshot, FRESH_FOR_ADJUST)))
    }

    /// The last one, whatever has been written since.
    pub(super) fn latest(&self) -> Option<Arc<Snapshot>> {
        self.latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The last one, if nothing was written since it began.
    pub(super) fn current(&self) -> Option<Arc<Snapshot>> {
        let current = |snapshot: &Arc<Snapshot>| snapshot.generation == self.generation();
        self.latest().filter(current)
    }

    fn answered(&self, snapshot: &Arc<Snapshot>) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(snapshot));
    }

    fn forget_running(&self, generation: u64) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running
            .as_ref()
            .is_some_and(|running| running.generation == generation)
        {
            *running = None;
        }
    }
}

// === impl Inner ===

impl Inner {
    /// The listing for `/records`: a new one, or the one that is under way or
    /// came too late for an earlier call. `/adjustendpoints` uses it next.
    pub(super) async fn listing_for_records(
        self: &Arc<Self>,
    ) -> Result<Arc<Snapshot>, ProviderError> {
        let snapshot = self.listing().await?;
        self.listings.answered(&snapshot);
        Ok(snapshot)
    }

    /// The listing for `/adjustendpoints`: the one of this loop if there is one.
    pub(super) async fn listing_for_adjust(
        self: &Arc<Self>,
    ) -> Result<Arc<Snapshot>, ProviderError> {
        match self.listings.for_adjust(self.clock.monotonic()) {
            Some(snapshot) => Ok(snapshot),
            None => self.listing().await,
        }
    }

    pub(super) async fn listing(self: &Arc<Self>) -> Result<Arc<Snapshot>, ProviderError> {
        let started = self.clock.monotonic();
        let running = self.join_or_start();
        let listed = running.listed.clone().await;
        // Beyond the deadline nobody hears this answer; it is kept for the next call.
        let heard = self.clock.monotonic().saturating_sub(started) < self.behaviour.deadline;
        if heard || listed.is_err() {
            self.listings.forget_running(running.generation);
        }
        listed.map_err(|error| self.listing_failed(&error))
    }

    fn join_or_start(self: &Arc<Self>) -> Running {
        let mut running = self
            .listings
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let generation = self.listings.generation();
        let now = self.clock.monotonic();
        let usable = running.as_ref().filter(|running| {
            let late = running.listed.peek().map(|listed| {
                listed
                    .as_ref()
                    .is_ok_and(|snapshot| snapshot.age(now) <= FRESH_WHEN_LATE)
            });
            running.generation == generation && late.unwrap_or(true)
        });
        if let Some(usable) = usable {
            return usable.clone();
        }
        let inner = Arc::clone(self);
        let task = tokio::spawn(async move { inner.list(generation).await });
        let listed = async move {
            match task.await {
                Ok(listed) => listed,
                Err(error) => Err(Arc::new(error.into())),
            }
        };
        let started = Running {
            listed: listed.boxed().shared(),
            generation,
        };
        *running = Some(started.clone());
        started
    }

    /// Lists every scope. One that fails fails the whole: a listing with a hole
    /// would read as deletions.
    async fn list(self: Arc<Self>, generation: u64) -> Listed {
        // A listing writes nothing, so it is left at once.
        let work = self.stop.run_until_cancelled(self.work.lock());
        let Some(_work) = work.await else {
            return Err(Arc::new(ListingError::Stopped));
        };
        let scope = &self.behaviour.scope;
        let scopes: Vec<_> = scope
            .subscriptions()
            .flat_map(|(subscription, groups)| ListScope::covering(subscription, groups))
            .collect();
        let lists = scopes.iter().map(|scope| self.api.list_profiles(scope));
        let listed = self.stop.run_until_cancelled(try_join_all(lists));
        match listed.await.ok_or(ListingError::Stopped)? {
            Ok(profiles) => {
                let snapshot = Arc::new(Snapshot {
                    observed: Observed::new(profiles.into_iter().flatten(), scope),
                    public_ips: LookedUp::default(),
                    generation,
                    completed: self.clock.monotonic(),
                });
                self.report.listed(&snapshot.observed, &scope.owner);
                *self
                    .listings
                    .latest
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
                Ok(snapshot)
            }
            Err(error) => {
                self.report.listing_failed(&error, &self.behaviour.arm);
                Err(Arc::new(error.into()))
            }
        }
    }

    fn listing_failed(&self, error: &Arc<ListingError>) -> ProviderError {
        if matches!(**error, ListingError::Stopped) {
            return ProviderError::Stopped {
                left: "Azure was not listed".to_owned(),
            };
        }
        let arm = &self.behaviour.arm;
        ProviderError::Azure {
            action: format!(
                "listing the Traffic Manager profiles at {arm} failed; nothing was changed"
            ),
            source: Box::new(Arc::clone(error)),
        }
    }
}
