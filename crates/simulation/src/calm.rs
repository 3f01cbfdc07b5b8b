//! The calm after the faults: everybody's loops run undisturbed until nothing
//! changes any more, and what is there then is compared with the annotations.

use std::collections::BTreeMap;
use std::time::Duration;

use emulator::model::Profile;
use members::claim::Claim;

use crate::cluster::GRACE;
use crate::history::How;
use crate::law::Law;
use crate::line::lock;
use crate::oracle;
use crate::view;
use crate::world::World;

/// Longer than the product remembers what Azure has refused, rests after failed
/// upkeep, and leaves claims without an endpoint alone: ten minutes each.
const PAUSE: Duration = Duration::from_mins(11);
/// The most that a clock is ever set back.
const SKEW: Duration = Duration::from_mins(20);
/// Things that may be due one after the other: heartbeats, ends of graces.
const DUE: usize = 4;
const SECOND: Duration = Duration::from_secs(1);
/// The longest that a client holds back a call of its own accord.
const HELD_BACK: Duration = Duration::from_mins(1);
/// Between two loops.
const INTERVAL: Duration = Duration::from_mins(1);
/// Loops of everybody that may change something.
const ROUNDS: u64 = 3;
/// Loops after which a history is given up.
const ROUNDS_MAX: u64 = 12;
/// Loops of everybody that only say that somebody is there: each owner does so
/// once an hour in one profile a loop.
const HEARTBEATS_MAX: u64 = 40;
/// Rounds after the grace in which every empty profile goes.
const ENDS: usize = 6;
/// Loops of everybody that only look whether a time is over.
const WAITS_MAX: u64 = 8;
/// Calls and pauses of one loop; far more than any needs.
const PATIENCE: usize = 2_000;

/// What a round of loops did.
struct Round {
    writes: u64,
    lists: u64,
    reads: u64,
    changes: Option<String>,
    trouble: Option<String>,
    /// Whether heartbeats in claims are all that has changed.
    is_sign_of_life: bool,
}

/// Lets everything come to rest and looks at it.
pub(crate) async fn come_to_rest(world: &mut World) {
    world.step += 1;
    world.note(|| "--- the faults stop".to_owned());
    drain(world).await;
    if world.skewed {
        // A clock that was set back makes every age seem less.
        pass(world, SKEW).await;
    }
    let mut rounds = 0;
    let mut heartbeats = 0;
    let mut waits = 0;
    let owners = u64::try_from(world.clusters.len()).unwrap_or(0);
    loop {
        pass(world, PAUSE).await;
        let round = round(world).await;
        if let Some(trouble) = round.trouble.filter(|_| rounds >= ROUNDS) {
            world.broken(Law::Converges, format!("round {}: {trouble}", rounds + 1));
            return;
        }
        // A list that came too late for the loop that asked for it serves another
        // one, and that loop sees what was.
        if round.lists < owners {
            continue;
        }
        if round.writes == 0 && round.changes.is_none() {
            // Who reads on its own waits for something: for the time that a record is kept without a
            // host, or until resolvers have forgotten one.
            if round.reads == 0 || waits == WAITS_MAX {
                break;
            }
            waits += 1;
            continue;
        }
        // A sign of life is due now and then, whatever else happens.
        if round.is_sign_of_life && heartbeats < HEARTBEATS_MAX {
            heartbeats += 1;
            continue;
        }
        rounds += 1;
        if rounds == ROUNDS_MAX {
            let what = format!(
                "{rounds} loops of everybody, and still {} writes for {}",
                round.writes,
                round.changes.unwrap_or_default()
            );
            world.broken(Law::Converges, what);
            return;
        }
    }
    *world.statistics.rounds.entry(rounds).or_default() += 1;
    if rounds > ROUNDS {
        world.broken(
            Law::Converges,
            format!("it took {rounds} loops of everybody"),
        );
    }
    for problem in oracle::problems(world) {
        world.broken(Law::Converges, problem);
    }
    quiet(world).await;
    ends(world).await;
}

/// One more loop of everybody: nothing but one list each. What is due at this
/// very moment, such as a heartbeat or the end of a grace, is done first.
async fn quiet(world: &mut World) {
    pass(world, INTERVAL).await;
    let mut round = round(world).await;
    for _ in 0..DUE {
        if round.changes.is_none() && round.writes > 0 {
            pass(world, INTERVAL).await;
            round = self::round(world).await;
        }
    }
    let owners = u64::try_from(world.clusters.len()).unwrap_or(0);
    // A profile that is kept because a name leads to it is looked at again and again.
    let kept = world.state.profiles();
    let kept = kept.filter(|profile| is_retired(profile) && is_led_to(world, profile));
    let looks = u64::try_from(kept.count()).unwrap_or(0);
    let reads = round.reads > looks;
    if round.changes.is_some() || round.writes > 0 || reads || round.lists != owners {
        let what = format!(
            "{} writes, {} lists of {owners} and {} other reads, for {}",
            round.writes,
            round.lists,
            round.reads,
            round.changes.unwrap_or_default()
        );
        world.broken(Law::Quiet, what);
    }
}

/// What is empty goes when its time has come, unless somebody's record leads to it.
async fn ends(world: &mut World) {
    if !world.state.profiles().any(is_retired) {
        return;
    }
    pass(world, GRACE).await;
    for _ in 0..ENDS {
        pass(world, PAUSE).await;
        round(world).await;
    }
    let left = world.state.profiles().filter(|profile| is_retired(profile));
    let left: Vec<_> = left
        .filter(|profile| !is_led_to(world, profile))
        .map(|profile| profile.path.name.clone())
        .collect();
    for name in left {
        world.broken(Law::Converges, format!("profile {name} is empty and stays"));
    }
    for problem in oracle::problems(world) {
        world.broken(Law::Converges, problem);
    }
}

fn is_retired(profile: &Profile) -> bool {
    view::is_marked(profile)
        && profile.endpoints.is_empty()
        && view::tag(profile, view::RETIRED).is_some()
}

/// Whether a name leads to the profile, whoever has made it do so.
fn is_led_to(world: &World, profile: &Profile) -> bool {
    let names = world.names.as_ref();
    names.is_some_and(|names| names.unled(&view::fqdn(profile)).is_none())
}

/// Azure as it is, and what of it is more than a sign of life.
struct Seen {
    tags: Vec<BTreeMap<String, String>>,
    substance: Vec<(Profile, Vec<Claim>, BTreeMap<String, String>)>,
}

impl Seen {
    fn of(world: &World) -> Self {
        let mut seen = Self {
            tags: Vec::new(),
            substance: Vec::new(),
        };
        for profile in world.state.profiles() {
            let tags = view::tags(profile);
            let mut others = tags.clone();
            others.retain(|name, _| !name.starts_with(view::CLAIMS));
            let bare = Profile {
                tags: None,
                ..profile.clone()
            };
            seen.substance.push((bare, view::claims(profile), others));
            seen.tags.push(tags);
        }
        seen
    }
}

async fn round(world: &mut World) -> Round {
    let (writes, lists, reads) = (world.writes, world.lists, world.reads);
    let mut round = Round {
        writes: 0,
        lists: 0,
        reads: 0,
        changes: None,
        trouble: None,
        is_sign_of_life: false,
    };
    let before = Seen::of(world);
    for owner in 0..world.clusters.len() {
        world.begin(owner).await;
        drain(world).await;
        let Some(cluster) = world.clusters.get(owner) else {
            continue;
        };
        let last = lock(&cluster.process.shared).last.clone();
        let name = cluster.name();
        match last {
            Some(last) => {
                round.changes = round.changes.or(last.changes);
                let trouble = last.trouble.map(|trouble| format!("{name}: {trouble}"));
                round.trouble = round.trouble.or(trouble);
            }
            None => round.trouble = Some(format!("{name}: the loop has not ended")),
        }
    }
    round.writes = world.writes - writes;
    round.lists = world.lists - lists;
    round.reads = world.reads - reads;
    let after = Seen::of(world);
    round.is_sign_of_life =
        round.changes.is_none() && before.substance == after.substance && before.tags != after.tags;
    round
}

/// Carries everything out until nobody waits and nothing runs.
async fn drain(world: &mut World) {
    for _ in 0..PATIENCE {
        world.barrier().await;
        let mut served = false;
        for owner in 0..world.clusters.len() {
            served |= world.serve(owner, 0, How::Fine).await;
        }
        if served {
            continue;
        }
        if world.is_idle() {
            return;
        }
        // Somebody waits to try again.
        world.pass(Duration::from_secs(1)).await;
    }
    world.broken(Law::Survives, "a loop does not end".to_owned());
}

/// Lets time pass. What a client has held back, because Azure had told it to, comes
/// late and is carried out.
async fn pass(world: &mut World, time: Duration) {
    let begun = HELD_BACK.min(time);
    for _ in 0..begun.as_secs() {
        world.pass(SECOND).await;
        if !world.is_idle() {
            drain(world).await;
        }
    }
    world.pass(time.saturating_sub(begun)).await;
}
