//! `remove-owner`: what a cluster has left behind that will not come back.

use std::process::ExitCode;
use std::time::Duration;

use administration::owners;
use administration::place::Place;
use administration::removal::{self, Event, Options, Outcome, Removal, Return, carry_out, plan};
use administration::step::Step;
use jiff::Timestamp;
use members::{Observed, OwnerId};
use serde::Serialize;
use webhook::provider_api::error_chain;
use webhook::settings::parse;

use super::moment::{length, moment};
use super::{CommandError, CommonArgs, Consent, Ended, Format, Session, count, say};
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Remove the endpoints and claims of a cluster that is gone.
///
/// Its endpoints are disabled first, then deleted, then its claims are removed. It may be interrupted and repeated.
#[derive(Debug, clap::Args)]
pub(crate) struct RemoveOwnerArgs {
    /// The owner, as `owners` shows it
    #[arg(value_name = "NAME")]
    owner: OwnerId,

    #[command(flatten)]
    consent: Consent,

    /// How long to wait between disabling and deleting; the largest DNS TTL of the profiles when not given
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    wait: Option<Duration>,

    /// Although the owner was seen in the last two hours
    #[arg(long)]
    force: bool,

    /// The owner that is to delete profiles which become empty; without one they are kept, disabled
    #[arg(long, value_name = "OWNER")]
    successor: Option<OwnerId>,

    #[command(flatten)]
    common: CommonArgs,
}

/// The document after `--yes`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    owner: &'a str,
    done: &'a [Step],
    failures: Vec<String>,
    returned: Vec<Sign<'a>>,
}

#[derive(Serialize)]
struct Sign<'a> {
    profile: &'a Place,
    sign: &'a str,
}

/// Shows what would be done, or does it.
pub(crate) async fn run(args: RemoveOwnerArgs) -> Ended {
    let session = Session::start(&args.common)?;
    let observed = session.observe().await?;
    let options = Options {
        wait: args.wait,
        force: args.force,
        successor: args.successor,
    };
    let now = session.now();
    let removal = plan(&observed, &args.owner, &options, now)?;
    if args.consent.preview {
        session.show(&removal, || {
            preview(&removal, &observed, now, session.style)
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    if session.output == Format::Table {
        let lines = if removal.is_empty() {
            nothing(&removal, &observed)
        } else {
            remarks(&removal, session.style)
        };
        if !lines.is_empty() {
            say(&lines.join("\n"))?;
        }
    }
    let outcome = execute(&session, &args.owner, &removal, &observed, &options).await;
    finish(&session, &removal, &outcome)
}

async fn execute(
    session: &Session,
    owner: &OwnerId,
    removal: &Removal,
    observed: &Observed,
    options: &Options,
) -> Outcome {
    let (style, output) = (session.style, session.output);
    let mut tell = |event: Event<'_>| {
        let line = match event {
            Event::Done(step) => format!("{}  {step}", style.paint(Tone::Good, "done")),
            Event::Failed(failure) => {
                format!(
                    "{}  {}",
                    style.paint(Tone::Bad, "failed"),
                    error_chain(failure)
                )
            }
            Event::Waiting(wait) => format!("wait  {}", length(wait)),
            Event::Returned(Return { profile, sign }) => {
                format!("{}  {profile}: {sign}", style.paint(Tone::Bad, "stop"))
            }
        };
        if output == Format::Table {
            // Nobody may be reading any more; what has begun is finished all the same.
            let _ = say(&line);
        }
    };
    carry_out(
        session.api.as_ref(),
        session.clock.as_ref(),
        (removal, observed),
        (owner, options),
        &mut tell,
    )
    .await
}

fn finish(session: &Session, removal: &Removal, outcome: &Outcome) -> Ended {
    if session.output == Format::Json {
        let document = Document {
            owner: &removal.owner,
            done: &outcome.done,
            failures: outcome
                .failures
                .iter()
                .map(|failure| error_chain(failure))
                .collect(),
            returned: outcome
                .returned
                .iter()
                .map(|Return { profile, sign }| Sign { profile, sign })
                .collect(),
        };
        say(&serde_json::to_string_pretty(&document)?)?;
    }
    if !outcome.returned.is_empty() {
        return Err(CommandError::Incomplete(
            "the owner is there after all: nothing was deleted, and its own ExternalDNS enables its endpoints again",
        ));
    }
    if !outcome.failures.is_empty() {
        return Err(CommandError::Incomplete(
            "not everything was done; the same command does the rest",
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn preview(removal: &Removal, observed: &Observed, now: Timestamp, style: Style) -> Vec<String> {
    if removal.is_empty() {
        return nothing(removal, observed);
    }
    let seen = match removal.last_seen {
        Some(at) => format!("was last seen {}", moment(at, now)),
        None => "has left no sign of life".to_owned(),
    };
    let mut lines = vec![format!("Owner {} {seen}.", removal.owner), String::new()];
    let mut table = Table::new([
        ("", Align::Right),
        ("PROFILE", Align::Left),
        ("WRITE", Align::Left),
    ]);
    let mut number = 0;
    let mut push = |table: &mut Table<3>, step: &Step| {
        number += 1;
        table.push([
            number.to_string().into(),
            Place::from(&step.profile).to_string().into(),
            step.write.to_string().into(),
        ]);
    };
    for step in &removal.disable {
        push(&mut table, step);
    }
    if !removal.wait.is_zero() {
        let wait = format!("(wait {})", length(removal.wait));
        table.push(["".into(), "".into(), wait.into()]);
    }
    for step in &removal.remove {
        push(&mut table, step);
    }
    lines.extend(table.lines(style));
    let remarks = remarks(removal, style);
    if !remarks.is_empty() {
        lines.push(String::new());
        lines.extend(remarks);
    }
    lines.push(String::new());
    lines.push(format!(
        "Nothing has been written. With --yes, {} made.",
        match number {
            1 => "this write is".to_owned(),
            _ => format!("these {} are", count(number, "write")),
        }
    ));
    lines
}

fn remarks(removal: &Removal, style: Style) -> Vec<String> {
    let line = |remark: &removal::Remark| {
        let word = if remark.warning {
            style.paint(Tone::Bad, "warning")
        } else {
            style.paint(Tone::Faint, "note")
        };
        format!("{word}: {}: {}", remark.profile, remark.text)
    };
    removal.remarks.iter().map(line).collect()
}

/// A repeated command ends up here, and so does a mistyped name.
fn nothing(removal: &Removal, observed: &Observed) -> Vec<String> {
    let owners: Vec<_> = owners::report(observed)
        .into_iter()
        .map(|owner| owner.owner)
        .collect();
    let others = if owners.is_empty() {
        "no profile has a claim of anybody".to_owned()
    } else {
        format!("owners with claims: {}", owners.join(", "))
    };
    vec![format!(
        "There is nothing of owner {}; {others}.",
        removal.owner
    )]
}
