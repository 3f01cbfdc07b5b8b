//! What Azure says about a failure, out of the several forms in which it does.
//!
//! The usual form is `{"error":{"code":…,"message":…,"details":[…]}}`. Older
//! Traffic Manager api-versions leave the wrapper out, some resource providers
//! capitalise the keys or put the only useful sentence into `details`, and a
//! gateway in between answers with HTML. Whatever comes, a person must get
//! something to read.

use serde_json::{Map, Value};

/// Longest message that is kept, in characters.
const MESSAGE_MAX: usize = 1_000;
/// Most of a body that is not JSON that is kept, in characters.
const TEXT_MAX: usize = 200;
/// How deep `details` are followed.
const DEPTH_MAX: usize = 4;
/// Where a violated policy is named, the best name first.
const POLICY_NAMES: [&str; 4] = [
    "policyAssignmentDisplayName",
    "policyDefinitionDisplayName",
    "policyAssignmentName",
    "policyDefinitionName",
];

/// Azure's code and message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    /// Azure's word for the failure, for example `AuthorizationFailed`.
    pub(crate) code: Option<String>,
    /// What there is to read; empty when the body is.
    pub(crate) message: String,
    /// The name of the policy that forbids the request.
    pub(crate) policy: Option<String>,
}

// === impl ErrorBody ===

impl ErrorBody {
    pub(crate) fn parse(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(object)) => Self::of_object(&object),
            _ => Self {
                code: None,
                message: clean(&String::from_utf8_lossy(body), TEXT_MAX),
                policy: None,
            },
        }
    }

    /// The error in an object that either is one or wraps one.
    pub(crate) fn of_object(object: &Map<String, Value>) -> Self {
        let error = ["error", "odata.error"]
            .iter()
            .find_map(|key| lookup(object, key)?.as_object())
            .unwrap_or(object);
        let mut sentences = Vec::new();
        collect(error, 0, &mut sentences);
        Self {
            code: lookup(error, "code")
                .and_then(text)
                .map(|code| clean(&code, TEXT_MAX)),
            message: clean(&sentences.join(" "), MESSAGE_MAX),
            policy: policy(error).map(|name| clean(&name, TEXT_MAX)),
        }
    }
}

/// The messages of an error and of its details, each once.
fn collect(error: &Map<String, Value>, depth: usize, sentences: &mut Vec<String>) {
    if let Some(message) = lookup(error, "message").and_then(text)
        && !sentences.iter().any(|known| known.contains(&message))
    {
        sentences.push(message);
    }
    if depth < DEPTH_MAX
        && let Some(Value::Array(details)) = lookup(error, "details")
    {
        for detail in details.iter().filter_map(Value::as_object) {
            collect(detail, depth + 1, sentences);
        }
    }
}

/// The policy in `additionalInfo`, by the name that people gave it.
fn policy(error: &Map<String, Value>) -> Option<String> {
    let Some(Value::Array(infos)) = lookup(error, "additionalInfo") else {
        return None;
    };
    let infos = infos.iter().filter_map(|info| {
        let info = lookup(info.as_object()?, "info")?;
        info.as_object()
    });
    infos
        .flat_map(|info| POLICY_NAMES.iter().map(move |name| lookup(info, name)))
        .find_map(|name| text(name?))
}

fn lookup<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| {
        object
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value)
    })
}

/// A non-empty text; the `OData` convention wraps its messages as `{"lang":…,"value":…}`.
fn text(value: &Value) -> Option<String> {
    let text = value
        .as_str()
        .or_else(|| value.as_object()?.get("value")?.as_str())?
        .trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// One line without control characters, cut at a length.
fn clean(text: &str, max: usize) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::usual(
        r#"{"error":{"code":"ResourceNotFound","message":"Resource not found."}}"#,
        Some("ResourceNotFound"),
        "Resource not found."
    )]
    #[case::without_wrapper(
        r#"{"code":"NotFound","message":"The endpoint 'e' of type 'externalendpoints' does not exist in the profile 'p'."}"#,
        Some("NotFound"),
        "The endpoint 'e' of type 'externalendpoints' does not exist in the profile 'p'."
    )]
    #[case::capitals(
        r#"{"Code":"Conflict","Message":"Taken."}"#,
        Some("Conflict"),
        "Taken."
    )]
    #[case::odata(
        r#"{"odata.error":{"code":"X","message":{"lang":"en","value":"Why."}}}"#,
        Some("X"),
        "Why."
    )]
    #[case::details(
        r#"{"error":{"code":"InternalServerError","message":"Failed.","details":[{"message":"Because of this."},{"message":"Failed."},{"details":[{"message":"Deep."}]}]}}"#,
        Some("InternalServerError"),
        "Failed. Because of this. Deep."
    )]
    #[case::lines(
        "{\"error\":{\"code\":\"X\",\"message\":\"one\\r\\n two\\u0007\"}}",
        Some("X"),
        "one two"
    )]
    #[case::nulls(r#"{"error":{"code":null,"message":null}}"#, None, "")]
    #[case::other_object(r#"{"answer":42}"#, None, "")]
    #[case::array("[1]", None, "[1]")]
    #[case::html(
        "<html>\n<h1>502 Bad Gateway</h1></html>",
        None,
        "<html> <h1>502 Bad Gateway</h1></html>"
    )]
    #[case::empty("", None, "")]
    fn bodies(#[case] body: &str, #[case] code: Option<&str>, #[case] message: &str) {
        let parsed = ErrorBody::parse(body.as_bytes());
        assert_eq!(parsed.code.as_deref(), code);
        assert_eq!(parsed.message, message);
    }

    #[test]
    fn a_policy_is_named_apart() {
        let body = r#"{"error":{"code":"RequestDisallowedByPolicy","message":"No.","additionalInfo":[{"type":"PolicyViolation","info":{"policyDefinitionName":"d","policyAssignmentDisplayName":"Require a tag"}}]}}"#;
        let parsed = ErrorBody::parse(body.as_bytes());
        assert_eq!(parsed.policy.as_deref(), Some("Require a tag"));
    }

    #[test]
    fn long_bodies_are_cut() {
        let parsed = ErrorBody::parse("ä".repeat(5_000).as_bytes());
        assert_eq!(parsed.message.chars().count(), TEXT_MAX + 1);
    }

    proptest! {
        /// Whatever comes, what is kept is one short line.
        #[test]
        fn anything_becomes_one_line(
            key in "error|code|message|details|MESSAGE|x",
            text in any::<String>(),
            bytes in any::<Vec<u8>>(),
        ) {
            let object = serde_json::json!({ "error": { "code": text, key: [{ "message": text }] } });
            for body in [bytes, object.to_string().into_bytes(), text.into_bytes()] {
                let parsed = ErrorBody::parse(&body);
                let code = parsed.code.unwrap_or_default();
                prop_assert!(parsed.message.chars().count() <= MESSAGE_MAX + 1);
                prop_assert!(code.chars().count() <= TEXT_MAX + 1);
                prop_assert!(!parsed.message.chars().chain(code.chars()).any(char::is_control));
            }
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_survived() {
        assert!(!ErrorBody::parse(&[0xff, 0x00, 0x80]).message.is_empty());
    }
}
