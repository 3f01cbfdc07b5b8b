//! How things stand with an object, and what to do.

use jiff::Timestamp;
use members::annotation::Name;
use members::observe::OwnMember;
use members::want::Want;

use crate::explain::{Explained, Verdict, Written};

/// In one word and one sentence.
pub(super) fn judge(
    object: &Explained,
    want: &Want,
    filtered: bool,
    listed: Option<Timestamp>,
) -> (Verdict, String) {
    let say = |verdict, text: &str| (verdict, text.to_owned());
    if *want == Want::Nothing {
        let given = |name: Name| {
            let mut given = object.annotations.iter();
            given.any(|given| given.name == name.as_str())
        };
        return if given(Name::Enabled) {
            say(
                Verdict::LeftAlone,
                "the object says that it does not take part; set the annotation webhook-traffic-manager-enabled to \"true\" if it should",
            )
        } else {
            say(
                Verdict::LeftAlone,
                "the object does not ask to take part; give it the annotation webhook-traffic-manager-enabled: \"true\"",
            )
        };
    }
    if filtered {
        return say(
            Verdict::Trouble,
            "this webhook's domain filter leaves the host out, so ExternalDNS drops the record: see --domain-filter and --exclude-domain-filter",
        );
    }
    let written = object.last_write.as_ref();
    let failed = written.is_some_and(|written| !written.failures.is_empty());
    let is_newer = |written: &Written| listed.is_some_and(|listed| listed < written.at);
    let Some(decided) = &object.decided else {
        return say(
            Verdict::Trouble,
            "nothing is made of it; mend what is said below, and the next loop creates it",
        );
    };
    let endpoint = object
        .azure
        .as_ref()
        .and_then(|held| held.endpoint.as_ref());
    let claimed = object.azure.as_ref().and_then(|held| held.claim.as_ref());
    let in_azure = endpoint.is_some() && claimed.is_some();
    let same = decided
        .settings
        .iter()
        .all(|decision| decision.held.is_none());
    if !object.findings.is_empty() {
        return if in_azure {
            say(
                Verdict::Trouble,
                "not everything is as the object asks for: what is said below stays as it is until that is mended; the endpoint is there",
            )
        } else {
            say(
                Verdict::Trouble,
                "it is not there as the object asks for: see below",
            )
        };
    }
    let Some(endpoint) = endpoint.filter(|_| in_azure && same) else {
        return if failed {
            say(
                Verdict::Trouble,
                "Azure did not take the last write: see below what it said; the next loop tries again",
            )
        } else if written.is_some_and(is_newer) {
            say(
                Verdict::Pending,
                "it was written after Azure was last listed: the next loop sees what is there",
            )
        } else {
            say(
                Verdict::Pending,
                "Azure is not yet as decided: the next loop writes it, unless ExternalDNS's --policy forbids it or --dry-run is set",
            )
        };
    };
    match endpoint.health.as_deref() {
        Some("Degraded") => say(
            Verdict::Trouble,
            "it is as the object asks for, and Azure's probes find it Degraded: see whether the application answers them (monitor-protocol, monitor-port, monitor-path, monitor-host, monitor-expected-status-codes)",
        ),
        Some("Stopped") => say(
            Verdict::Trouble,
            "it is as the object asks for, and the resource or profile behind it is switched off",
        ),
        _ if endpoint.status == "Disabled" => say(
            Verdict::InPlace,
            "it is as the object asks for: disabled, so users are not sent there",
        ),
        _ => say(Verdict::InPlace, "it is as the object asks for"),
    }
}

/// A member that no object asks for.
pub(super) fn left_over(member: &OwnMember<'_>) -> (Verdict, String) {
    let summary = if member.is_leaving() {
        "its object is gone, or does not take part any more: the endpoint is kept, disabled, until --delete-grace is over"
    } else {
        "no object asks for it any more, and the endpoint is still there: the next loop deletes it, unless a brake holds it (see held deletions in /readyz, --max-deletions and --keep-last-member) or ExternalDNS's --policy forbids it"
    };
    (Verdict::Pending, summary.to_owned())
}

/// What DNS adds: a vanity host that leads nowhere, although all else is well.
pub(super) fn hear(object: &mut Explained) {
    let (Verdict::InPlace, Some(decided)) = (object.verdict, &object.decided) else {
        return;
    };
    let mut settings = decided.settings.iter();
    let vanity = settings.find(|decision| decision.name == Name::Hostname.as_str());
    let mut answers = object.dns.iter();
    let answer = answers.find(|answer| vanity.is_some_and(|vanity| vanity.value == answer.name));
    let leads_nowhere = answer.filter(|answer| {
        answer.error.is_none() && answer.alias.is_none() && answer.addresses.is_empty()
    });
    if let Some(answer) = leads_nowhere {
        object.verdict = Verdict::Trouble;
        object.summary = format!(
            "it is as the object asks for, and nothing leads users to it: DNS knows no {}; let its record be made with --vanity or webhook-traffic-manager-vanity, or make it a CNAME of {}; --resolver names the server that is asked",
            answer.name, decided.profile_host
        );
    }
}
