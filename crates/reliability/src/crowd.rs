//! A full profile: 200 endpoints, as many as Azure allows, of 40 owners.

use std::collections::BTreeMap;
use std::path::Path;

use external_dns::model::{ALPHA_PREFIX, Service};
use futures::future::try_join_all;
use serde_json::Value;

use crate::azure::{Azure, endpoints};
use crate::cluster::{Cluster, Loop};
use crate::failure::Failure;
use crate::report::Report;
use crate::serve::Launch;
use crate::wish::key;

const PROFILE: &str = "checkout-global";
const FITS: &str = "the claims to 200 endpoints of 40 owners fit in the tags of one profile";
const OWN: &str = "every owner sees its own members and no other";
/// The applications that every cluster runs.
const APPLICATIONS: [&str; 5] = [
    "checkout-api",
    "payment-gateway",
    "basket",
    "order-history",
    "web-frontend",
];
const REGIONS: [&str; 8] = [
    "westeurope",
    "northeurope",
    "eastus",
    "westus2",
    "southeastasia",
    "australiaeast",
    "brazilsouth",
    "uksouth",
];

/// How many owners share the profile; each has five members.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Owners.
    pub owners: usize,
}

impl Crowd {
    /// Fills a profile, and sees the promises kept.
    pub async fn run(self, binary: &Path) -> Result<Report, Failure> {
        let azure = Azure::start(1).await?;
        let mut clusters = Vec::new();
        for number in 0..self.owners {
            let owner = owner(number);
            let cluster = Cluster::start(Launch::new(binary, &owner, azure.url())).await?;
            clusters.push((cluster, services(&owner)));
        }
        // The first makes the profile; the others join it all at once.
        let mut joined = clusters.iter_mut();
        if let Some((cluster, services)) = joined.next() {
            join(cluster, services).await?;
        }
        try_join_all(joined.map(|(cluster, services)| join(cluster, services))).await?;
        azure.rest().await?;
        let shown = azure.profile(PROFILE).unwrap_or_default();
        let members = self.owners * APPLICATIONS.len();
        let held = endpoints(&shown).len();
        if held != members {
            let seen = format!("{held} of {members} members are there: {}", shown["tags"]);
            return Err(Failure::broken(FITS, seen));
        }
        for (cluster, services) in &mut clusters {
            cluster.quiet(&azure, services).await?;
            let hosts = cluster.hosts().await?;
            let mut expected: Vec<_> = APPLICATIONS
                .iter()
                .map(|application| host(cluster.owner(), application))
                .collect();
            expected.sort();
            if hosts != expected {
                return Err(Failure::broken(OWN, format!("{hosts:?}, not {expected:?}")));
            }
        }
        let (tags, fullest) = usage(&shown["tags"]);
        Ok(Report {
            trial: "crowd",
            tried: format!("{members} endpoints of {} owners in one profile", self.owners),
            observed: vec![
                format!(
                    "the profile has {tags} tags of 50, the longest with {fullest} characters of 256"
                ),
                "a loop without a change of any owner cost one list call and nothing else, and showed that owner's members and no other".to_owned(),
            ],
        })
    }
}

async fn join(cluster: &mut Cluster, services: &[Service]) -> Result<(), Failure> {
    match cluster.run(services).await? {
        Loop::Changed(_) => Ok(()),
        other => Err(cluster.with_log(Failure::broken(FITS, format!("{other:?}")))),
    }
}

fn owner(number: usize) -> String {
    let region = REGIONS[number % REGIONS.len()];
    format!("prod-{region}-aks-{:02}", number / REGIONS.len() + 1)
}

fn host(owner: &str, application: &str) -> String {
    format!("{application}.{owner}.shop.example.com")
}

/// Realistic in length; the endpoint's name is derived.
fn services(owner: &str) -> Vec<Service> {
    let services = APPLICATIONS.iter().map(|application| {
        Service::load_balancer("storefront", format!("{application}-public"))
            .with_ip("20.1.2.3")
            .with_annotation(format!("{ALPHA_PREFIX}hostname"), host(owner, application))
            .with_annotation(key("enabled"), "true")
            .with_annotation(key("profile-name"), PROFILE)
            .with_annotation(key("hostname"), "checkout.example.com")
    });
    services.collect()
}

/// How many tags there are, and how long the longest value is.
fn usage(tags: &Value) -> (usize, usize) {
    let tags: BTreeMap<_, _> = tags.as_object().into_iter().flatten().collect();
    let lengths = tags
        .values()
        .filter_map(|value| Some(value.as_str()?.chars().count()));
    (tags.len(), lengths.max().unwrap_or_default())
}
