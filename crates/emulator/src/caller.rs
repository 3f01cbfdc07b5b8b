//! Who calls, as far as counters care.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// Claims that name the identity behind an access token, the surest first.
const CLAIMS: [&str; 3] = ["oid", "appid", "sub"];

/// The identity in an `Authorization` header; `None` when there is none to be read. Tokens change every hour and the
/// identity behind them does not, so it is what requests are counted by. Whether the token is genuine is not looked at.
pub(crate) fn of_authorization(header: &str) -> Option<String> {
    let (scheme, token) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let payload = token.trim().split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    CLAIMS
        .iter()
        .find_map(|claim| claims.get(claim)?.as_str())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn token(claims: &str) -> String {
        format!("Bearer e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[rstest]
    #[case(token(r#"{"sub":"s","oid":"o"}"#), Some("o"))]
    #[case(token(r#"{"appid":"a"}"#), Some("a"))]
    #[case(token(r#"{"oid":7}"#), None)]
    #[case(token("[]"), None)]
    #[case("Bearer opaque".to_owned(), None)]
    #[case("Bearer e30.%%%.c2ln".to_owned(), None)]
    #[case("Basic e30.e30.e30".to_owned(), None)]
    #[case(String::new(), None)]
    fn identities(#[case] header: String, #[case] expected: Option<&str>) {
        assert_eq!(of_authorization(&header).as_deref(), expected);
    }
}
