//! Who is in the profile: what Azure holds, beside what each cluster's webhook says is its own.

use external_dns::Endpoint;

use super::azure::{EndpointState, ProfileState};
use crate::style::Tone;
use crate::table::{Align, Cell, Table};

/// Shown for an endpoint that no webhook returns.
const NOBODY: &str = "-";

/// One endpoint and the owner that claims it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// The owner in the label that the webhook returned; `None` when no webhook returned the endpoint.
    pub(super) owner: Option<String>,
    /// The endpoint in Azure.
    pub(super) endpoint: EndpointState,
}

/// The endpoints of the profile with their owners. `records` are what the webhooks returned to their ExternalDNS.
pub(super) fn members(profile: &ProfileState, records: &[&[Endpoint]]) -> Vec<Member> {
    profile
        .endpoints
        .iter()
        .map(|endpoint| Member {
            owner: records
                .iter()
                .copied()
                .flatten()
                .find(|record| record.set_identifier == endpoint.name)
                .and_then(Endpoint::owner)
                .map(str::to_owned),
            endpoint: endpoint.clone(),
        })
        .collect()
}

/// The members as a table.
pub(super) fn table(members: &[Member]) -> Table<6> {
    let mut table = Table::new([
        ("OWNER", Align::Left),
        ("ENDPOINT", Align::Left),
        ("TARGET", Align::Left),
        ("WEIGHT", Align::Right),
        ("STATUS", Align::Left),
        ("HEALTH", Align::Left),
    ]);
    for Member { owner, endpoint } in members {
        let health = endpoint.endpoint_monitor_status.as_deref();
        let tone = match health {
            Some("Online") => Tone::Good,
            Some("Degraded") => Tone::Bad,
            _ => Tone::Plain,
        };
        table.push([
            owner.as_deref().unwrap_or(NOBODY).into(),
            endpoint.name.as_str().into(),
            endpoint.target.as_str().into(),
            endpoint.weight.to_string().into(),
            endpoint.endpoint_status.as_str().into(),
            Cell::new(tone, health.unwrap_or(NOBODY)),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use external_dns::{RecordType, labels};

    use super::*;
    use crate::style::Style;

    fn endpoint(name: &str, health: &str) -> EndpointState {
        EndpointState {
            name: name.to_owned(),
            target: format!("{name}.example.com"),
            endpoint_status: "Enabled".to_owned(),
            endpoint_monitor_status: Some(health.to_owned()),
            weight: 70,
        }
    }

    #[test]
    fn owners_stand_beside_their_endpoints() {
        let profile = ProfileState {
            id: String::new(),
            fqdn: None,
            profile_status: "Enabled".to_owned(),
            endpoints: vec![
                endpoint("east-us", "Online"),
                endpoint("by-hand", "Degraded"),
            ],
        };
        let record = Endpoint::new("east-us.example.com", RecordType::CNAME, ["x"])
            .with_set_identifier("east-us")
            .with_label(labels::OWNER, "cluster-east");
        let members = members(&profile, &[&[], &[record]]);
        insta::assert_snapshot!(table(&members).lines(Style::PLAIN).join("\n"), @r"
        OWNER         ENDPOINT  TARGET               WEIGHT  STATUS   HEALTH
        cluster-east  east-us   east-us.example.com      70  Enabled  Online
        -             by-hand   by-hand.example.com      70  Enabled  Degraded
        ");
    }
}
