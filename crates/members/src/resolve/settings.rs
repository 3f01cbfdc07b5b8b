//! Who decides the settings of a profile, and what they are then.
//!
//! A profile has one settings owner (see [`ObservedProfile::settings_owner`]).
//! Among that owner's objects the one with the earliest claim leads. Everybody
//! else's differing settings are reported and never written: settings do not
//! flap between clusters or objects.

use traffic_manager::profile::Endpoint;
use traffic_manager::{EndpointName, RoutingMethod, Switch};

use crate::annotation::Name;
use crate::finding::{Finding, Reason, shown};
use crate::member::Member;
use crate::observe::ObservedProfile;
use crate::owner::OwnerId;
use crate::properties::Properties;
use crate::requirement;
use crate::resolve::Blocked;
use crate::resolve::reachable::{Reachable, reachable, unsatisfied};

/// The settings that a profile shall have.
#[derive(Debug)]
pub(super) struct Decision {
    /// Their canonical texts.
    pub(super) properties: Properties,
    /// The routing method, when it is one that this system knows.
    pub(super) method: Option<RoutingMethod>,
    /// Disputes.
    pub(super) findings: Vec<Finding>,
}

/// Decides the settings. `members` are this owner's, the leader first;
/// `staying` are the endpoints of the profile that stay as they are.
pub(super) fn decide(
    profile: Option<&ObservedProfile>,
    members: &[&Member],
    leader_is_kept: bool,
    staying: &[(&EndpointName, &Endpoint)],
    owner: &OwnerId,
    blocked: &Blocked,
) -> Option<Decision> {
    let leader = *members.first()?;
    let wanted = Properties::settings(&leader.settings);
    let Some(profile) = profile else {
        let findings = disputes(
            None,
            members,
            &wanted,
            &format!("{} decides", leader.subject),
            &[],
        );
        return Some(Decision {
            properties: wanted,
            method: Some(leader.settings.method),
            findings,
        });
    };
    let held = profile.settings();
    let disputes = |members: &[&Member], decided: &Properties, who: &str, undisputed: &[Name]| {
        disputes(Some(profile), members, decided, who, undisputed)
    };
    if !profile.marks.managed {
        // The vanity host of such a profile is nobody's setting.
        let nobodys = [Name::Hostname, Name::Vanity];
        let findings = disputes(members, &held, "whoever made it decides", &nobodys);
        return Some(keep(profile, findings));
    }
    let decider = profile.settings_owner().filter(|decider| *decider != owner);
    if let Some(decider) = decider {
        let who = format!("owner {decider} decides");
        return Some(keep(profile, disputes(members, &held, &who, &[])));
    }
    if leader_is_kept {
        // The leading object has a mistake in it: nothing about the profile
        // changes until it is mended.
        return Some(keep(profile, Vec::new()));
    }
    let Reachable {
        properties: wanted,
        mut findings,
    } = reachable(members, profile, staying, owner)?;
    // What the leader cannot have is among those findings already.
    findings.extend(disputes(
        members.get(1..).unwrap_or_default(),
        &wanted,
        &format!("{} decides", leader.subject),
        &[],
    ));
    if let Some(message) = blocked.settings(&profile.id, &wanted) {
        findings.push(Finding::new(Reason::AzureRefused, &leader.subject, message));
        return Some(keep(profile, findings));
    }
    let method = leader.settings.method;
    if profile.wire.method() != Some(method)
        && let Some(obstacle) = obstacle(method, members, staying)
    {
        findings.push(Finding::new(
            Reason::SettingsConflict,
            &leader.subject,
            format!("the routing method cannot change to {method} yet: {obstacle}"),
        ));
        return Some(keep(profile, findings));
    }
    Some(Decision {
        properties: wanted,
        method: Some(method),
        findings,
    })
}

fn keep(profile: &ObservedProfile, findings: Vec<Finding>) -> Decision {
    Decision {
        properties: profile.settings(),
        method: profile.wire.method(),
        findings,
    }
}

/// One finding per object that spells out a setting and does not get it.
fn disputes(
    profile: Option<&ObservedProfile>,
    members: &[&Member],
    decided: &Properties,
    who: &str,
    undisputed: &[Name],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        let wanted = match profile {
            Some(profile) => unsatisfied(&member.settings, profile),
            None => member.settings.clone(),
        };
        let wanted = Properties::settings(&wanted);
        let lost: Vec<_> = wanted
            .differences(decided)
            .filter(|(name, _, decided)| {
                // A disabled profile answers nobody: that is said even to those
                // who never thought of it.
                let dark =
                    *name == Name::ProfileStatus && *decided != Some(Switch::Enabled.as_str());
                (member.given.contains(name) || dark)
                    && *name != Name::DnsName
                    && !undisputed.contains(name)
            })
            .map(|(name, mine, decided)| {
                let text = |value: Option<&str>| match value {
                    Some(value) => shown(name, value).into_owned(),
                    None => "unset".to_owned(),
                };
                format!(
                    "{name} is {:?} here and {:?} there",
                    text(mine),
                    text(decided)
                )
            })
            .collect();
        if !lost.is_empty() {
            findings.push(Finding::new(
                Reason::SettingsConflict,
                &member.subject,
                format!(
                    "the settings of profile {} are shared and {who}: {}",
                    member.key.profile.name,
                    lost.join("; ")
                ),
            ));
        }
    }
    findings
}

/// An endpoint that the new method cannot have.
fn obstacle(
    method: RoutingMethod,
    members: &[&Member],
    staying: &[(&EndpointName, &Endpoint)],
) -> Option<String> {
    let of_members = members.iter().find_map(|member| {
        let missing = requirement::missing(method, &member.endpoint)?;
        Some(format!("{} has no {missing}", member.subject))
    });
    let of_staying = || {
        staying.iter().find_map(|(name, endpoint)| {
            let missing = requirement::missing_on_wire(method, endpoint)?;
            Some(format!("endpoint {name} has no {missing}"))
        })
    };
    // One endpoint at most takes the clients that no range holds.
    let fallbacks = || {
        let own = members
            .iter()
            .filter(|member| member.endpoint.subnets.is_none());
        let own = own.map(|member| member.key.endpoint.to_string());
        let held = staying.iter().filter(|(_, endpoint)| {
            let ranges = endpoint.properties.subnets.iter().flatten();
            ranges.count() == 0
        });
        let mut without = own.chain(held.map(|(name, _)| name.to_string()));
        let (one, two) = (without.next()?, without.next()?);
        (method == RoutingMethod::Subnet)
            .then(|| format!("endpoints {one} and {two} both have no address ranges"))
    };
    of_members.or_else(of_staying).or_else(fallbacks)
}
