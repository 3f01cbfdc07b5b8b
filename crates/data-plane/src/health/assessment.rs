//! Monitor statuses of endpoints and profiles, nested ones included.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::MAX_NESTING;
use crate::directory::Directory;
use crate::name::Fqdn;
use crate::profile::{Endpoint, Nested, ProbedHealth, Profile, Target};

/// Azure's `endpointMonitorStatus`, in the order in which the cases are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndpointStatus {
    /// The endpoint is switched off. Never answered with.
    Disabled,
    /// The endpoint is switched on, but its profile is not.
    Inactive,
    /// The endpoint is always served and therefore not probed.
    Unmonitored,
    /// The resource behind the endpoint is stopped, or the nested profile is Disabled, Inactive, missing or part of a
    /// loop. Never answered with.
    Stopped,
    /// No probe has finished yet. Answered with.
    CheckingEndpoint,
    /// Healthy. Answered with.
    Online,
    /// Unhealthy. Answered with only where nothing better is left.
    Degraded,
}

impl EndpointStatus {
    /// Azure's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::Inactive => "Inactive",
            Self::Unmonitored => "Unmonitored",
            Self::Stopped => "Stopped",
            Self::CheckingEndpoint => "CheckingEndpoint",
            Self::Online => "Online",
            Self::Degraded => "Degraded",
        }
    }

    /// Whether an endpoint in this status counts as available: Online, or so by decree.
    const fn is_up(self) -> bool {
        matches!(self, Self::Online | Self::Unmonitored)
    }

    /// Whether an endpoint in this status is answered with.
    pub(crate) const fn is_served(self) -> bool {
        self.is_up() || matches!(self, Self::CheckingEndpoint)
    }
}

impl fmt::Display for EndpointStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Azure's `profileMonitorStatus`, in the order in which the cases are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProfileStatus {
    /// The profile is switched off: its name does not exist.
    Disabled,
    /// At least one endpoint is Degraded.
    Degraded,
    /// At least one endpoint is Online or Unmonitored, and none is Degraded. Azure does not say what a profile with
    /// only Unmonitored endpoints is; Online is an inference.
    Online,
    /// Endpoints are still being checked, and no result is known.
    CheckingEndpoints,
    /// There are no endpoints, or all are Disabled or Stopped.
    Inactive,
}

impl ProfileStatus {
    /// Azure's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::Degraded => "Degraded",
            Self::Online => "Online",
            Self::CheckingEndpoints => "CheckingEndpoints",
            Self::Inactive => "Inactive",
        }
    }
}

impl fmt::Display for ProfileStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The monitor statuses of one profile at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The profile's own status.
    pub status: ProfileStatus,
    /// The endpoints' statuses, in the order of [`Profile::endpoints`].
    pub endpoints: Vec<EndpointStatus>,
    /// The address families among the endpoints that are answered with.
    families: Families,
}

/// Derives the monitor statuses of a profile; children of nested endpoints are looked up in `directory`.
pub fn assess(profile: &Profile, directory: &dyn Directory) -> Assessment {
    Assessor::new(directory).assess(profile)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Families {
    v4: bool,
    v6: bool,
}

impl Families {
    const fn union(self, other: Self) -> Self {
        Self {
            v4: self.v4 || other.v4,
            v6: self.v6 || other.v6,
        }
    }
}

/// How many endpoints of one kind are up, and how many may turn out to be.
#[derive(Debug, Clone, Copy, Default)]
struct Availability {
    up: u32,
    checking: u32,
}

impl Availability {
    const fn count(&mut self, status: EndpointStatus) {
        if status.is_up() {
            self.up += 1;
        } else if status.is_served() {
            self.checking += 1;
        }
    }
}

/// Assesses profiles against one snapshot of their children: each child is looked up and assessed once, so that one
/// answer cannot mix two states of it, and a child that many endpoints share costs no more than one.
pub(crate) struct Assessor<'d> {
    directory: &'d dyn Directory,
    known: HashMap<Fqdn, Child>,
    /// The profiles that are being assessed, outermost first.
    path: Vec<Fqdn>,
}

/// A nested profile together with its statuses.
#[derive(Clone)]
pub(crate) struct Child {
    pub(crate) profile: Arc<Profile>,
    pub(crate) assessment: Arc<Assessment>,
    families: Arc<[Families]>,
}

impl<'d> Assessor<'d> {
    pub(crate) fn new(directory: &'d dyn Directory) -> Self {
        Self {
            directory,
            known: HashMap::new(),
            path: Vec::new(),
        }
    }

    pub(crate) fn assess(&mut self, profile: &Profile) -> Assessment {
        self.path.push(profile.fqdn.clone());
        let (assessment, _) = self.assess_endpoints(profile);
        self.path.pop();
        assessment
    }

    /// Takes a profile as the innermost one from now on, so that no child can lead back to it.
    pub(crate) fn enter(&mut self, fqdn: &Fqdn) {
        self.path.push(fqdn.clone());
    }

    /// The profile behind a nested endpoint, or `None` where it is missing, closes a loop or lies too deep.
    pub(crate) fn child(&mut self, fqdn: &Fqdn) -> Option<Child> {
        if self.path.contains(fqdn) || self.path.len() > MAX_NESTING {
            return None;
        }
        if let Some(child) = self.known.get(fqdn) {
            return Some(child.clone());
        }
        let profile = self.directory.profile(fqdn)?;
        self.path.push(fqdn.clone());
        let (assessment, families) = self.assess_endpoints(&profile);
        self.path.pop();
        let child = Child {
            profile,
            assessment: Arc::new(assessment),
            families: families.into(),
        };
        self.known.insert(fqdn.clone(), child.clone());
        Some(child)
    }

    fn assess_endpoints(&mut self, profile: &Profile) -> (Assessment, Vec<Families>) {
        let (endpoints, families): (Vec<_>, Vec<_>) = profile
            .endpoints
            .iter()
            .map(|endpoint| self.assess_endpoint(profile, endpoint))
            .unzip();
        let served = endpoints
            .iter()
            .zip(&families)
            .filter(|(status, _)| status.is_served())
            .fold(Families::default(), |all, (_, one)| all.union(*one));
        let assessment = Assessment {
            status: profile_status(profile, &endpoints),
            endpoints,
            families: served,
        };
        (assessment, families)
    }

    fn assess_endpoint(
        &mut self,
        profile: &Profile,
        endpoint: &Endpoint,
    ) -> (EndpointStatus, Families) {
        let (healthy, families) = match &endpoint.target {
            Target::Nested(nested) => match self.child(&nested.child) {
                Some(child) => (nested_status(nested, &child), child.assessment.families),
                None => (EndpointStatus::Stopped, Families::default()),
            },
            target => {
                let families = Families {
                    v4: matches!(target, Target::V4(_)),
                    v6: matches!(target, Target::V6(_)),
                };
                let status = if endpoint.stopped {
                    EndpointStatus::Stopped
                } else {
                    match endpoint.probed {
                        ProbedHealth::Unknown => EndpointStatus::CheckingEndpoint,
                        ProbedHealth::Healthy => EndpointStatus::Online,
                        ProbedHealth::Unhealthy => EndpointStatus::Degraded,
                    }
                };
                (status, families)
            }
        };
        let status = if !endpoint.enabled {
            EndpointStatus::Disabled
        } else if !profile.enabled {
            EndpointStatus::Inactive
        } else if endpoint.always_serve {
            EndpointStatus::Unmonitored
        } else {
            healthy
        };
        (status, families)
    }
}

/// A child that is itself switched off or has nothing to offer stops its endpoint; otherwise every threshold must be
/// met, first by what is up and then by what may turn out to be.
///
/// An Unmonitored endpoint of the child counts as up. Azure does not say so; it follows from how it is answered with.
fn nested_status(nested: &Nested, child: &Child) -> EndpointStatus {
    let Assessment {
        status, endpoints, ..
    } = &*child.assessment;
    if matches!(status, ProfileStatus::Disabled | ProfileStatus::Inactive) {
        return EndpointStatus::Stopped;
    }
    let (mut any, mut v4, mut v6) = <(Availability, Availability, Availability)>::default();
    for (status, families) in endpoints.iter().zip(&*child.families) {
        any.count(*status);
        if families.v4 {
            v4.count(*status);
        }
        if families.v6 {
            v6.count(*status);
        }
    }
    let thresholds = [
        (nested.min_endpoints, any),
        (nested.min_ipv4, v4),
        (nested.min_ipv6, v6),
    ];
    if thresholds.iter().all(|(min, has)| has.up >= *min) {
        EndpointStatus::Online
    } else if thresholds
        .iter()
        .all(|(min, has)| has.up.saturating_add(has.checking) >= *min)
    {
        EndpointStatus::CheckingEndpoint
    } else {
        EndpointStatus::Degraded
    }
}

fn profile_status(profile: &Profile, endpoints: &[EndpointStatus]) -> ProfileStatus {
    if !profile.enabled {
        ProfileStatus::Disabled
    } else if endpoints.contains(&EndpointStatus::Degraded) {
        ProfileStatus::Degraded
    } else if endpoints.iter().any(|status| status.is_up()) {
        ProfileStatus::Online
    } else if endpoints.contains(&EndpointStatus::CheckingEndpoint) {
        ProfileStatus::CheckingEndpoints
    } else {
        ProfileStatus::Inactive
    }
}
