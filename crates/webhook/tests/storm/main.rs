//! Throttle storms: many members at once, against an Azure that enforces its
//! limits, in simulated time.
//!
//! The full storms print their arithmetic. They want an optimised build:
//!
//! ```sh
//! cargo test --release -p webhook --test storm -- --ignored --nocapture
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "test code: constants are valid and locks are not poisoned"
)]
#![expect(clippy::print_stdout, reason = "the arithmetic is to be read")]

mod azure;
mod cluster;

use std::time::Duration;

use azure::{Azure, Seen};
use cluster::{Cluster, objects};
use emulator::Limits;

/// How much longer it may take than Azure's limits make it.
const SLACK: f64 = 1.3;

fn sum(counts: &std::collections::BTreeMap<&'static str, u64>) -> u64 {
    counts.values().sum()
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// The least time in which a client that knows Azure's limits and nothing else
/// can send these requests, in seconds.
fn allowed(seen: &Seen, limits: &Limits) -> f64 {
    let of = |kind| seen.requests.get(kind).copied().unwrap_or(0);
    let bucket = |name: &str, count: u64, limit: emulator::Refill| {
        let beyond = count.saturating_sub(u64::from(limit.size));
        let time = number(beyond) / f64::from(limit.per_second);
        println!(
            "  {name}: {count} requests, {} at once, the other {beyond} at {} a second: {time:.0} s",
            limit.size, limit.per_second
        );
        time
    };
    let endpoints = of("endpoint writes");
    let writes =
        endpoints + of("profile writes") + of("tag writes and settings") + of("name checks");
    let windows = endpoints.saturating_sub(1) / u64::from(limits.endpoint_writes);
    let waits = number(windows) * limits.window.as_secs_f64();
    println!(
        "  endpoint writes: {endpoints} requests, {} in each window of {} s, so the last go {windows} windows after the first: {waits:.0} s",
        limits.endpoint_writes,
        limits.window.as_secs()
    );
    let writes = bucket("writes at Resource Manager", writes, limits.writes);
    let reads = bucket("reads at Resource Manager", of("reads"), limits.reads);
    waits.max(writes).max(reads)
}

/// Prints and checks one storm. `work` is what the same requests take without
/// any limit, as Azure's calls last and profiles are written eight at a time.
fn judge(name: &str, seen: &Seen, limits: &Limits, loops: u32, work: f64) {
    println!(
        "{name}\n  requests: {:?}\n  refused as too many: {:?}",
        seen.requests, seen.refused
    );
    let allowed = allowed(seen, limits);
    let took = seen.last_write.as_secs_f64();
    let least = allowed + work;
    println!(
        "  the limits make it at least {allowed:.0} s, and the last batch of calls takes {work:.0} s more; it took {took:.0} s in {loops} loops: {:.2} times",
        took / least
    );
    assert_eq!(
        sum(&seen.refused),
        0,
        "a client that stays below is not refused"
    );
    assert!(
        took <= SLACK * least,
        "{took:.0} s is more than {SLACK} times {least:.0} s"
    );
}

/// Profiles that do not exist yet: one write each, with all their members.
async fn new_profiles(members: usize, profiles: usize) -> (Seen, u32) {
    let azure = Azure::new(Limits::default());
    let east = Cluster::new("east", &azure);
    let loops = east.converge(&objects("east", members, profiles), 60).await;
    assert_eq!(azure.endpoints(), members);
    (azure.take_seen(), loops)
}

/// Profiles that exist, made by another cluster: each member is a write.
async fn existing_profiles(members: usize, profiles: usize, limits: Limits) -> (Seen, u32) {
    let azure = Azure::new(limits);
    let west = Cluster::new("west", &azure);
    west.converge(&objects("west", profiles, profiles), 60)
        .await;
    // The limits are whole again.
    tokio::time::sleep(Duration::from_mins(10)).await;
    azure.take_seen();
    let start = arm_client::Clock::monotonic(&azure.clock());
    let east = Cluster::new("east", &azure);
    let loops = east
        .converge(&objects("east", members, profiles), 120)
        .await;
    assert_eq!(azure.endpoints(), members + profiles);
    let mut seen = azure.take_seen();
    seen.last_write = seen.last_write.saturating_sub(start);
    (seen, loops)
}

#[tokio::test(start_paused = true)]
#[ignore = "the full storm: run it by name"]
async fn two_thousand_members_of_fifty_new_profiles() {
    let (seen, loops) = new_profiles(2000, 50).await;
    // Seven rounds of eight: name check, two reads, the write.
    judge(
        "2,000 members create 50 profiles",
        &seen,
        &Limits::default(),
        loops,
        7.0 * 7.1,
    );
}

#[tokio::test(start_paused = true)]
#[ignore = "the full storm: run it by name"]
async fn two_thousand_members_join_fifty_profiles() {
    let limits = Limits::default();
    let (seen, loops) = existing_profiles(2000, 50, limits.clone()).await;
    // The last window's 250 writes, eight at a time.
    judge(
        "2,000 members join 50 profiles",
        &seen,
        &limits,
        loops,
        250.0 / 8.0,
    );
}

/// The same, small: no time is asserted.
#[tokio::test(start_paused = true)]
async fn a_small_storm_is_never_refused() {
    let (seen, _) = new_profiles(60, 6).await;
    assert_eq!(sum(&seen.refused), 0, "{seen:?}");
    assert_eq!(seen.requests.get("endpoint writes"), None, "{seen:?}");
    let (seen, _) = existing_profiles(240, 12, Limits::default()).await;
    assert_eq!(sum(&seen.refused), 0, "{seen:?}");
    assert_eq!(seen.requests["endpoint writes"], 240, "none twice");
}

/// Others have used up most of what there is, or the limits are not the
/// documented ones: the first refusal of a window is the last.
#[tokio::test(start_paused = true)]
async fn limits_below_the_documented_ones_cost_one_refusal_a_window() {
    let limits = Limits {
        endpoint_writes: 40,
        ..Limits::default()
    };
    let (seen, _) = existing_profiles(100, 10, limits).await;
    assert!(sum(&seen.refused) <= 3, "{seen:?}");
}
