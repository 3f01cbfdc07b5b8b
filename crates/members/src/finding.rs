//! Findings: what is wrong with an object, said so that its owner can act.

use std::borrow::Cow;
use std::fmt;

use traffic_manager::Header;

use crate::annotation::Name;

/// The object that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// ExternalDNS's `resource` label, such as `service/default/my-app`; empty
    /// when the source sends none.
    pub resource: String,
    /// The host of the record.
    pub host: String,
}

/// Why an object does not have, or not fully have, what it asks for. The words
/// are stable: they are metric labels and the reasons of Kubernetes Events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// An annotation's value is wrong, or annotations contradict each other.
    InvalidAnnotation,
    /// A `traffic-manager-*` annotation that does not exist.
    UnknownAnnotation,
    /// Two objects of this cluster describe the same endpoint.
    DuplicateMember,
    /// The endpoint's name, target, priority, codes or ranges belong to an
    /// endpoint of somebody else.
    EndpointConflict,
    /// The profile's settings are decided by another object or another owner.
    SettingsConflict,
    /// The profile exists and is not managed by this system.
    ForeignProfile,
    /// The object joins a profile that does not exist.
    ProfileMissing,
    /// The DNS name is taken by a profile of somebody else.
    NameUnavailable,
    /// The last enabled endpoint of a profile is kept against the object's wish.
    LastMember,
    /// Azure refused what was asked.
    AzureRefused,
    /// The vanity host leads, or is to lead, somewhere else.
    VanityConflict,
    /// The vanity host's record cannot be made, or its end cannot be seen.
    VanityFailed,
    /// What the object leaves to be looked up in Azure could not be.
    LookupFailed,
    /// The record carries another owner than this webhook is configured with.
    OwnerMismatch,
}

/// One thing that is wrong with one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// The kind of trouble.
    pub reason: Reason,
    /// The object.
    pub subject: Subject,
    /// The annotation to look at, when there is one.
    pub annotation: Option<Name>,
    /// What is wrong and what would be right, as one sentence without the object.
    pub message: String,
}

// === impl Reason ===

impl Reason {
    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::InvalidAnnotation,
        Self::UnknownAnnotation,
        Self::DuplicateMember,
        Self::EndpointConflict,
        Self::SettingsConflict,
        Self::ForeignProfile,
        Self::ProfileMissing,
        Self::NameUnavailable,
        Self::LastMember,
        Self::AzureRefused,
        Self::VanityConflict,
        Self::VanityFailed,
        Self::LookupFailed,
        Self::OwnerMismatch,
    ];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidAnnotation => "InvalidAnnotation",
            Self::UnknownAnnotation => "UnknownAnnotation",
            Self::DuplicateMember => "DuplicateMember",
            Self::EndpointConflict => "EndpointConflict",
            Self::SettingsConflict => "SettingsConflict",
            Self::ForeignProfile => "ForeignProfile",
            Self::ProfileMissing => "ProfileMissing",
            Self::NameUnavailable => "NameUnavailable",
            Self::LastMember => "LastMember",
            Self::AzureRefused => "AzureRefused",
            Self::VanityConflict => "VanityConflict",
            Self::VanityFailed => "VanityFailed",
            Self::LookupFailed => "LookupFailed",
            Self::OwnerMismatch => "OwnerMismatch",
        }
    }

    /// Whether it is a dispute between objects or owners, as opposed to a
    /// mistake in one object.
    pub const fn is_conflict(self) -> bool {
        matches!(
            self,
            Self::DuplicateMember
                | Self::EndpointConflict
                | Self::SettingsConflict
                | Self::ForeignProfile
                | Self::NameUnavailable
                | Self::VanityConflict
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Subject ===

impl Subject {
    /// Whether this may be the other one with another host, or the other one made
    /// again under another name.
    pub fn resembles(&self, other: &Self) -> bool {
        let same_object = !self.resource.is_empty() && self.resource == other.resource;
        same_object || self.host == other.host
    }
}

// === impl Finding ===

impl Finding {
    /// A finding about the object as a whole.
    pub fn new(reason: Reason, subject: &Subject, message: impl Into<String>) -> Self {
        Self {
            reason,
            subject: subject.clone(),
            annotation: None,
            message: message.into(),
        }
    }

    /// A finding about the value of one annotation.
    pub fn annotation(
        reason: Reason,
        subject: &Subject,
        name: Name,
        value: &str,
        requirement: &str,
    ) -> Self {
        Self {
            reason,
            subject: subject.clone(),
            annotation: Some(name),
            message: format!(
                "{name}: {:?} is not valid: {requirement}",
                shown(name, value)
            ),
        }
    }

    /// A finding about a value that is used all the same.
    pub fn doubt(subject: &Subject, name: Name, value: &str, doubt: &str) -> Self {
        Self {
            reason: Reason::InvalidAnnotation,
            subject: subject.clone(),
            annotation: Some(name),
            message: format!("{name}: {:?} may be wrong: {doubt}", shown(name, value)),
        }
    }

    /// A finding about an annotation name that does not exist.
    pub fn unknown_annotation(subject: &Subject, text: &str) -> Self {
        let hint = match Name::nearest(text) {
            Some(name) => format!("did you mean {name}?"),
            None => "see the list of annotations in the documentation".to_owned(),
        };
        Self::new(
            Reason::UnknownAnnotation,
            subject,
            format!("webhook-traffic-manager-{text}: there is no such annotation; {hint}"),
        )
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.resource.is_empty() {
            write!(f, "record {}", self.host)
        } else {
            write!(f, "{} ({})", self.resource, self.host)
        }
    }
}

/// An annotation's value as messages may show it. Messages go to logs, and the
/// headers of probes may hold credentials: of them only the names are shown.
pub fn shown(name: Name, value: &str) -> Cow<'_, str> {
    const HIDDEN: &str = "…";
    if !matches!(name, Name::MonitorHeaders | Name::EndpointHeaders) {
        return Cow::Borrowed(value);
    }
    let mut escaped = false;
    let ends = |c: char| {
        let ends = c == '\n' || (c == ';' && !escaped);
        escaped = c == '\\' && !escaped;
        ends
    };
    let headers = value.split(ends).map(str::trim);
    let shown =
        headers
            .filter(|header| !header.is_empty())
            .map(|header| match header.split_once(':') {
                Some((name, _)) if Header::new(name, "any").is_ok() => format!("{name}: {HIDDEN}"),
                // Maybe the rest of a value with a semicolon in it.
                _ => HIDDEN.to_owned(),
            });
    Cow::Owned(shown.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Authorization: Bearer s3cret; Host: *.x", "Authorization: …; Host: …")]
    #[case("Cookie: a; session=s3cret\nX-A: s3cret", "Cookie: …; …; X-A: …")]
    #[case(r"X: a\;B: s3cret; Y: a\\;Z: s3cret", "X: …; Y: …; Z: …")]
    #[case("s3cret", "…")]
    #[case(r#"[{"name":"X","value":"s3cret"}]"#, "…")]
    #[case("", "")]
    fn values_of_headers_are_not_shown(#[case] value: &str, #[case] expected: &str) {
        let subject = Subject {
            resource: String::new(),
            host: "a.example.com".to_owned(),
        };
        for name in [Name::MonitorHeaders, Name::EndpointHeaders] {
            assert_eq!(shown(name, value), expected);
            let invalid =
                Finding::annotation(Reason::InvalidAnnotation, &subject, name, value, "why");
            let doubt = Finding::doubt(&subject, name, value, "why");
            for finding in [invalid, doubt] {
                assert!(!finding.message.contains("s3cret"), "{finding}");
            }
        }
        assert_eq!(shown(Name::Target, value), value);
    }
}
