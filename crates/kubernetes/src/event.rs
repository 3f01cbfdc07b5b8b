//! Events, group `events.k8s.io`, version `v1`.

use std::borrow::Cow;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event as EventObject;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::core::ObjectMeta as Metadata;

use crate::label::digest;
use crate::{NAME, ObjectMeta, ObjectRef};

/// The longest note that an API server takes, in bytes.
const LONGEST_NOTE: usize = 1024;

/// The longest name of an object, in bytes.
const LONGEST_NAME: usize = 253;

/// How Kubernetes shows an Event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// As it should be.
    Normal,
    /// Somebody should look.
    Warning,
}

/// Something that happened to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The object.
    pub regarding: ObjectRef,
    /// What the API server says about it. Without it the Event is written all the same, without the object's uid, and
    /// `kubectl describe` does not show it; `kubectl events` does.
    pub meta: Option<ObjectMeta>,
    /// How it is shown.
    pub severity: Severity,
    /// Why, as one stable word.
    pub reason: Cow<'static, str>,
    /// What was done or tried, as one stable word.
    pub action: Cow<'static, str>,
    /// What happened, and what to do about it. What is beyond 1024 bytes is cut off.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

// === impl Severity ===

impl Severity {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

// === impl Event ===

impl Event {
    /// Where the Event is written: beside its object, and in `default` for an object without a namespace.
    pub fn namespace(&self) -> &str {
        if self.regarding.namespace.is_empty() {
            "default"
        } else {
            &self.regarding.namespace
        }
    }

    /// Its name: the object's, and a hash of what it says. So the same Event has the same name after a restart, and is
    /// counted instead of written again.
    pub fn name(&self) -> String {
        let uid = self.meta.as_ref().map_or("", |meta| meta.uid.as_str());
        let object = self.regarding.to_string();
        let said = [uid, &object, &self.reason, &self.action, &self.note].join("\n");
        let hash = digest(said.as_bytes(), 8);
        let room = LONGEST_NAME - hash.len() - 1;
        let object = cut(&self.regarding.name, room);
        let object = object.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        format!("{object}.{hash}")
    }

    pub(crate) fn to_object(&self, instance: &str) -> EventObject {
        let (api_version, kind) = match &self.meta {
            Some(meta) => (meta.api_version.clone(), meta.kind.clone()),
            None => (
                self.regarding
                    .kind
                    .versions()
                    .next()
                    .map(|resource| resource.api_version)
                    .unwrap_or_default(),
                self.regarding.kind.kind().to_owned(),
            ),
        };
        let namespace = Some(&self.regarding.namespace).filter(|namespace| !namespace.is_empty());
        EventObject {
            metadata: Metadata {
                name: Some(self.name()),
                namespace: Some(self.namespace().to_owned()),
                ..Metadata::default()
            },
            regarding: Some(ObjectReference {
                api_version: Some(api_version),
                kind: Some(kind),
                namespace: namespace.cloned(),
                name: Some(self.regarding.name.clone()),
                uid: self.meta.as_ref().map(|meta| meta.uid.clone()),
                ..ObjectReference::default()
            }),
            type_: Some(self.severity.as_str().to_owned()),
            reason: Some(self.reason.clone().into_owned()),
            action: Some(self.action.clone().into_owned()),
            note: Some(shortened(&self.note)),
            event_time: Some(MicroTime(self.at)),
            reporting_controller: Some(NAME.to_owned()),
            reporting_instance: Some(cut(instance, 128).to_owned()),
            ..EventObject::default()
        }
    }
}

/// The note, or as much of it as an API server takes.
fn shortened(note: &str) -> String {
    const MORE: &str = "…";
    if note.len() <= LONGEST_NOTE {
        return note.to_owned();
    }
    format!("{}{MORE}", cut(note, LONGEST_NOTE - MORE.len()))
}

/// The longest beginning of at most `bytes` bytes.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use insta::assert_json_snapshot;

    use super::*;

    fn event() -> Event {
        Event {
            regarding: ObjectRef::from_resource("ingress/shop/my-app").unwrap(),
            meta: Some(ObjectMeta {
                api_version: "networking.k8s.io/v1".to_owned(),
                kind: "Ingress".to_owned(),
                uid: "5b1f".to_owned(),
            }),
            severity: Severity::Warning,
            reason: "InvalidAnnotation".into(),
            action: "ReadAnnotations".into(),
            note: "weight must be 1 to 1000".to_owned(),
            at: "2026-11-21T10:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn what_is_written() {
        assert_json_snapshot!(event().to_object("pod-7"), @r#"
        {
          "apiVersion": "events.k8s.io/v1",
          "kind": "Event",
          "action": "ReadAnnotations",
          "eventTime": "2026-11-21T10:00:00.000000Z",
          "metadata": {
            "name": "my-app.05084692d1f34e45",
            "namespace": "shop"
          },
          "note": "weight must be 1 to 1000",
          "reason": "InvalidAnnotation",
          "regarding": {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "name": "my-app",
            "namespace": "shop",
            "uid": "5b1f"
          },
          "reportingController": "external-dns-traffic-manager",
          "reportingInstance": "pod-7",
          "type": "Warning"
        }
        "#);
    }

    #[test]
    fn without_an_answer_about_the_object_it_is_named_all_the_same() {
        let event = Event {
            meta: None,
            ..event()
        };
        let regarding = event.to_object("pod-7").regarding.unwrap();
        assert_eq!(
            regarding.api_version.as_deref(),
            Some("networking.k8s.io/v1")
        );
        assert_eq!(regarding.kind.as_deref(), Some("Ingress"));
        assert_eq!(regarding.uid, None);
    }

    #[test]
    fn an_event_about_a_node_is_in_default() {
        let event = Event {
            regarding: ObjectRef::from_resource("node/worker-1").unwrap(),
            meta: None,
            ..event()
        };
        let object = event.to_object("pod-7");
        assert_eq!(object.metadata.namespace.as_deref(), Some("default"));
        assert_eq!(object.regarding.unwrap().namespace, None);
    }

    #[test]
    fn the_name_says_what_is_said_and_not_when() {
        let name = event().name();
        let later = Event {
            at: "2026-11-21T11:00:00Z".parse().unwrap(),
            ..event()
        };
        assert_eq!(later.name(), name);
        let other = Event {
            note: "weight must be a number".to_owned(),
            ..event()
        };
        assert_ne!(other.name(), name);
        let made_again = Event {
            meta: None,
            ..event()
        };
        assert_ne!(made_again.name(), name);
    }

    #[test]
    fn names_and_notes_are_as_long_as_the_api_allows() {
        let mut long = event();
        long.regarding.name = format!("{}-.{}", "a".repeat(235), "b".repeat(16));
        long.note = "ä".repeat(600);
        let object = long.to_object(&"i".repeat(200));
        let name = object.metadata.name.unwrap();
        assert!(name.len() <= 253, "{}", name.len());
        assert!(name.starts_with(&format!("{}.", "a".repeat(235))), "{name}");
        let note = object.note.unwrap();
        assert!(note.len() <= 1024 && note.ends_with("ä…"), "{}", note.len());
        assert_eq!(object.reporting_instance.unwrap().len(), 128);
    }
}
