//! What Events say.

use std::fmt;

use kubernetes::Severity;
use members::annotation::Name;
use members::properties::Properties;
use members::{Finding, MemberKey, Reason, Subject};
use traffic_manager::MonitorStatus;

/// Why there is an Event. The words are stable: people filter by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventReason {
    /// The object has an endpoint now.
    MemberCreated,
    /// Its endpoint, or the profile's settings, were changed as the object asks.
    MemberUpdated,
    /// The object has no endpoint any more.
    MemberDeleted,
    /// Azure's probes find the endpoint unhealthy.
    EndpointDegraded,
    /// They find it healthy again.
    EndpointOnline,
    /// Something is wrong with the object.
    Finding(Reason),
}

/// Something that has happened to the object behind a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// ExternalDNS's `resource` label of the object.
    pub resource: String,
    /// Why.
    pub reason: EventReason,
    /// What, and what to do about it.
    pub note: String,
}

// === impl EventReason ===

impl EventReason {
    /// Every reason.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [
            Self::MemberCreated,
            Self::MemberUpdated,
            Self::MemberDeleted,
            Self::EndpointDegraded,
            Self::EndpointOnline,
        ];
        let findings = Reason::ALL.iter().copied().map(Self::Finding);
        own.into_iter().chain(findings)
    }

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MemberCreated => "MemberCreated",
            Self::MemberUpdated => "MemberUpdated",
            Self::MemberDeleted => "MemberDeleted",
            Self::EndpointDegraded => "EndpointDegraded",
            Self::EndpointOnline => "EndpointOnline",
            Self::Finding(reason) => reason.as_str(),
        }
    }

    /// Whether somebody should look.
    pub const fn severity(self) -> Severity {
        match self {
            Self::MemberCreated
            | Self::MemberUpdated
            | Self::MemberDeleted
            | Self::EndpointOnline => Severity::Normal,
            Self::EndpointDegraded | Self::Finding(_) => Severity::Warning,
        }
    }

    /// What was done or tried, as one stable word.
    pub const fn action(self) -> &'static str {
        match self {
            Self::MemberCreated => "Create",
            Self::MemberUpdated => "Update",
            Self::MemberDeleted => "Delete",
            Self::EndpointDegraded | Self::EndpointOnline => "Probe",
            Self::Finding(_) => "Reconcile",
        }
    }
}

impl fmt::Display for EventReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Happening ===

impl Happening {
    pub(crate) fn finding(finding: &Finding) -> Self {
        Self {
            resource: finding.subject.resource.clone(),
            reason: EventReason::Finding(finding.reason),
            note: format!("{}: {}", finding.subject.host, finding.message),
        }
    }

    /// An endpoint is there that was not.
    pub(crate) fn created(subject: &Subject, key: &MemberKey) -> Self {
        let note = format!(
            "{}: endpoint {} of profile {} is created",
            subject.host, key.endpoint, key.profile.name
        );
        Self::of(subject, EventReason::MemberCreated, note)
    }

    /// An endpoint, or the settings of its profile, are not what they were.
    pub(crate) fn updated(
        subject: &Subject,
        key: &MemberKey,
        before: &Properties,
        after: &Properties,
    ) -> Self {
        let changes: Vec<_> = after
            .differences(before)
            .map(|(name, now, then)| change(name, then, now))
            .collect();
        let mut note = format!(
            "{}: endpoint {} of profile {} is changed",
            subject.host, key.endpoint, key.profile.name
        );
        if !changes.is_empty() {
            note = format!("{note}: {}", changes.join(", "));
        }
        Self::of(subject, EventReason::MemberUpdated, note)
    }

    /// An endpoint is gone.
    pub(crate) fn deleted(subject: &Subject, key: &MemberKey) -> Self {
        let note = format!(
            "{}: endpoint {} of profile {} is deleted, because the object does not ask for it any more",
            subject.host, key.endpoint, key.profile.name
        );
        Self::of(subject, EventReason::MemberDeleted, note)
    }

    /// The health of an endpoint is not what it was. Nothing, when it was not known and is good: every new endpoint
    /// is checked first, and so is every one after a restart.
    pub(crate) fn health(
        subject: &Subject,
        key: &MemberKey,
        from: Option<MonitorStatus>,
        to: MonitorStatus,
    ) -> Option<Self> {
        let what = format!(
            "{}: endpoint {} of profile {} is {}",
            subject.host,
            key.endpoint,
            key.profile.name,
            to.as_str()
        );
        if to.is_trouble() {
            let note = format!(
                "{what}: Azure's probes do not get the answer that the profile's monitor settings ask for, and its users are \
                 led elsewhere; see whether the target answers the monitor's protocol, port and path from outside the \
                 cluster, with the Host header that it is sent"
            );
            Some(Self::of(subject, EventReason::EndpointDegraded, note))
        } else if to == MonitorStatus::Online && from.is_some_and(MonitorStatus::is_trouble) {
            let note = format!("{what} again, and users are led to it");
            Some(Self::of(subject, EventReason::EndpointOnline, note))
        } else {
            None
        }
    }

    fn of(subject: &Subject, reason: EventReason, note: String) -> Self {
        Self {
            resource: subject.resource.clone(),
            reason,
            note,
        }
    }
}

/// One annotation before and after. The headers of probes may hold credentials, so theirs are not shown.
fn change(name: Name, then: Option<&str>, now: Option<&str>) -> String {
    if matches!(name, Name::MonitorHeaders | Name::EndpointHeaders) {
        return name.as_str().to_owned();
    }
    let text = |text: Option<&str>| text.unwrap_or("none").to_owned();
    format!("{} {} → {}", name.as_str(), text(then), text(now))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_word_of_its_own() {
        let words: BTreeSet<_> = EventReason::all().map(EventReason::as_str).collect();
        assert_eq!(words.len(), EventReason::all().count());
        // What Kubernetes takes: CamelCase of at most 128 characters.
        for word in words {
            assert!(word.len() <= 128 && word.chars().all(|c| c.is_ascii_alphabetic()));
        }
    }

    #[test]
    fn changes_name_no_secret() {
        let shown = change(Name::EndpointHeaders, Some("X: a"), Some("X: s3cret"));
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(
            change(Name::Weight, Some("70"), Some("50")),
            "weight 70 → 50"
        );
        assert_eq!(
            change(Name::EndpointLocation, None, Some("East US")),
            "endpoint-location none → East US"
        );
    }
}
