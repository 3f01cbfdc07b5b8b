//! `adopt`: a profile is taken into this system's care.

use std::process::ExitCode;

use administration::adoption::{Adoption, Unadoptable};
use administration::place::{Place, Reference};
use members::OwnerId;
use serde::Serialize;

use super::{CommandError, CommonArgs, Consent, Ended, Format, Session, or_dash, say};
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Let a profile follow the annotations: one that has lost our tags, or one that others made and hand over.
#[derive(Debug, clap::Args)]
pub(crate) struct AdoptArgs {
    /// The profile: its name, GROUP/NAME, or its ARM id
    #[arg(value_name = "PROFILE")]
    profile: Reference,

    #[command(flatten)]
    consent: Consent,

    /// Who decides the profile's settings, as long as it has a member there
    #[arg(long, value_name = "OWNER")]
    owner: Option<OwnerId>,

    #[command(flatten)]
    common: CommonArgs,
}

/// The document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    /// Whether it is managed now.
    managed: bool,
    profile: &'a Place,
    /// Absent for a profile that has been managed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    adoption: Option<&'a Adoption>,
}

/// Shows what would be written, or writes it.
pub(crate) async fn run(args: AdoptArgs) -> Ended {
    let session = Session::start(&args.common)?;
    let observed = session.observe().await?;
    let profile = args.profile.find(&observed)?;
    let adoption = match Adoption::plan(profile, args.owner.as_ref()) {
        Ok(adoption) => adoption,
        Err(Unadoptable::Managed(place)) => {
            let document = Document {
                managed: true,
                profile: &place,
                adoption: None,
            };
            let said = Unadoptable::Managed(place.clone()).to_string();
            session.show(&document, || vec![said])?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(other) => return Err(other.into()),
    };
    if args.consent.yes {
        for step in &adoption.writes {
            let failed = |source| CommandError::Write {
                what: step.to_string(),
                source,
            };
            step.perform(session.api.as_ref()).await.map_err(failed)?;
            if session.output == Format::Table {
                say(&format!(
                    "{}  {step}",
                    session.style.paint(Tone::Good, "done")
                ))?;
            }
        }
        if session.output == Format::Table {
            return Ok(ExitCode::SUCCESS);
        }
    }
    let document = Document {
        managed: args.consent.yes,
        profile: &adoption.profile,
        adoption: Some(&adoption),
    };
    session.show(&document, || {
        preview(&adoption, args.owner.as_ref(), session.style)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn preview(adoption: &Adoption, owner: Option<&OwnerId>, style: Style) -> Vec<String> {
    let word = |text: &Option<String>| or_dash(text.as_deref());
    let ttl = adoption.ttl.map(|ttl| ttl.to_string());
    let mut lines = vec![
        format!(
            "{} ({}) is {}, {}, TTL {} s, probed by {}.",
            adoption.profile,
            adoption.fqdn,
            word(&adoption.status),
            word(&adoption.routing_method),
            word(&ttl),
            adoption.monitor,
        ),
        String::new(),
    ];
    let mut table = Table::new([
        ("ENDPOINT", Align::Left),
        ("TARGET", Align::Left),
        ("STATUS", Align::Left),
        ("WEIGHT", Align::Right),
        ("OWNER", Align::Left),
    ]);
    for endpoint in &adoption.endpoints {
        table.push([
            word(&endpoint.endpoint).into(),
            word(&endpoint.target).into(),
            word(&endpoint.status).into(),
            or_dash(endpoint.weight.map(|weight| weight.to_string()).as_deref()).into(),
            word(&endpoint.owner).into(),
        ]);
    }
    lines.extend(table.lines(style));
    lines.push(String::new());
    let mut table = Table::new([("TAG", Align::Left), ("VALUE", Align::Left)]);
    for (name, value) in &adoption.tags {
        table.push([name.clone().into(), value.clone().into()]);
    }
    lines.extend(table.lines(style));
    lines.push(String::new());
    let mut table = Table::new([("", Align::Right), ("WRITE", Align::Left)]);
    for (index, step) in adoption.writes.iter().enumerate() {
        table.push([
            (index + 1).to_string().into(),
            step.write.to_string().into(),
        ]);
    }
    lines.extend(table.lines(style));
    lines.push(String::new());
    lines.extend(meaning(adoption, owner));
    lines.push(String::new());
    lines.push("Nothing has been written. With --yes, it is.".to_owned());
    lines
}

/// What the write means.
fn meaning(adoption: &Adoption, owner: Option<&OwnerId>) -> Vec<String> {
    let settings = match &adoption.settings_owner {
        Some(owner) => format!(
            "  Its settings follow the annotations of owner {owner} while that has a member here, else those of the earliest member's owner."
        ),
        None => "  Its settings follow the annotations of the first owner whose object names it."
            .to_owned(),
    };
    let existence = match owner {
        Some(owner) if adoption.endpoints.is_empty() => format!(
            "  It is empty: unless an object names it first, owner {owner} disables it and deletes it after its --profile-grace."
        ),
        _ => "  When the last endpoint goes with its object, the profile is disabled, and deleted after --profile-grace."
            .to_owned(),
    };
    vec![
        "From then on:".to_owned(),
        settings,
        "  Its endpoints stay as they are. One is managed, and in the end deleted, once an object describes it by the same name and target."
            .to_owned(),
        existence,
    ]
}
