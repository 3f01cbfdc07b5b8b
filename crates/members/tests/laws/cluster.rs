//! One cluster: its objects, the model of ExternalDNS, and the pure core.

use std::collections::BTreeSet;

use external_dns::model::{Controller, Registry, TxtRegistry};
use external_dns::{Changes, Endpoint as Record, RecordType};
use jiff::Timestamp;
use members::PublicIps;
use members::batch::{Batch, ProfileChange};
use members::gather::gather;
use members::plan::{Gate, Step, Write, plan};
use members::resolve::{Blocked, resolve};
use members::want::Brakes;
use members::{Finding, Member, MemberKey, Observed, ObservedProfile, OwnerId, Scope};
use traffic_manager::ProfileId;

use crate::azure::{Azure, IN_ITSELF};

pub(crate) struct Cluster {
    pub(crate) scope: Scope,
    controller: Controller,
}

/// What one loop did.
#[derive(Debug, Default)]
pub(crate) struct Loop {
    pub(crate) changes: Option<Changes>,
    pub(crate) findings: Vec<Finding>,
    #[expect(dead_code, reason = "shown when an assertion on the loop fails")]
    pub(crate) refused: Vec<Finding>,
    pub(crate) writes: usize,
}

/// What became of one profile's change.
struct Applied {
    refused: Vec<Finding>,
    missing: BTreeSet<MemberKey>,
}

/// An object: host and annotations, without prefixes.
pub(crate) type Object = (String, Vec<(&'static str, String)>);

/// An object with these annotations.
pub(crate) fn object(host: &str, annotations: &[(&'static str, &str)]) -> Object {
    let annotations = annotations
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    (host.to_owned(), annotations.collect())
}

/// The profile of this name.
pub(crate) fn profile(name: &str) -> ProfileId {
    format!("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/{name}")
        .parse()
        .unwrap()
}

impl Cluster {
    pub(crate) fn new(owner: &str) -> Self {
        let txt = TxtRegistry::new(owner).unwrap();
        Self {
            scope: Scope {
                owner: owner.parse::<OwnerId>().unwrap(),
                subscription: "00000000-0000-0000-0000-000000000000".parse().unwrap(),
                resource_groups: vec!["rg".parse().unwrap()],
                other_subscriptions: std::collections::BTreeMap::new(),
                dns_suffix: "trafficmanager.net".to_owned(),
                brakes: Brakes::default(),
                api_version: traffic_manager::ApiVersion::V2026_09_01,
                vanity: members::VanityMode::None,
                private_targets: true,
            },
            controller: Controller::new(Registry::Txt(txt)),
        }
    }

    pub(crate) fn sources(objects: &[Object]) -> Vec<Record> {
        let record = |(index, (host, annotations)): (usize, &Object)| {
            let mut record = Record::new(host.as_str(), RecordType::A, [format!("20.1.2.{index}")])
                .with_label("resource", format!("service/default/{host}"))
                .with_property("webhook/traffic-manager-enabled", "true");
            for (name, value) in annotations {
                record.set_property(&format!("webhook/traffic-manager-{name}"), value.as_str());
            }
            record
        };
        objects.iter().enumerate().map(record).collect()
    }

    pub(crate) fn observed(&self, azure: &Azure) -> Observed {
        Observed::new(azure.profiles.values().cloned(), &self.scope)
    }

    pub(crate) fn adjust(&self, azure: &Azure, records: &[Record]) -> (Vec<Record>, Vec<Finding>) {
        let observed = self.observed(azure);
        let resolution = resolve(
            &gather(records),
            &observed,
            &PublicIps::Unknown,
            &self.scope,
            &Blocked::default(),
        );
        (resolution.records, resolution.findings)
    }

    /// Writes the change of one profile, failures and all, as the provider does.
    fn apply(
        &self,
        azure: &mut Azure,
        id: &ProfileId,
        change: &ProfileChange,
        now: i64,
        exchange: bool,
    ) -> Applied {
        let profile = azure
            .profiles
            .get(id)
            .cloned()
            .and_then(ObservedProfile::new);
        let now = Timestamp::from_second(now).unwrap();
        let plan = plan(profile.as_ref(), change, &self.scope, now);
        let mut failed = Vec::new();
        for step in &plan.steps {
            let member_failed = step.member.is_some()
                && failed
                    .iter()
                    .any(|other: &&Step| other.member == step.member);
            let left_out = match step.gate {
                Gate::Undo => !member_failed,
                Gate::AfterSuccess => !failed.is_empty(),
                Gate::Vital | Gate::Alone => member_failed,
            };
            if left_out || failed.iter().any(|step| step.gate == Gate::Vital) {
                continue;
            }
            let written = azure.write(id, &step.write);
            if exchange && matches!(step.write, Write::PatchProfile(_)) {
                continue;
            }
            if let Err(error) = written {
                // What follows may fail because of it, as with any trouble.
                azure.troubled |= azure.late && error.ends_with(IN_ITSELF);
                assert!(
                    azure.troubled,
                    "{error}\nrefused: {:#?}\nin {:#?}",
                    step.write, plan.steps
                );
                failed.push(step);
            }
        }
        let is_missing = |member: &Member| {
            let refused = |finding: &Finding| finding.subject == member.subject;
            plan.refused.iter().any(refused)
                || failed.iter().any(|step| {
                    step.gate == Gate::Vital || step.member.as_ref() == Some(&member.key.endpoint)
                })
        };
        let missing = change.upserts.iter().filter(|member| is_missing(member));
        Applied {
            missing: missing.map(|member| member.key.clone()).collect(),
            refused: plan.refused,
        }
    }

    /// Carries out changes as the provider does. Panics when Azure refuses a write.
    pub(crate) fn carry_out(&self, azure: &mut Azure, changes: &Changes, now: i64) -> Vec<Finding> {
        let mut refused = Vec::new();
        let mut batch = Batch::new(changes, &self.scope);
        assert!(batch.findings.is_empty(), "{:?}", batch.findings);
        let mut staged = BTreeSet::new();
        let mut missing = BTreeSet::new();
        loop {
            let stage = batch.next_stage(&missing);
            if stage.is_empty() {
                break;
            }
            for (id, change) in &stage {
                // Profiles that exchange members are written twice. In the
                // first of the two a settings change may be refused.
                let exchange = staged.contains(id) || !batch.is_done();
                let applied = self.apply(azure, id, change, now, exchange);
                refused.extend(applied.refused);
                missing.extend(applied.missing);
                staged.insert(id.clone());
            }
        }
        refused
    }

    /// What ExternalDNS plans from what there is now.
    pub(crate) fn plan(&self, azure: &Azure, objects: &[Object]) -> Option<Changes> {
        let records = self.observed(azure).records(&self.scope.owner);
        let observation = self.controller.observe(records);
        let (adjusted, _) = self.adjust(azure, &Self::sources(objects));
        self.controller.plan(&observation, adjusted)
    }

    /// One loop. Panics when Azure refuses a write.
    pub(crate) fn run(&self, azure: &mut Azure, objects: &[Object], now: i64) -> Loop {
        self.run_records(azure, &Self::sources(objects), now)
    }

    /// One loop with these records of sources.
    pub(crate) fn run_records(&self, azure: &mut Azure, sources: &[Record], now: i64) -> Loop {
        let before = azure.writes;
        let records = self.observed(azure).records(&self.scope.owner);
        let observation = self.controller.observe(records);
        let (adjusted, findings) = self.adjust(azure, sources);
        let changes = self.controller.plan(&observation, adjusted);
        let refused = match &changes {
            Some(changes) => self.carry_out(azure, changes, now),
            None => Vec::new(),
        };
        Loop {
            changes,
            findings,
            refused,
            writes: azure.writes - before,
        }
    }
}
