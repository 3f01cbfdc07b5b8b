//! The check: every object by itself, and then all of them together.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use members::annotation::Name;
use members::resolve::{Blocked, resolve};
use members::want::{Source, Want};
use members::{Finding, Observed, PublicIps, Reason, Scope, Subject};
use traffic_manager::target::TargetFamily;
use traffic_manager::{Invalid, PublicIp, SubscriptionId, Target};

use crate::known::{Known, SOME_SUBSCRIPTION};
use crate::manifest::{self, Input, Place};
use crate::report::{Grade, NotJudged, Problem, Report, Rule};
use crate::sources::{self, Inventor, OURS, View};
use crate::yaml::ReadsAs;

/// Stands for a resource group that nobody has named.
pub(crate) const SOME_GROUP: &str = "some-resource-group";

/// What load balancers can have for addresses.
const FAMILIES: [TargetFamily; 3] = [TargetFamily::V4, TargetFamily::V6, TargetFamily::Name];

/// Stands, with a number, for the public IP address of a load balancer.
const SOME_ADDRESS: &str = "some-address-";

/// Checks manifests. A problem is one that there is whatever addresses the load
/// balancers get.
pub fn check(inputs: &[Input<'_>], known: &Known) -> Result<Report, Invalid> {
    let mut report = Report {
        inputs: inputs.len(),
        ..Report::default()
    };
    let mut objects = Vec::new();
    for input in inputs {
        match manifest::objects(*input) {
            Ok(found) => objects.extend(found),
            Err(unreadable) => report.unreadable.push(unreadable),
        }
    }
    let mut taking_part = BTreeSet::new();
    for prefix in &known.prefixes {
        let mut certain: Option<BTreeSet<Problem>> = None;
        for family in FAMILIES {
            let mut inventor = Inventor::new(family);
            let mut views = Vec::new();
            for (index, object) in objects.iter().enumerate() {
                let found = sources::views(object, prefix, &known.namespace, &mut inventor);
                if !found.is_empty() {
                    taking_part.insert(index);
                }
                views.extend(found);
            }
            let all_is_said = views.iter().all(|view| !view.made_up.address);
            let mut problems = BTreeSet::new();
            Checker::new(known, prefix, views)?.run(&mut problems, &mut report.not_judged);
            certain = Some(match certain {
                Some(before) => before.intersection(&problems).cloned().collect(),
                None => problems,
            });
            if all_is_said {
                break;
            }
        }
        report.problems.extend(certain.unwrap_or_default());
    }
    report.objects = taking_part.len();
    // What shows through both prefixes is said once.
    report.problems.sort();
    report.problems.dedup();
    Ok(report)
}

/// The objects through one prefix.
struct Checker<'a> {
    known: &'a Known,
    prefix: &'a str,
    scope: Scope,
    public_ips: PublicIps,
    views: Vec<View<'a>>,
}

// === impl Checker ===

impl<'a> Checker<'a> {
    fn new(known: &'a Known, prefix: &'a str, mut views: Vec<View<'a>>) -> Result<Self, Invalid> {
        let named = views
            .iter()
            .filter_map(|view| view.get(Name::SubscriptionId));
        let named: BTreeSet<SubscriptionId> = named.filter_map(|id| id.parse().ok()).collect();
        let scope = known.scope(named)?;
        if known.places.resource_groups.is_none() {
            for source in views.iter_mut().flat_map(|view| &mut view.sources) {
                if source.annotations.get(Name::ResourceGroup).is_none() {
                    source.annotations.set(Name::ResourceGroup, SOME_GROUP);
                }
            }
        }
        let public_ips = some_public_ips(&views, &scope)?;
        Ok(Self {
            known,
            prefix,
            scope,
            public_ips,
            views,
        })
    }

    fn run(&self, problems: &mut BTreeSet<Problem>, not_judged: &mut BTreeSet<NotJudged>) {
        let mut alone = Vec::new();
        for view in &self.views {
            self.form(view, problems);
            for source in &view.sources {
                let reading = source.judge(&self.scope, &self.public_ips);
                let graded = reading
                    .mistakes
                    .iter()
                    .map(|finding| (Grade::Error, finding))
                    .chain(
                        reading
                            .warnings
                            .iter()
                            .map(|finding| (Grade::Warning, finding)),
                    );
                for (grade, finding) in graded {
                    if is_judged(finding) {
                        problems.insert(problem(view, grade, finding));
                    }
                }
                if let Want::Member(member) = &reading.want {
                    let destination = member.endpoint.destination.to_string();
                    if view.made_up.address && sources::mentions_made_up(&destination) {
                        not_judged.insert(NotJudged::Addresses);
                    }
                }
                alone.extend(reading.mistakes);
                alone.extend(reading.warnings);
            }
            self.unjudged(view, not_judged);
        }
        self.together(&alone, problems);
    }

    /// What is wrong with how the annotations are written, and with what is not.
    fn form(&self, view: &View<'_>, problems: &mut BTreeSet<Problem>) {
        let mut wrong = |rule, (key, entry): &(String, manifest::Entry), what: &str| {
            problems.insert(Problem {
                place: entry.place.clone(),
                grade: Grade::Error,
                rule,
                object: view.object.name.clone(),
                annotation: Some(format!("{OURS}{key}")),
                message: format!("{OURS}{key}{what}"),
            });
        };
        let mut seen = BTreeMap::new();
        for given in &view.entries {
            let (key, entry) = given;
            if let Some(what) = no_text(entry) {
                wrong(Rule::Unquoted, given, &what);
            }
            if let Some(before) = seen.insert(key.to_ascii_lowercase(), given) {
                let line = entry.place.position.line;
                let counts = if before.0 == *key {
                    "the last one"
                } else {
                    "the spelling in small letters"
                };
                let what =
                    format!(" is given again in line {line}, and only {counts} counts; remove one");
                wrong(Rule::GivenTwice, before, &what);
            }
        }
        for lost in &view.lost {
            let what = " is lost: the object has another block of annotations further down, and only the last one counts; put them into one";
            wrong(Rule::GivenTwice, lost, what);
        }
        if view.entries.is_empty() {
            return;
        }
        let place = first_place(view);
        let mut warn = |rule, message| {
            problems.insert(Problem {
                place: place.clone(),
                grade: Grade::Warning,
                rule,
                object: view.object.name.clone(),
                annotation: None,
                message,
            });
        };
        if view.get(Name::Enabled).is_none() {
            warn(
                Rule::NotEnabled,
                format!(
                    "the annotations have no effect without {}: \"true\"",
                    Name::Enabled
                ),
            );
        } else if view.has_no_host && !view.is_off() {
            warn(
                Rule::NoHost,
                format!(
                    "the Service has no annotation {}hostname: ExternalDNS makes a record of it only with a template for names (--fqdn-template)",
                    self.prefix
                ),
            );
        }
    }

    fn unjudged(&self, view: &View<'_>, not_judged: &mut BTreeSet<NotJudged>) {
        let enabled = view.get(Name::Enabled);
        if !enabled.is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return;
        }
        let gives = |name| view.get(name).is_some_and(|text| !text.is_empty());
        let places = &self.known.places;
        let mut note = |what, is_so: bool| {
            if is_so {
                not_judged.insert(what);
            }
        };
        note(NotJudged::ResourceGroups, places.resource_groups.is_none());
        note(
            NotJudged::Subscriptions,
            places.default.is_none() && gives(Name::SubscriptionId),
        );
        note(
            NotJudged::ApiVersion,
            self.known.api_version.is_none() && gives(Name::RecordType),
        );
        note(NotJudged::Hosts, view.made_up.host);
        note(NotJudged::Azure, true);
    }

    /// What objects do to each other. Of two manifests of one object, for two
    /// clusters perhaps, the first is looked at.
    fn together(&self, alone: &[Finding], problems: &mut BTreeSet<Problem>) {
        let mut by_subject: BTreeMap<(&Subject, &str), &View<'_>> = BTreeMap::new();
        let mut all: Vec<Source> = Vec::new();
        for view in &self.views {
            for source in &view.sources {
                let key = (&source.subject, source.set_identifier.as_str());
                if let Entry::Vacant(place) = by_subject.entry(key) {
                    place.insert(view);
                    all.push(source.clone());
                }
            }
        }
        let resolution = resolve(
            &all,
            &Observed::default(),
            &self.public_ips,
            &self.scope,
            &Blocked::default(),
        );
        for finding in &resolution.findings {
            let mut views = by_subject.iter();
            let view = views.find(|((subject, _), _)| **subject == finding.subject);
            if let Some((_, view)) = view
                && is_judged(finding)
                && !alone.contains(finding)
            {
                let grade = match finding.reason {
                    Reason::SettingsConflict => Grade::Warning,
                    _ => Grade::Error,
                };
                problems.insert(problem(view, grade, finding));
            }
        }
    }
}

/// Why a value is none that Kubernetes takes, to be said after the annotation's name.
fn no_text(entry: &manifest::Entry) -> Option<String> {
    let value = &entry.value;
    let unquoted = |kind| {
        format!(": {value} is {kind} here, and Kubernetes takes only texts; quote it: \"{value}\"")
    };
    let whole =
        |kind| format!(" is {kind} here, and Kubernetes takes only texts; write it as one text");
    match entry.reads_as {
        ReadsAs::Text | ReadsAs::Null => None,
        ReadsAs::Boolean => Some(unquoted("a truth value")),
        ReadsAs::Number => Some(unquoted("a number")),
        ReadsAs::List => Some(whole("a list")),
        // In braces, as templates are written.
        ReadsAs::Mapping => Some(whole("a mapping") + ", and render a template first"),
    }
}

/// Whether a finding holds whatever is in Azure, and whatever names objects have. What
/// is only true of made-up addresses is not said about the next kind of them.
fn is_judged(finding: &Finding) -> bool {
    let of_azure = matches!(
        finding.reason,
        Reason::ForeignProfile
            | Reason::ProfileMissing
            | Reason::NameUnavailable
            | Reason::LastMember
            | Reason::AzureRefused
            | Reason::LookupFailed
            | Reason::OwnerMismatch
    );
    !of_azure && !sources::mentions_made_up_name(&finding.message)
}

/// A public IP address behind every address, as if somebody had looked.
fn some_public_ips(views: &[View<'_>], scope: &Scope) -> Result<PublicIps, Invalid> {
    let mut ips = Vec::new();
    let addresses = views
        .iter()
        .flat_map(|view| &view.sources)
        .flat_map(|source| &source.addresses);
    for (index, address) in addresses.enumerate() {
        let address: IpAddr = match address {
            Target::V4(address) => (*address).into(),
            Target::V6(address) => (*address).into(),
            Target::Name(_) => continue,
        };
        let subscription = &scope.subscription;
        ips.push(PublicIp {
            id: format!("/subscriptions/{subscription}/resourceGroups/{SOME_GROUP}/providers/Microsoft.Network/publicIPAddresses/{SOME_ADDRESS}{index}").parse()?,
            address: Some(address),
            fqdn: Some(format!("{SOME_ADDRESS}{index}.invalid").parse()?),
        });
    }
    Ok(PublicIps::listed(ips))
}

/// A finding, at the annotation that it is about.
fn problem(view: &View<'_>, grade: Grade, finding: &Finding) -> Problem {
    let key = match finding.annotation {
        Some(name) => Some(name.as_str()),
        // Its message begins with a name, often that of an annotation that is missing.
        None => finding
            .message
            .strip_prefix(OURS)
            .and_then(|rest| rest.split([':', ' ']).next()),
    };
    let entry = key.and_then(|key| view.entry(key));
    let place = match entry {
        Some(entry) => entry.place.clone(),
        None => first_place(view),
    };
    Problem {
        place,
        grade,
        rule: Rule::Finding(finding.reason),
        object: view.object.name.clone(),
        annotation: key.map(|key| format!("{OURS}{key}")),
        message: told(&finding.message),
    }
}

/// The id of a resource when nobody has said where it is.
fn somewhere(resource: &str) -> String {
    format!(
        "/subscriptions/{SOME_SUBSCRIPTION}/resourceGroups/{SOME_GROUP}/providers/Microsoft.Network/{resource}"
    )
}

/// A message without what stands for the unknown in it.
fn told(message: &str) -> String {
    let message = message.replace(&somewhere("trafficManagerProfiles/"), "");
    let address = somewhere(&format!("publicIPAddresses/{SOME_ADDRESS}"));
    let Some((before, after)) = message.split_once(&address) else {
        return message;
    };
    let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}the public IP address of the load balancer{after}")
}

/// Where an object begins to take part.
fn first_place(view: &View<'_>) -> Place {
    let enabled = view.entry(Name::Enabled.as_str());
    let first = enabled.or_else(|| view.entries.first().map(|(_, entry)| entry));
    first.map_or_else(|| view.object.place.clone(), |entry| entry.place.clone())
}
