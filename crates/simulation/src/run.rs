//! Running one history.

use std::cell::RefCell;
use std::sync::Once;

use crate::calm;
use crate::history::History;
use crate::law::{Law, Violation};
use crate::mutation::Mutation;
use crate::statistics::Statistics;
use crate::world::World;

/// Why a history cannot be run at all.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// There is no runtime.
    #[error("no runtime")]
    Runtime(#[from] std::io::Error),
    /// The address of the simulated Azure is not accepted.
    #[error("no address")]
    Address(#[from] arm_client::InvalidArmUrl),
    /// A name of the simulation is not accepted.
    #[error("a name of the simulation is not valid")]
    Name,
}

/// What came of a history.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What was broken, in the order in which it was noticed.
    pub violations: Vec<Violation>,
    /// What was counted.
    pub statistics: Statistics,
    /// What happened, in words, if it was asked for.
    pub journal: Vec<String>,
}

thread_local! {
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

static HOOK: Once = Once::new();

/// Runs a history. The journal tells what happened, in words.
pub fn run(history: &History, journal: bool) -> Result<Outcome, SetUpError> {
    run_with(history, journal, None)
}

/// Runs a history with a mistake in the product.
pub fn run_with(
    history: &History,
    journal: bool,
    mutation: Option<Mutation>,
) -> Result<Outcome, SetUpError> {
    watch_for_panics();
    PANICS.take();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    let mut world = runtime.block_on(async {
        let mut world = World::new(history, journal, mutation)?;
        for step in &history.steps {
            world.take(step).await?;
        }
        calm::come_to_rest(&mut world).await;
        Ok::<_, SetUpError>(world)
    })?;
    drop(runtime);
    for panic in PANICS.take() {
        world.broken(Law::Survives, panic);
    }
    let mut statistics = std::mem::take(&mut world.statistics);
    statistics.histories = 1;
    statistics.steps = u64::try_from(history.steps.len()).unwrap_or(0);
    Ok(Outcome {
        violations: world.violations,
        statistics,
        journal: world.journal.unwrap_or_default(),
    })
}

/// The provider's own tasks may panic where nobody looks. The hook notes it for
/// the thread, and tells everybody else as before.
fn watch_for_panics() {
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.to_string();
            if !text.ends_with("on purpose") {
                usual(info);
            }
            PANICS.with_borrow_mut(|panics| panics.push(text));
        }));
    });
}
