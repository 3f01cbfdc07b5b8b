//! What a question is about.

use std::collections::BTreeSet;

use external_dns::{DomainFilter, Endpoint};
use members::Subject;
use members::annotation::Name;
use members::want::Source;

use crate::explain::Question;

/// How many names are suggested.
const NEAREST: usize = 3;
/// How like a name has to be to be suggested, and how much less than the likest.
const LIKENESS: f64 = 0.7;
const LESS: f64 = 0.1;
/// Whether it is about this object: its own host or name, its vanity host, or its profile.
pub(super) fn is_meant(question: &Question, source: &Source, records: &[Endpoint]) -> bool {
    if asks_for(question, &source.subject) {
        return true;
    }
    let Question::Host(host) = question else {
        return false;
    };
    let host = canonical(host);
    let vanity = source.annotations.get(Name::Hostname).map(canonical);
    let is_profile = || {
        let own = records.iter().filter(|record| {
            record.dns_name == source.subject.host
                && record.resource().unwrap_or_default() == source.subject.resource
        });
        own.flat_map(|record| &record.targets)
            .any(|target| canonical(target) == host)
    };
    vanity.as_ref() == Some(&host) || is_profile()
}

/// Whether it is about this object, by its own host or name.
pub(super) fn asks_for(question: &Question, subject: &Subject) -> bool {
    match question {
        Question::Host(host) => canonical(host) == subject.host,
        Question::Object(object) => {
            let object = object.trim().to_ascii_lowercase();
            // With the namespace first it is the same one.
            let turned = {
                let mut parts: Vec<_> = object.split('/').collect();
                if parts.len() == 3 {
                    parts.swap(0, 1);
                }
                parts.join("/")
            };
            let resource = subject.resource.to_ascii_lowercase();
            !resource.is_empty() && (resource == object || resource == turned)
        }
    }
}

fn canonical(host: &str) -> String {
    host.trim().trim_end_matches('.').to_ascii_lowercase()
}

/// What may help when nothing is known.
pub(super) fn hints(
    question: &Question,
    sources: &[Source],
    has_asked: bool,
    filter: &DomainFilter,
) -> Vec<String> {
    let mut hints = Vec::new();
    if !has_asked {
        hints.push("ExternalDNS has not said what its objects want since this webhook started: see whether it runs, and its log; it asks only when Azure can be listed".to_owned());
        return hints;
    }
    if let Question::Host(host) = question
        && !filter.matches(host)
    {
        hints.push("this webhook's domain filter leaves the host out: see --domain-filter and --exclude-domain-filter".to_owned());
    }
    let text = question.as_str();
    let names = sources.iter().map(|source| match question {
        Question::Host(_) => source.subject.host.as_str(),
        Question::Object(_) => source.subject.resource.as_str(),
    });
    let names: BTreeSet<_> = names.collect();
    let mut like: Vec<_> = names
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(name, text), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .collect();
    like.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    let best = like.first().map_or(1.0, |(likeness, _)| *likeness);
    like.retain(|(likeness, _)| *likeness > best - LESS);
    let like: Vec<_> = like.iter().take(NEAREST).map(|(_, name)| *name).collect();
    if !like.is_empty() {
        hints.push(format!("known, and much like it: {}", like.join(", ")));
    }
    hints.push("ExternalDNS sends no A, AAAA or CNAME record of it: see whether the object exists in this cluster, has the annotation external-dns.alpha.kubernetes.io/hostname or a host of its own, has got its load balancer, and is among ExternalDNS's --source, --namespace and filters".to_owned());
    hints
}
