//! From a profile to a destination, through nested profiles.

use rand::RngCore;

use super::eligibility::eligible;
use super::{
    Absence, Candidate, Client, Destination, Families, Route, Served, geographic, multivalue,
    performance, priority, subnet, weighted,
};
use crate::directory::Directory;
use crate::health::{Assessment, Assessor, EndpointStatus};
use crate::profile::{Profile, RoutingMethod, Target};
use crate::values::{MaxReturn, Ttl};

/// Chooses the destinations of one query for `profile`.
///
/// Nested profiles are looked up in `directory` and routed by their own method, so the answer never shows them. Random
/// choices come from `rng` alone: the same seed and input give the same route.
pub fn route(
    profile: &Profile,
    client: Client<'_>,
    families: Families,
    directory: &dyn Directory,
    rng: &mut dyn RngCore,
) -> Route {
    let mut walk = Walk {
        client,
        families,
        assessor: Assessor::new(directory),
        rng,
        depends_on_client: false,
        innermost_ttl: profile.ttl,
    };
    let served = walk.outermost(profile);
    Route {
        served,
        innermost_ttl: walk.innermost_ttl,
        depends_on_client: walk.depends_on_client,
    }
}

struct Walk<'a> {
    client: Client<'a>,
    families: Families,
    assessor: Assessor<'a>,
    rng: &'a mut dyn RngCore,
    depends_on_client: bool,
    innermost_ttl: Ttl,
}

impl Walk<'_> {
    fn outermost(&mut self, profile: &Profile) -> Result<Vec<Served>, Absence> {
        if !profile.enabled {
            return Err(Absence::ProfileDisabled);
        }
        if profile.endpoints.is_empty() {
            return Err(Absence::NoEndpoints);
        }
        if profile.endpoints.iter().all(|endpoint| !endpoint.enabled) {
            return Err(Absence::AllDisabled);
        }
        let assessment = self.assessor.assess(profile);
        self.assessor.enter(&profile.fqdn);
        let mut served = Vec::new();
        for candidate in self.pick(profile, &assessment)? {
            let endpoint = &candidate.endpoint.name;
            let destinations = self.descend(&candidate.endpoint.target)?;
            served.extend(destinations.into_iter().map(|destination| Served {
                endpoint: endpoint.clone(),
                destination,
            }));
        }
        Ok(served)
    }

    /// What a target leads to. The depth is bounded: the assessor knows no child that closes a loop or lies too deep.
    fn descend(&mut self, target: &Target) -> Result<Vec<Destination>, Absence> {
        let nested = match target {
            Target::Fqdn(name) => return Ok(vec![Destination::Name(name.clone())]),
            Target::V4(address) => return Ok(vec![Destination::V4(*address)]),
            Target::V6(address) => return Ok(vec![Destination::V6(*address)]),
            Target::Nested(nested) => nested,
        };
        let child = self
            .assessor
            .child(&nested.child)
            .ok_or(Absence::NothingEligible)?;
        self.assessor.enter(&nested.child);
        self.innermost_ttl = child.profile.ttl;
        let mut destinations = Vec::new();
        for candidate in self.pick(&child.profile, &child.assessment)? {
            destinations.extend(self.descend(&candidate.endpoint.target)?);
        }
        Ok(destinations)
    }

    /// The endpoints of one profile: at least one, and more than one only under multi-value routing, which cannot have
    /// nested endpoints.
    fn pick<'p>(
        &mut self,
        profile: &'p Profile,
        assessment: &Assessment,
    ) -> Result<Vec<Candidate<'p>>, Absence> {
        let candidates: Vec<Candidate<'p>> = profile
            .endpoints
            .iter()
            .zip(&assessment.endpoints)
            .map(|(endpoint, status)| Candidate {
                endpoint,
                status: *status,
            })
            .collect();
        let nothing_runs = candidates.iter().all(|candidate| {
            matches!(
                candidate.status,
                EndpointStatus::Disabled | EndpointStatus::Inactive
            )
        });
        if nothing_runs {
            return Err(Absence::NothingEligible);
        }
        let one = |picked: Option<Candidate<'p>>| {
            picked
                .map(|candidate| vec![candidate])
                .ok_or(Absence::NothingEligible)
        };
        match profile.method {
            RoutingMethod::Weighted => one(weighted::pick(&eligible(&candidates), self.rng)),
            RoutingMethod::Priority => one(priority::pick(&eligible(&candidates))),
            RoutingMethod::Performance => {
                self.depends_on_client = true;
                let region = self.client.locator.locate(self.client.address).region;
                let eligible = eligible(&candidates);
                one(performance::pick(&eligible, region.as_ref(), self.rng))
            }
            RoutingMethod::Geographic => {
                self.depends_on_client = true;
                let location = self.client.locator.locate(self.client.address);
                geographic::pick(&candidates, &location.geo_codes).map(|candidate| vec![candidate])
            }
            RoutingMethod::Subnet => {
                self.depends_on_client = true;
                subnet::pick(&candidates, self.client.address).map(|candidate| vec![candidate])
            }
            RoutingMethod::MultiValue => {
                let eligible = eligible(&candidates);
                if eligible.is_empty() {
                    return Err(Absence::NothingEligible);
                }
                let max = profile.max_return.unwrap_or(MaxReturn::DEFAULT);
                let picked = multivalue::pick(&eligible, self.families, max, self.rng);
                if picked.is_empty() {
                    return Err(Absence::WrongType);
                }
                Ok(picked)
            }
        }
    }
}
