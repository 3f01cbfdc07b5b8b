//! `owners`: who has what.

use std::process::ExitCode;

use administration::owners::{self, Owner, Share};
use jiff::Timestamp;
use serde::Serialize;

use super::moment::{moment, moment_or};
use super::{CommonArgs, Ended, Session, or_dash};
use crate::style::{Style, Tone};
use crate::table::{Align, Cell, Table};

/// Who has what in which profile, and when each was last seen.
#[derive(Debug, clap::Args)]
pub(crate) struct OwnersArgs {
    /// One line for each member
    #[arg(long)]
    members: bool,

    #[command(flatten)]
    common: CommonArgs,
}

/// The document.
#[derive(Serialize)]
struct Document<'a> {
    owners: &'a [Owner],
}

/// Shows the owners.
pub(crate) async fn run(args: OwnersArgs) -> Ended {
    let session = Session::start(&args.common)?;
    let owners = owners::report(&session.observe().await?);
    let now = session.now();
    session.show(&Document { owners: &owners }, || {
        if owners.is_empty() {
            vec!["No profile has a claim of anybody.".to_owned()]
        } else if args.members {
            members(&owners, now, session.style)
        } else {
            shares(&owners, now, session.style)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn shares(owners: &[Owner], now: Timestamp, style: Style) -> Vec<String> {
    let mut table = Table::new([
        ("OWNER", Align::Left),
        ("PROFILE", Align::Left),
        ("MEMBERS", Align::Right),
        ("ENABLED", Align::Right),
        ("LEAVING", Align::Right),
        ("SETTINGS", Align::Left),
        ("LAST SEEN", Align::Left),
    ]);
    for (owner, share) in flat(owners) {
        let members = |wanted: &dyn Fn(&owners::Member) -> bool| {
            let number = share.members.iter().filter(|member| wanted(member)).count();
            Cell::from(number.to_string())
        };
        let settings = match (share.managed, share.decides_settings) {
            (false, _) => "joined",
            (true, true) => "decides",
            (true, false) => "-",
        };
        table.push([
            owner.owner.clone().into(),
            share.profile.to_string().into(),
            members(&|_| true),
            members(&owners::Member::is_enabled),
            members(&|member| member.leaving_since.is_some()),
            settings.into(),
            moment_or(share.last_seen, now, "never").into(),
        ]);
    }
    table.lines(style)
}

fn members(owners: &[Owner], now: Timestamp, style: Style) -> Vec<String> {
    let mut table = Table::new([
        ("OWNER", Align::Left),
        ("PROFILE", Align::Left),
        ("ENDPOINT", Align::Left),
        ("TARGET", Align::Left),
        ("STATUS", Align::Left),
        ("WEIGHT", Align::Right),
        ("OBJECT", Align::Left),
        ("HOST", Align::Left),
        ("SINCE", Align::Left),
    ]);
    for (owner, share) in flat(owners) {
        for member in &share.members {
            let status = or_dash(member.status.as_deref());
            let status = match (member.leaving_since, member.is_enabled()) {
                (Some(_), _) => Cell::new(Tone::Bad, format!("{status}, leaving")),
                (None, true) => Cell::from(status),
                (None, false) => Cell::new(Tone::Faint, status),
            };
            table.push([
                owner.owner.clone().into(),
                share.profile.to_string().into(),
                member.endpoint.clone().into(),
                or_dash(member.target.as_deref()).into(),
                status,
                or_dash(member.weight.map(|weight| weight.to_string()).as_deref()).into(),
                or_dash(Some(&member.object)).into(),
                member.host.clone().into(),
                moment(member.since, now).into(),
            ]);
        }
    }
    table.lines(style)
}

fn flat(owners: &[Owner]) -> impl Iterator<Item = (&Owner, &Share)> {
    owners
        .iter()
        .flat_map(|owner| owner.profiles.iter().map(move |share| (owner, share)))
}
