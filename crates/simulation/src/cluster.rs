//! A cluster: its objects, its ExternalDNS, and the process of the webhook.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arm_client::{
    CallBudget, Client, ClientConfig, DnsApi, Surroundings, TagsFallback, TrafficManagerApi,
};
use external_dns::model::{Controller, Registry, TxtRegistry};
use external_dns::{Changes, Endpoint as Record, RecordType};
use members::Scope;
use members::want::Brakes;
use tokio::time::Instant;
use webhook::metrics::Metrics;
use webhook::provider::{Behaviour, TrafficManagerProvider, VanityTools};
use webhook::provider_api::{Provider as _, ProviderError};
use webhook::resolver::Resolver;
use webhook::settings::MaxDeletions;

use crate::SetUpError;
use crate::debts::Debt;
use crate::history::{Annotations, OWNERS};
use crate::ledger::Known;
use crate::line::{Caller, Line, lock};
use crate::mutation::{Mutant, MutantDns, Mutation};
use crate::names::{self, Answers};
use crate::surroundings::{Seeded, SkewedClock, mix};
use crate::wish::{self, Wish};

pub(crate) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
pub(crate) const GROUP: &str = "rg";
/// How long an empty profile is kept.
pub(crate) const GRACE: Duration = Duration::from_hours(1);
/// A call of ExternalDNS is answered before this has passed.
const DEADLINE: Duration = Duration::from_secs(10);

/// An object of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) host: String,
    pub(crate) resource: String,
    pub(crate) address: String,
    pub(crate) annotations: Annotations,
}

pub(crate) type Objects = BTreeMap<u8, Object>;

/// One cluster.
pub(crate) struct Cluster {
    pub(crate) number: usize,
    pub(crate) clock: Arc<SkewedClock>,
    pub(crate) objects: Objects,
    pub(crate) process: Process,
    seed: u64,
    processes: u64,
    setting: Setting,
}

/// What all processes have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setting {
    pub(crate) mutation: Option<Mutation>,
    /// What DNS answers, when vanity records are made.
    pub(crate) answers: Option<Answers>,
}

/// One process of the webhook, with the ExternalDNS that talks to it.
pub(crate) struct Process {
    pub(crate) line: Line,
    pub(crate) shared: Arc<Mutex<Shared>>,
    /// What it saw of each profile when it last looked.
    pub(crate) known: BTreeMap<String, Known>,
    /// Endpoints that the batch under way has taken away and owes.
    pub(crate) debts: Vec<Debt>,
    /// Whether a call has failed since the batch began.
    pub(crate) failed: bool,
    alive: Arc<AtomicBool>,
    provider: TrafficManagerProvider,
    controller: Controller,
}

/// What a process's tasks tell the scheduler.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The objects at the time of the plan that is or was last carried out.
    pub(crate) planned: Objects,
    pub(crate) running: bool,
    pub(crate) batch: Batch,
    /// How the last loop ended.
    pub(crate) last: Option<Loop>,
}

/// Whether a batch is being carried out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Batch {
    #[default]
    None,
    Running,
    Ended,
}

/// One loop of ExternalDNS.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loop {
    /// Whether it had anything to change.
    pub(crate) changes: Option<String>,
    /// Why it ended early.
    pub(crate) trouble: Option<String>,
}

// === impl Object ===

impl Object {
    pub(crate) fn new(owner: usize, slot: u8) -> Self {
        let owner_name = OWNERS.get(owner).copied().unwrap_or("nobody");
        let annotations = [("enabled", "true"), ("profile-name", "p0")];
        Self {
            host: format!("app{slot}.{owner_name}.example.com"),
            resource: format!("service/default/app{slot}"),
            address: format!("20.{owner}.0.{}", slot + 1),
            annotations: annotations
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// What it asks for.
    pub(crate) fn wish(&self, owner: &str) -> Wish {
        wish::read(owner, &self.host, &self.address, &self.annotations)
    }

    fn record(&self) -> Record {
        let mut record = Record::new(self.host.as_str(), RecordType::A, [self.address.as_str()])
            .with_label("resource", self.resource.as_str());
        for (name, value) in &self.annotations {
            record.set_property(&format!("webhook/traffic-manager-{name}"), value.as_str());
        }
        record
    }
}

// === impl Cluster ===

impl Cluster {
    pub(crate) fn new(
        number: usize,
        seed: u64,
        start: Instant,
        setting: Setting,
    ) -> Result<Self, SetUpError> {
        let clock = Arc::new(SkewedClock::new(start));
        let process = Process::new(number, seed, &clock, &setting)?;
        Ok(Self {
            number,
            clock,
            objects: Objects::new(),
            process,
            seed,
            processes: 1,
            setting,
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        OWNERS.get(self.number).copied().unwrap_or("nobody")
    }

    /// Ends the process, without a word to anybody, and starts another.
    pub(crate) fn restart(&mut self) -> Result<(), SetUpError> {
        self.process.alive.store(false, Ordering::SeqCst);
        self.processes += 1;
        let seed = mix(self.seed ^ self.processes);
        self.process = Process::new(self.number, seed, &self.clock, &self.setting)?;
        Ok(())
    }

    /// Begins a loop of ExternalDNS, unless one is under way.
    pub(crate) fn begin_loop(&self) {
        let shared = Arc::clone(&self.process.shared);
        if std::mem::replace(&mut lock(&shared).running, true) {
            return;
        }
        let provider = self.process.provider.clone();
        let controller = self.process.controller.clone();
        let objects = self.objects.clone();
        tokio::spawn(async move {
            let ended = external_dns_loop(&provider, &controller, objects, &shared).await;
            let mut shared = lock(&shared);
            shared.running = false;
            shared.last = Some(ended);
        });
    }
}

// === impl Process ===

impl Process {
    fn new(
        number: usize,
        seed: u64,
        clock: &Arc<SkewedClock>,
        setting: &Setting,
    ) -> Result<Self, SetUpError> {
        let mutation = setting.mutation;
        let owner = OWNERS.get(number).copied().unwrap_or("nobody");
        let line: Line = Arc::new(Mutex::new(VecDeque::new()));
        let alive = Arc::new(AtomicBool::new(true));
        let caller = Caller {
            line: Arc::clone(&line),
            alive: Arc::clone(&alive),
        };
        let mut config = ClientConfig::new("http://127.0.0.1:1".parse()?);
        // As `serve` has it.
        config.budget = CallBudget {
            attempts: 3,
            attempt: Duration::from_mins(1),
            total: Duration::from_mins(1),
            ..CallBudget::default()
        };
        let metrics = Arc::new(Metrics::new(clock.clone()));
        let surroundings = Surroundings {
            clock: clock.clone(),
            entropy: Arc::new(Seeded::new(seed)),
            observer: metrics.arm.clone(),
        };
        let client = Client::over(Arc::new(caller), &config, None, surroundings);
        let client = Arc::new(client);
        let invalid = |_| SetUpError::Name;
        let vanity = match &setting.answers {
            Some(answers) => vanity(Arc::clone(&client), answers, mutation)?,
            None => VanityTools::default(),
        };
        let behaviour = Behaviour {
            scope: Scope {
                owner: owner.parse().map_err(invalid)?,
                subscription: SUBSCRIPTION.parse().map_err(invalid)?,
                resource_groups: vec![GROUP.parse().map_err(invalid)?],
                other_subscriptions: BTreeMap::new(),
                dns_suffix: "trafficmanager.net".to_owned(),
                brakes: Brakes::default(),
                api_version: traffic_manager::ApiVersion::default(),
                vanity: members::VanityMode::None,
                private_targets: true,
            },
            arm: "http://127.0.0.1:1".to_owned(),
            deadline: DEADLINE,
            dry_run: false,
            profile_grace: Some(match mutation {
                Some(Mutation::HasNoGrace) => Duration::ZERO,
                _ => GRACE,
            }),
            health_interval: None,
            events: webhook::cluster::Cluster::default(),
            max_deletions: MaxDeletions::Number(usize::MAX),
            vanity,
            explain: webhook::provider::ExplainTools::default(),
        };
        let api = TagsFallback::new(
            client,
            clock.clone(),
            Arc::new(Seeded::new(mix(seed))),
            members::marks::TAG_PREFIX,
        );
        let mut api: Arc<dyn TrafficManagerApi> = Arc::new(api);
        if let Some(mutation) = mutation {
            api = Arc::new(Mutant::new(api, mutation));
        }
        let provider = TrafficManagerProvider::new(behaviour, api, clock.clone(), metrics);
        let txt = TxtRegistry::new(owner).map_err(|_| SetUpError::Name)?;
        Ok(Self {
            line,
            shared: Arc::default(),
            known: BTreeMap::new(),
            debts: Vec::new(),
            failed: false,
            alive,
            provider,
            controller: Controller::new(Registry::Txt(txt)),
        })
    }

    /// How many objects the provider reports as wrong, counted once per reason.
    pub(crate) fn reported(&self) -> u64 {
        self.provider.health().invalid_objects.values().sum()
    }

    /// What the provider says is wrong, for people.
    pub(crate) fn complaints(&self) -> String {
        format!("{:?}", self.provider.health().invalid_objects)
    }
}

/// With what a process makes vanity records.
fn vanity(
    client: Arc<Client>,
    answers: &Answers,
    mutation: Option<Mutation>,
) -> Result<VanityTools, SetUpError> {
    let mut dns: Arc<dyn DnsApi> = client;
    // DNS would tell that the record is still there.
    let asks = mutation != Some(Mutation::KeepsNames);
    if let Some(mutation) = mutation {
        dns = Arc::new(MutantDns::new(dns, mutation));
    }
    Ok(VanityTools {
        dns: Some(dns),
        resolver: asks.then(|| Arc::new(answers.clone()) as Arc<dyn Resolver>),
        ttl: names::TTL,
        zones: vec![names::zone_id().parse().map_err(|_| SetUpError::Name)?],
        ..VanityTools::default()
    })
}

/// One loop, as ExternalDNS goes through it behind the webhook's HTTP edge.
async fn external_dns_loop(
    provider: &TrafficManagerProvider,
    controller: &Controller,
    objects: Objects,
    shared: &Arc<Mutex<Shared>>,
) -> Loop {
    let mut looped = Loop::default();
    let trouble = |error: String| Some(error);
    let records = {
        let provider = provider.clone();
        edge(async move { provider.records().await }).await
    };
    let observation = match records {
        Ok(records) => controller.observe(records),
        Err(error) => {
            looped.trouble = trouble(error);
            return looped;
        }
    };
    let sources: Vec<Record> = objects.values().map(Object::record).collect();
    let adjusted = {
        let provider = provider.clone();
        edge(async move { provider.adjust(sources).await }).await
    };
    let adjusted = match adjusted {
        Ok(adjusted) => adjusted,
        Err(error) => {
            looped.trouble = trouble(error);
            return looped;
        }
    };
    let Some(changes) = controller.plan(&observation, adjusted) else {
        return looped;
    };
    looped.changes = Some(summary(&changes));
    let applied = {
        let provider = provider.clone();
        let shared = Arc::clone(shared);
        edge(async move {
            {
                let mut shared = lock(&shared);
                shared.planned = objects;
                shared.batch = Batch::Running;
            }
            let applied = provider.apply(changes).await;
            lock(&shared).batch = Batch::Ended;
            applied
        })
        .await
    };
    looped.trouble = applied.err();
    looped
}

/// The webhook's edge: every call runs in a task of its own, and is answered at
/// the deadline while the work goes on.
async fn edge<T: Send + 'static>(
    work: impl Future<Output = Result<T, ProviderError>> + Send + 'static,
) -> Result<T, String> {
    match tokio::time::timeout(DEADLINE, tokio::spawn(work)).await {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error))) => Err(webhook::provider_api::error_chain(&error)),
        Ok(Err(error)) => Err(format!("the call panicked: {error}")),
        Err(_) => Err("503 at the deadline".to_owned()),
    }
}

/// The changes of a loop, in few words.
fn summary(changes: &Changes) -> String {
    let rows = |records: &[Record]| {
        let rows = records
            .iter()
            .filter(|record| record.record_type == RecordType::CNAME);
        let rows: Vec<_> = rows
            .map(|record| format!("{} {}", record.dns_name, record.set_identifier))
            .collect();
        rows.join(", ")
    };
    let old = changes.update_old.iter();
    let differing: BTreeSet<_> = old
        .zip(&changes.update_new)
        .flat_map(|(old, new)| {
            let of_old = old.provider_specific.iter();
            of_old.filter(|property| !new.provider_specific.contains(property))
        })
        .map(|property| property.name.as_str())
        .collect();
    format!(
        "create [{}], update [{}] {differing:?}, delete [{}]",
        rows(&changes.create),
        rows(&changes.update_new),
        rows(&changes.delete)
    )
}
