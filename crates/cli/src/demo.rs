//! `demo`: the whole chain on this machine, told as a story.
//!
//! ```text
//!  examples/multi-region ─▶ cluster (ExternalDNS's model) ─HTTP─▶ instance (serve) ─HTTP─▶ emulator ◀─DNS─ users
//!                                                                                            │
//!                                                              application ◀─────HTTPS───────┘ probes
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `story` | the steps and what has to be true in each |
//! | `scene` | what can be done and seen in a step |
//! | `world` | everything that runs: `instance`, `cluster`, `application`, the emulator |
//! | `azure`, `dns`, `metrics`, `log` | what is seen of it |
//! | `share`, `roster` | what that means |
//! | `narrator`, `marks` | how it is told |
//! | `manifest` | the examples that people copy |
//! | `keep` | `--keep` |

mod application;
mod azure;
mod cluster;
mod dns;
mod error;
mod instance;
mod keep;
mod log;
mod manifest;
mod marks;
mod metrics;
mod narrator;
mod roster;
mod scene;
mod share;
mod story;
#[cfg(test)]
mod tests;
mod world;

use std::io::{self, Write};

use error::StoryError;
use instance::InstanceError;
use log::Log;
use narrator::Narrator;
use scene::Scene;
use world::{Side, World, WorldError};

use crate::style::Style;

/// What is kept of the emulator's log.
const EMULATOR_LOG: &str = "info";
/// How much of each log is shown when the story fails.
const TAIL: usize = 20;

/// Command line of the demo.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// When the story is over, bring both clusters back and leave everything running until Ctrl-C.
    #[arg(long)]
    keep: bool,

    /// Seed of what the emulator leaves to chance, to see the same answers again [default: a new one each time]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u32>,
}

/// Why the demo fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// Not everything runs.
    #[error("starting what the story needs")]
    World(#[from] WorldError),
    /// The story does not reach its end.
    #[error("the story ends early")]
    Story(#[from] StoryError),
    /// An instance did not end in order.
    #[error("ending a webhook")]
    End(#[from] InstanceError),
    /// Nobody listens.
    #[error("writing to standard output")]
    Output(#[from] io::Error),
}

/// Tells the story, and succeeds when everything in it was as expected.
pub(crate) async fn run(args: Args) -> Result<(), DemoError> {
    let emulator_log = Log::default();
    // A process has one log of its own. Should it be taken, the emulator's events are missing from a failure report.
    let _ = tracing::dispatcher::set_global_default(emulator_log.dispatch(EMULATOR_LOG));

    let seed = args.seed.unwrap_or_else(rand::random);
    let mut world = World::start(u64::from(seed), emulator_log).await?;
    let mut tell = Narrator::new(io::stdout(), Style::of_stdout());
    introduce(&world, &mut tell, seed)?;

    let mut scene = Scene {
        world: &mut world,
        tell: &mut tell,
    };
    let told = tell_all(&mut scene, args.keep).await;
    match &told {
        Ok(()) => {
            let met = tell.met();
            tell.blank()?;
            tell.headline(&format!("All {met} expectations were met."))?;
        }
        Err(_) => show_logs(&world, &mut tell)?,
    }
    tell.flush()?;
    let stopped = world.stop().await;
    told?;
    Ok(stopped?)
}

async fn tell_all<W: Write>(scene: &mut Scene<'_, W>, keep: bool) -> Result<(), StoryError> {
    story::tell(scene).await?;
    if keep {
        story::join(scene).await?;
        keep::keep(scene).await?;
    }
    Ok(())
}

fn introduce<W: Write>(world: &World, tell: &mut Narrator<W>, seed: u32) -> io::Result<()> {
    tell.headline("One application in two clusters, behind one name")?;
    tell.say(
        "Everything runs on this machine: Azure Traffic Manager is emulated, and probed and resolved for real. The \
         clusters' Services are those of examples/multi-region; ExternalDNS is a model of its plan and registry.",
    )?;
    tell.blank()?;
    let emulator = world.emulator();
    tell.note(&format!(
        "emulator      Azure {}, DNS {}",
        emulator.arm_url(),
        emulator.dns_addr()
    ))?;
    for side in Side::BOTH {
        let site = world.site(side);
        tell.note(&format!(
            "{}  webhook {}, application {} on {}",
            site.folder,
            site.instance.api_url(),
            site.place.target,
            site.application.address(),
        ))?;
    }
    tell.note(&format!("seed          {seed}"))
}

/// The ends of all logs, for whoever has to find out what went wrong.
fn show_logs<W: Write>(world: &World, tell: &mut Narrator<W>) -> io::Result<()> {
    let instances = Side::BOTH.map(|side| {
        let site = world.site(side);
        (site.folder, &site.instance.log)
    });
    for (name, log) in instances
        .into_iter()
        .chain([("emulator", &world.emulator_log)])
    {
        tell.blank()?;
        tell.headline(&format!("The end of the log of {name}"))?;
        for entry in log.tail(TAIL) {
            tell.note(&entry.to_string())?;
        }
    }
    Ok(())
}
