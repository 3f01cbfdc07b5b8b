//! How long tokens last, by a clock that the test turns, and what arbitrary requests get.

use jiff::ToSpan as _;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const BASE: &str = "https://emulator";

fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn guarded(lifetime: Duration) -> Authority {
    let settings = Settings {
        require_token: true,
        token_lifetime: lifetime,
        clients: Vec::new(),
    };
    Authority::new(settings, 7)
}

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    fields.iter().map(owned).collect()
}

fn ask(authority: &mut Authority, now: Timestamp, form: &[(String, String)]) -> Response {
    let request = TokenRequest {
        tenant: "tenant",
        base: BASE,
        form,
        correlation: None,
    };
    authority.token(now, &request)
}

/// The header with a new token.
fn bearer(authority: &mut Authority, now: Timestamp) -> String {
    let form = pairs(&[
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("client_secret", "x"),
        ("scope", "https://management.azure.com/.default"),
    ]);
    let token = ask(authority, now, &form).value()["access_token"].clone();
    format!("Bearer {}", token.as_str().unwrap_or_default())
}

/// The code and the message of the refusal; nothing when there is none.
fn refusal(authority: &Authority, now: Timestamp, header: &str) -> Option<(String, String)> {
    let body = authority.refuse(now, Some(header), BASE)?.value();
    let text = |key: &str| body["error"][key].as_str().unwrap_or_default().to_owned();
    Some((text("code"), text("message")))
}

#[test]
fn a_token_is_good_for_its_lifetime_and_remembered_for_a_day() {
    let mut authority = guarded(Duration::from_mins(10));
    let header = bearer(&mut authority, start());
    let after = |seconds: i64| start() + seconds.seconds();
    assert_eq!(refusal(&authority, after(0), &header), None);
    assert_eq!(refusal(&authority, after(599), &header), None);
    let (code, message) = refusal(&authority, after(600), &header).unwrap_or_default();
    assert_eq!(code, "ExpiredAuthenticationToken");
    assert_eq!(
        message,
        "The access token expiry UTC time '1/15/2027 8:10:00 AM' is earlier than current UTC time '1/15/2027 8:10:00 AM'."
    );
    // What has expired is forgotten when others are issued.
    let day_later = after(600 + 24 * 3600);
    bearer(&mut authority, day_later);
    let (code, _) = refusal(&authority, day_later, &header).unwrap_or_default();
    assert_eq!(code, "InvalidAuthenticationToken");
}

#[test]
fn a_revocation_is_for_what_was_issued_before() {
    let mut authority = guarded(Duration::from_hours(1));
    let old = bearer(&mut authority, start());
    assert_eq!(authority.revoke_all(start()), 1);
    assert_eq!(authority.revoke_all(start()), 0, "already revoked");
    let new = bearer(&mut authority, start());
    assert!(refusal(&authority, start(), &old).is_some());
    assert_eq!(refusal(&authority, start(), &new), None);
    let shown: Vec<_> = authority.issued(start()).into_iter().collect();
    assert_eq!(
        shown.iter().map(|token| token.is_good).collect::<Vec<_>>(),
        [false, true]
    );
}

#[test]
fn the_same_seed_gives_the_same_tokens_and_no_two_are_alike() {
    let [mut one, mut other] = [(); 2].map(|()| guarded(Duration::from_hours(1)));
    let first = bearer(&mut one, start());
    assert_eq!(first, bearer(&mut other, start()));
    assert_ne!(first, bearer(&mut one, start()));
}

/// A text that is often close to what is asked for.
fn text(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(of).prop_map(str::to_owned),
        "[ -~]{0,40}",
        ".{0,12}",
    ]
}

prop_compose! {
    fn form()(
        grant in text(&["client_credentials", "password"]),
        client in text(&["app", ""]),
        scope in text(&["https://management.azure.com/.default", "/.default", "openid"]),
        secret in proptest::option::of(text(&["right", "wrong"])),
        assertion in proptest::option::of(text(&["e30.e30.c2ln", "e30.e30.", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjFlMzA4fQ.c2ln"])),
        kind in text(&["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]),
        claims in proptest::option::of(text(&["{}", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#])),
    ) -> Vec<(String, String)> {
        let mut form = pairs(&[
            ("grant_type", grant.as_str()),
            ("client_id", client.as_str()),
            ("scope", scope.as_str()),
            ("client_assertion_type", kind.as_str()),
        ]);
        for (name, value) in [("client_secret", secret), ("client_assertion", assertion), ("claims", claims)] {
            form.extend(value.map(|value| (name.to_owned(), value)));
        }
        form
    }
}

proptest! {
    /// Whatever is asked, the answer is a token that opens the door, or an error with a number and nothing issued.
    #[test]
    fn every_answer_is_a_token_that_is_good_or_an_error(form in form(), registered: bool) {
        let mut authority = guarded(Duration::from_hours(1));
        if registered {
            authority.settings.clients.extend("app:right".parse());
        }
        let response = ask(&mut authority, start(), &form);
        let body = response.value();
        let issued = authority.issued(start()).len();
        if response.status.is_success() {
            prop_assert_eq!(issued, 1);
            let header = format!("bearer {}", body["access_token"].as_str().unwrap_or_default());
            prop_assert_eq!(refusal(&authority, start(), &header), None);
        } else {
            prop_assert!([400, 401].contains(&response.status.as_u16()));
            prop_assert_eq!(issued, 0);
            let number = body["error_codes"][0].as_u64().unwrap_or_default();
            let description = body["error_description"].as_str().unwrap_or_default();
            prop_assert!(description.starts_with(&format!("AADSTS{number}: ")), "{body}");
            prop_assert!(body["error"].is_string());
        }
    }

    /// What was not issued opens nothing, however it is made up.
    #[test]
    fn what_was_not_issued_opens_nothing(header in text(&["Bearer ", "Bearer x", "bearer e30.e30."])) {
        let mut authority = guarded(Duration::from_hours(1));
        let good = bearer(&mut authority, start());
        prop_assume!(header != good);
        let response = authority.refuse(start(), Some(&header), BASE);
        let challenge = response.as_ref().and_then(|response| {
            response.headers.iter().find(|(name, _)| *name == "www-authenticate")
        });
        prop_assert!(challenge.is_some_and(|(_, value)| value.starts_with("Bearer ")));
        prop_assert_ne!(response.map(|response| response.value()), Some(Value::Null));
    }
}
