//! The models of this crate as a filter, for comparison with the real ExternalDNS.
//!
//! Reads one JSON object per line and writes one JSON value per line, in the same
//! order. Blank lines are skipped. A line that cannot be read ends the program with
//! code 1 and a message on standard error.
//!
//! Lists in an answer have a fixed order where ExternalDNS leaves it to chance, so
//! compare them as sets. Endpoints have the wire format of the webhook protocol.
//! Fields that are absent have the defaults of ExternalDNS, and of the settings
//!
//! ```text
//! "policy"              "sync" (default), "upsert-only", "create-only"
//! "managedRecordTypes"  default ["A","AAAA","CNAME"]
//! "excludeRecordTypes"  default []
//! "domainFilter"        a domain filter as at negotiation, default {}
//! "ownerId"             "" is nobody in particular
//! "oldOwnerId"          --migrate-from-txt-owner
//! ```
//!
//! all are understood by both planning modes.
//!
//! ```text
//! plan_model                 in:  {"current":[…],"desired":[…], settings}
//!                            out: the Changes of the plan
//!
//! plan_model --registry      in:  {"records":[…],"desired":[…], settings,
//!                                  "registry":"txt"|"noop" (default "txt"),
//!                                  "txtPrefix","txtSuffix","txtWildcardReplacement",
//!                                  "legacyFormats":bool (names as up to v0.17)}
//!                            out: {"current":[…] what the registry makes of the records,
//!                                  "changes": the body of POST /records, or null for none}
//!
//! plan_model --source        in:  {"annotationPrefix", "minTTL", "aliased":bool,
//!                                  "services":[Kubernetes Service objects]}
//!                            out: [endpoints] as sent to /adjustendpoints
//!
//! plan_model --filter        in:  {"filter": a domain filter, "names":[…]}
//!                            out: [bool per name], or {"error":"…"} if it is refused
//!
//! plan_model --names         in:  {"names":[…]}
//!                            out: [{"ascii","unicode"} per name]
//! ```

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use external_dns::model::{
    Controller, ManagedTypes, PREFIX, Plan, Policy, Registry, Service, ServiceSource,
    SharedProperties, TxtAffix, TxtFormats, TxtNames, TxtRegistry,
};
use external_dns::{DomainFilter, Endpoint, RecordType, dns_name};

type Answer = Result<Value, Box<dyn Error>>;

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PlanCase {
    current: Vec<Endpoint>,
    records: Vec<Endpoint>,
    desired: Vec<Endpoint>,
    owner_id: String,
    old_owner_id: String,
    policy: String,
    managed_record_types: Vec<RecordType>,
    exclude_record_types: Vec<RecordType>,
    domain_filter: DomainFilter,
    registry: String,
    txt_prefix: String,
    txt_suffix: String,
    txt_wildcard_replacement: String,
    legacy_formats: bool,
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SourceCase {
    annotation_prefix: String,
    #[serde(rename = "minTTL")]
    min_ttl: i64,
    aliased: bool,
    services: Vec<Service>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamesCase {
    filter: Value,
    names: Vec<String>,
}

fn main() -> ExitCode {
    match run(std::env::args().nth(1).as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when standard error is gone as well.
            let _ = writeln!(io::stderr(), "plan_model: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mode: Option<&str>) -> Result<(), Box<dyn Error>> {
    let answer: fn(&str) -> Answer = match mode {
        None => plan,
        Some("--registry" | "--txt") => registry,
        Some("--source") => source,
        Some("--filter") => filter,
        Some("--names") => names,
        Some(other) => return Err(format!("unknown mode {other}").into()),
    };
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = answer(&line).map_err(|error| format!("{error}, in: {line}"))?;
        writeln!(out, "{answer}")?;
        // A driver may wait for each answer before it asks on.
        out.flush()?;
    }
    Ok(())
}

fn plan(line: &str) -> Answer {
    let case: PlanCase = serde_json::from_str(line)?;
    let plan = Plan {
        policy: case.policy.parse()?,
        domain_filters: vec![case.domain_filter.clone()],
        types: case.types(),
        owner: non_empty(&case.owner_id),
        old_owner: non_empty(&case.old_owner_id),
    };
    to_value(plan.changes(case.current, case.desired))
}

fn registry(line: &str) -> Answer {
    let case: PlanCase = serde_json::from_str(line)?;
    let controller = Controller::new(case.registry()?)
        .with_old_owner(&case.old_owner_id)
        .with_policy(case.policy.parse::<Policy>()?)
        .with_types(case.types())
        .with_domain_filter(case.domain_filter.clone());
    let observation = controller.observe(case.records);
    let changes = controller.plan(&observation, case.desired);
    Ok(json!({ "current": observation.current(), "changes": changes }))
}

fn source(line: &str) -> Answer {
    let case: SourceCase = serde_json::from_str(line)?;
    let source = ServiceSource {
        annotation_prefix: case.annotation_prefix,
        min_ttl: case.min_ttl,
        shared_properties: if case.aliased {
            SharedProperties::Aliased
        } else {
            SharedProperties::Copied
        },
    };
    to_value(source.endpoints(&case.services))
}

fn filter(line: &str) -> Answer {
    let case: NamesCase = serde_json::from_str(line)?;
    match serde_json::from_value::<DomainFilter>(case.filter) {
        Ok(filter) => {
            let matches = case.names.iter().map(|name| filter.matches(name));
            to_value(matches.collect::<Vec<bool>>())
        }
        Err(error) => Ok(json!({ "error": error.to_string() })),
    }
}

fn names(line: &str) -> Answer {
    let case: NamesCase = serde_json::from_str(line)?;
    let forms = case
        .names
        .iter()
        .map(|name| json!({ "ascii": dns_name::ascii(name), "unicode": dns_name::unicode(name) }));
    Ok(forms.collect())
}

fn to_value(value: impl Serialize) -> Answer {
    Ok(serde_json::to_value(value)?)
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

// === impl PlanCase ===

impl PlanCase {
    fn types(&self) -> ManagedTypes {
        ManagedTypes {
            managed: self.managed_record_types.clone(),
            excluded: self.exclude_record_types.clone(),
        }
    }

    fn registry(&self) -> Result<Registry, Box<dyn Error>> {
        if self.registry == "noop" {
            return Ok(Registry::Noop);
        }
        let affix = match (self.txt_prefix.is_empty(), self.txt_suffix.is_empty()) {
            (false, false) => return Err("txtPrefix and txtSuffix exclude each other".into()),
            (_, true) => TxtAffix::Prefix(self.txt_prefix.clone()),
            (true, false) => TxtAffix::Suffix(self.txt_suffix.clone()),
        };
        let formats = if self.legacy_formats {
            TxtFormats::LegacyAndTyped
        } else {
            TxtFormats::Typed
        };
        Ok(Registry::Txt(
            TxtRegistry::new(&self.owner_id)?
                .with_names(TxtNames::new(affix, &self.txt_wildcard_replacement))
                .with_formats(formats)
                .with_old_owner(&self.old_owner_id),
        ))
    }
}

impl Default for PlanCase {
    fn default() -> Self {
        let types = ManagedTypes::default();
        Self {
            current: Vec::new(),
            records: Vec::new(),
            desired: Vec::new(),
            owner_id: String::new(),
            old_owner_id: String::new(),
            policy: "sync".to_owned(),
            managed_record_types: types.managed,
            exclude_record_types: types.excluded,
            domain_filter: DomainFilter::everything(),
            registry: "txt".to_owned(),
            txt_prefix: String::new(),
            txt_suffix: String::new(),
            txt_wildcard_replacement: String::new(),
            legacy_formats: false,
        }
    }
}

// === impl SourceCase ===

impl Default for SourceCase {
    fn default() -> Self {
        Self {
            annotation_prefix: PREFIX.to_owned(),
            min_ttl: 0,
            aliased: false,
            services: Vec::new(),
        }
    }
}
