//! A profile that Terraform made, with everything in it that this system knows nothing about. Two owners join it, change
//! their members at random, leave, and come back; between, Terraform removes the tags that it does not know.

use std::path::Path;
use std::sync::Arc;

use emulator::AzureResource;
use emulator::model::location::Location;
use external_dns::model::Service;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION, endpoints, profile_path};
use crate::cluster::Cluster;
use crate::failure::Failure;
use crate::guard::{Endpoints, Guard};
use crate::report::Report;
use crate::serve::Launch;
use crate::wish::{Place, Wish, Wishes, key};

const PROFILE: &str = "made-by-terraform";
const CHILD: &str = "child";
const PLACE: Place = Place {
    profile: PROFILE,
    ranked: false,
};

const NOT_ASKED: &str = "a profile that somebody else made is not touched without being asked";
const JOINED: &str = "members of a joined profile are what the annotations say";
const LEFT: &str = "who has left a joined profile leaves it byte for byte as it was";
const CLAIMED_AGAIN: &str =
    "members whose claims were removed are claimed again, and stay as they are";

/// How often the owners join and leave, and how often they change their minds in between.
#[derive(Debug, Clone, Copy)]
pub struct Guests {
    /// Stays.
    pub stays: usize,
    /// Changes in each.
    pub changes: usize,
    /// The seed of the changes.
    pub seed: u64,
}

struct Guest {
    cluster: Cluster,
    wishes: Wishes,
}

impl Guests {
    /// Joins, changes and leaves, and sees the promises kept.
    pub async fn run(self, binary: &Path) -> Result<Report, Failure> {
        let azure = Arc::new(Azure::start(self.seed).await?);
        terraform(&azure)?;
        let mut rng = StdRng::seed_from_u64(self.seed);
        let mut guests = Vec::new();
        for (number, owner) in [(0, "east"), (1, "west")] {
            let launch = Launch::new(binary, owner, azure.url()).with("--max-deletions=100%");
            guests.push(Guest {
                cluster: Cluster::start(launch).await?,
                wishes: Wishes::new(owner, number, &[PLACE], 5),
            });
        }
        let before = azure.profile_text(PROFILE).unwrap_or_default();
        for guest in &mut guests {
            guest.is_not_asked(&azure, &mut rng).await?;
        }
        let mut looks = 0;
        for stay in 0..self.stays {
            let stayed = self.stay(&azure, &mut guests, &mut rng).await;
            looks += stayed.map_err(|failure| {
                let with_logs = |failure, guest: &Guest| guest.cluster.with_log(failure);
                let failure = guests.iter().fold(failure, with_logs);
                Failure::setup(format!("stay {stay} of seed {}", self.seed), failure)
            })?;
            let after = azure.profile_text(PROFILE).unwrap_or_default();
            if after != before {
                let seen = format!("it was\n{before}\nand is\n{after}");
                return Err(Failure::broken(LEFT, seen));
            }
        }
        let (stays, changes) = (self.stays, self.stays * self.changes);
        Ok(Report {
            trial: "guest",
            tried: format!(
                "two owners joined a profile of Terraform's {stays} times, changed their members {changes} times, had their claims removed {stays} times, and left"
            ),
            observed: vec![
                "not asked to join, they wrote nothing and reported ForeignProfile".to_owned(),
                format!(
                    "in {looks} looks at Azure meanwhile, settings, headers, tags and the endpoints of three types were as before, and every member was claimed"
                ),
                "after each leave ARM's answer for the profile was the same text as before the first join".to_owned(),
            ],
        })
    }

    /// From the joining of both to their leaving. Returns how often Azure was looked at.
    async fn stay(
        self,
        azure: &Arc<Azure>,
        guests: &mut [Guest],
        rng: &mut StdRng,
    ) -> Result<u64, Failure> {
        let foreign = held(azure);
        let guard = Guard::over(azure.clone(), foreign.clone(), &[PROFILE, CHILD]);
        for _ in 0..self.changes {
            for guest in &mut *guests {
                guest.wishes.change(rng);
            }
            follow(azure, guests).await?;
            holds(azure, guests, &foreign)?;
            guard.verdict()?;
        }
        let mut looks = guard.looks();
        drop(guard);

        // Terraform's next apply.
        let members = held(azure);
        azure.patch(PROFILE, &json!({"tags": tags()}))?;
        follow(azure, guests).await?;
        if held(azure) != members {
            let seen = format!("{members:#?} became {:#?}", held(azure));
            return Err(Failure::broken(CLAIMED_AGAIN, seen));
        }

        let guard = Guard::over(azure.clone(), foreign, &[PROFILE, CHILD]);
        for guest in &mut *guests {
            let leaving = Vec::new();
            guest.cluster.run(&leaving).await?;
            guest.cluster.quiet(azure, &leaving).await?;
        }
        guard.verdict()?;
        looks += guard.looks();
        Ok(looks)
    }
}

impl Guest {
    fn services(&self) -> Vec<Service> {
        let joins = |service: Service| service.with_annotation(key("profile-management"), "join");
        self.wishes.services().into_iter().map(joins).collect()
    }

    /// Without the annotation, the object is reported and nothing is written.
    async fn is_not_asked(&mut self, azure: &Azure, rng: &mut StdRng) -> Result<(), Failure> {
        let mut wishes = self.wishes.clone();
        wishes.add(rng, PLACE);
        let services = wishes.services();
        self.cluster.quiet(azure, &services).await?;
        let invalid = self.cluster.invalid_objects().await?;
        if invalid["ForeignProfile"] != 1 {
            let seen = format!("reported is {invalid}");
            return Err(self.cluster.with_log(Failure::broken(NOT_ASKED, seen)));
        }
        Ok(())
    }
}

/// Both run a loop at the same time, and then have nothing left to do.
async fn follow(azure: &Azure, guests: &mut [Guest]) -> Result<(), Failure> {
    let loops = guests.iter_mut().map(|guest| {
        let services = guest.services();
        async move { guest.cluster.run(&services).await }
    });
    futures::future::try_join_all(loops).await?;
    for guest in guests {
        let services = guest.services();
        guest.cluster.quiet(azure, &services).await?;
    }
    Ok(())
}

fn holds(azure: &Azure, guests: &[Guest], foreign: &Endpoints) -> Result<(), Failure> {
    let shown = azure.profile(PROFILE).unwrap_or_default();
    let held = endpoints(&shown);
    let wanted: Vec<&Wish> = guests
        .iter()
        .flat_map(|guest| guest.wishes.iter())
        .collect();
    let met = |wish: &&Wish| {
        held.get(&wish.endpoint)
            .is_some_and(|endpoint| wish.is_met_by(endpoint))
    };
    let ours = foreign.keys().filter(|(profile, _)| profile == PROFILE);
    if wanted.iter().all(met) && held.len() == wanted.len() + ours.count() {
        return Ok(());
    }
    let seen = format!("{wanted:#?} are wanted; there is {shown:#}");
    Err(Failure::broken(JOINED, seen))
}

fn held(azure: &Azure) -> Endpoints {
    let mut held = Endpoints::new();
    for profile in [PROFILE, CHILD] {
        let shown = azure.profile(profile).unwrap_or_default();
        for (name, endpoint) in endpoints(&shown) {
            held.insert((profile.to_owned(), name), endpoint);
        }
    }
    held
}

fn tags() -> Value {
    json!({"team": "payments", "cost-center": "4711", "terraform": "true"})
}

/// What `terraform apply` has made: a profile with endpoints of all three types, and one that it nests.
fn terraform(azure: &Azure) -> Result<(), Failure> {
    let application = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/apps/providers/Microsoft.Network/publicIPAddresses/front"
    );
    let location = Location::parse("westeurope")
        .ok_or_else(|| Failure::setup("a region of Azure", "unknown"))?;
    azure.add_resource(
        &application,
        AzureResource {
            host: Some("front.westeurope.cloudapp.azure.com".to_owned()),
            location,
        },
    );
    azure.put(
        CHILD,
        &json!({
            "location": "global",
            "properties": {
                "trafficRoutingMethod": "Priority",
                "dnsConfig": {"relativeName": CHILD, "ttl": 60},
                "monitorConfig": {"protocol": "TCP", "port": 443},
                "endpoints": [{
                    "name": "inner",
                    "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
                    "properties": {"target": "inner.example.org", "priority": 5}
                }]
            }
        }),
    )?;
    azure.put(
        PROFILE,
        &json!({
            "location": "global",
            "tags": tags(),
            "properties": {
                "profileStatus": "Enabled",
                "trafficRoutingMethod": "Weighted",
                "dnsConfig": {"relativeName": PROFILE, "ttl": 17},
                "monitorConfig": {
                    "protocol": "HTTPS",
                    "port": 8443,
                    "path": "/ready?deep=1",
                    "intervalInSeconds": 10,
                    "timeoutInSeconds": 7,
                    "toleratedNumberOfFailures": 4,
                    "customHeaders": [{"name": "host", "value": "front.example.org"}, {"name": "x-probe", "value": "tm"}],
                    "expectedStatusCodeRanges": [{"min": 200, "max": 204}, {"min": 301, "max": 302}]
                },
                "endpoints": [
                    {
                        "name": "by-hand",
                        "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
                        "properties": {
                            "target": "by-hand.example.org",
                            "weight": 3,
                            "endpointLocation": "West Europe",
                            "customHeaders": [{"name": "x-tenant", "value": "a"}]
                        }
                    },
                    {
                        "name": "front",
                        "type": "Microsoft.Network/trafficManagerProfiles/azureEndpoints",
                        "properties": {"targetResourceId": application, "weight": 5, "endpointStatus": "Disabled"}
                    },
                    {
                        "name": "below",
                        "type": "Microsoft.Network/trafficManagerProfiles/nestedEndpoints",
                        "properties": {"targetResourceId": profile_path(CHILD), "weight": 9, "minChildEndpoints": 1, "endpointLocation": "North Europe"}
                    }
                ]
            }
        }),
    )
}
