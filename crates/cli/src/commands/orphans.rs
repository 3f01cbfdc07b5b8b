//! `orphans`: what is left over, and what to do about it.

use std::process::ExitCode;
use std::time::Duration;

use administration::orphans::{self, Orphan, Rule};
use jiff::Timestamp;
use serde::Serialize;
use webhook::settings::parse;

use super::moment::moment_or;
use super::{CommonArgs, Ended, Session, or_dash};
use crate::style::{Style, Tone};
use crate::table::{Align, Cell, Table};

/// What is left over: silent owners, claims and endpoints that belong to nobody, empty profiles, lost marks.
#[derive(Debug, clap::Args)]
pub(crate) struct OrphansArgs {
    /// An owner that has not been seen for longer is reported
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse::duration)]
    older_than: Duration,

    /// Exit with 1 when there is something that a person has to do
    #[arg(long)]
    fail: bool,

    #[command(flatten)]
    common: CommonArgs,
}

/// The document.
#[derive(Serialize)]
struct Document<'a> {
    orphans: &'a [Orphan],
}

/// Shows what is left over.
pub(crate) async fn run(args: OrphansArgs) -> Ended {
    let session = Session::start(&args.common)?;
    let observed = session.observe().await?;
    let now = session.now();
    let rule = Rule {
        older_than: args.older_than,
    };
    let orphans = orphans::report(&observed, rule, now);
    session.show(&Document { orphans: &orphans }, || {
        if orphans.is_empty() {
            vec!["Nothing is left over.".to_owned()]
        } else {
            let mut lines = table(&orphans, now, session.style);
            lines.extend(remedies(&orphans, &session));
            lines
        }
    })?;
    let is_for_people = orphans.iter().any(|orphan| orphan.remedy.is_some());
    Ok(if args.fail && is_for_people {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn table(orphans: &[Orphan], now: Timestamp, style: Style) -> Vec<String> {
    let mut table = Table::new([
        ("KIND", Align::Left),
        ("PROFILE", Align::Left),
        ("ENDPOINT", Align::Left),
        ("SINCE", Align::Left),
        ("FINDING", Align::Left),
    ]);
    for orphan in orphans {
        let tone = if orphan.remedy.is_some() {
            Tone::Bad
        } else {
            Tone::Plain
        };
        table.push([
            Cell::new(tone, orphan.kind.as_str()),
            orphan.profile.to_string().into(),
            or_dash(orphan.endpoint.as_deref()).into(),
            moment_or(orphan.since, now, "-").into(),
            orphan.finding.clone().into(),
        ]);
    }
    table.lines(style)
}

/// What to do, each thing once.
fn remedies(orphans: &[Orphan], session: &Session) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for orphan in orphans {
        let Some(remedy) = &orphan.remedy else {
            continue;
        };
        let line = format!("  {}: {remedy}", orphan.kind.as_str());
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return lines;
    }
    [String::new(), session.heading("What to do")]
        .into_iter()
        .chain(lines)
        .collect()
}
