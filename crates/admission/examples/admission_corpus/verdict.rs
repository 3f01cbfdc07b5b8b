//! What the parser and `validate` say about an object.

use std::collections::BTreeSet;

use admission::policy::Given;
use admission::{Grade, Input, Known, check};
use members::annotation::{Annotations, PROPERTY_PREFIX};
use members::resolve::{Blocked, resolve};
use members::want::{Brakes, Source};
use members::{Finding, Observed, PublicIps, Scope, Subject, VanityMode};
use traffic_manager::{ApiVersion, Invalid, PublicIp};

use crate::corpus::{ADDRESS, Case, HOST};

/// What the load balancer's address is in Azure.
const IP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/publicIPAddresses/my-ip";

/// What the parser says.
pub(crate) struct Said {
    pub(crate) mistakes: BTreeSet<(Option<String>, String)>,
    pub(crate) warnings: BTreeSet<(Option<String>, String)>,
}

/// A webhook that allows whatever can be allowed.
fn scope(given: &Given) -> Result<Scope, Invalid> {
    let named = given.get(&members::annotation::Name::SubscriptionId);
    let named = named.and_then(|text| text.parse().ok());
    Ok(Scope {
        owner: "this-cluster".parse()?,
        subscription: "00000000-0000-0000-0000-000000000000".parse()?,
        resource_groups: Vec::new(),
        other_subscriptions: named.map(|named| (named, Vec::new())).into_iter().collect(),
        dns_suffix: "trafficmanager.net".to_owned(),
        brakes: Brakes::default(),
        vanity: VanityMode::None,
        api_version: ApiVersion::V2026_09_01,
        private_targets: false,
    })
}

/// The parser's verdict: what `serve` would find in an empty Azure.
pub(crate) fn parser(case: &Case) -> Result<Said, Invalid> {
    let scope = scope(&case.given)?;
    let group = members::annotation::Name::ResourceGroup;
    let mut properties: Vec<(String, &str)> = case
        .given
        .iter()
        .map(|(name, value)| {
            (
                format!("{PROPERTY_PREFIX}{}", name.as_str()),
                value.as_str(),
            )
        })
        .collect();
    if !case.given.contains_key(&group) {
        properties.push((format!("{PROPERTY_PREFIX}{}", group.as_str()), "my-rg"));
    }
    for name in &case.unknown {
        properties.push((format!("{PROPERTY_PREFIX}{name}"), "1"));
    }
    let source = Source {
        subject: Subject {
            resource: format!("{}/default/sample", case.kind.word.to_lowercase()),
            host: HOST.to_owned(),
        },
        set_identifier: String::new(),
        ttl: None,
        addresses: ADDRESS.parse().into_iter().collect(),
        annotations: Annotations::from_properties(
            properties
                .iter()
                .map(|(name, value)| (name.as_str(), *value)),
        ),
    };
    let ips = PublicIps::listed([PublicIp {
        id: IP.parse()?,
        address: ADDRESS.parse().ok(),
        fqdn: "my-ip.example.com".parse().ok(),
    }]);
    let warnings = source.judge(&scope, &ips).warnings;
    let found = resolve(
        &[source],
        &Observed::default(),
        &ips,
        &scope,
        &Blocked::default(),
    );
    // What depends on Azure: a profile that is joined, or nested, is not there.
    let of_azure = |finding: &Finding| finding.reason == members::Reason::ProfileMissing;
    let mistakes = found.findings.into_iter();
    let mistakes = mistakes.filter(|finding| !of_azure(finding) && !warnings.contains(finding));
    let id = members::annotation::Name::TargetResourceId;
    let is_looked_up = case.given.get(&id).is_none_or(String::is_empty);
    let text = |finding: Finding| {
        let annotation = finding.annotation.map(|name| name.to_string());
        // `validate` does not know the resource and says so.
        let known = finding
            .message
            .replace(IP, "the public IP address of the load balancer");
        let message = match finding.annotation {
            Some(members::annotation::Name::RecordType) if is_looked_up => known,
            _ => finding.message,
        };
        (annotation, message)
    };
    Ok(Said {
        mistakes: mistakes.map(text).collect(),
        warnings: warnings.iter().cloned().map(text).collect(),
    })
}

/// What `validate` says: messages of mistakes and of warnings.
pub(crate) fn validate(case: &Case) -> Result<(BTreeSet<String>, BTreeSet<String>), Invalid> {
    let text = case.object().to_string();
    let input = Input {
        name: "object",
        text: &text,
    };
    let report = check(&[input], &Known::default())?;
    let of = |grade| {
        let problems = report.problems.iter();
        let problems = problems.filter(|problem| problem.grade == grade);
        problems.map(|problem| problem.message.clone()).collect()
    };
    Ok((of(Grade::Error), of(Grade::Warning)))
}
