//! The calls of the webhook protocol, and which request is which.

use std::fmt;

use axum::http::Method;

/// A call that ExternalDNS makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// `GET /`: media type and domain filter, once when ExternalDNS starts.
    Negotiate,
    /// `GET /records`: what this owner has.
    Records,
    /// `POST /adjustendpoints`: the canonical form of what the sources want.
    Adjust,
    /// `POST /records`: carry out a plan.
    Apply,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// A call of the protocol.
    Call(Call),
    /// A path of the protocol with another method. ExternalDNS never sends it, but the path is its own, so
    /// the answer is one that it would survive.
    WrongMethod,
    /// Another path: a person, or a probe that was pointed at the wrong port. Also an ExternalDNS whose
    /// `--webhook-provider-url` has a path; it learns so at start, from its negotiation.
    Unknown,
}

impl Call {
    /// Every call, in the order in which ExternalDNS makes them.
    pub const ALL: &[Self] = &[Self::Negotiate, Self::Records, Self::Adjust, Self::Apply];

    /// The word for the `call` label of metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Negotiate => "negotiate",
            Self::Records => "records",
            Self::Adjust => "adjust",
            Self::Apply => "apply",
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Route {
    /// What the method and the path ask for. Empty segments do not count: a base URL that ends in a slash
    /// leads to `//records` in some clients.
    pub fn of(method: &Method, path: &str) -> Self {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (get, post) = match (segments.next(), segments.next()) {
            (None, _) => (Some(Call::Negotiate), None),
            (Some("records"), None) => (Some(Call::Records), Some(Call::Apply)),
            (Some("adjustendpoints"), None) => (None, Some(Call::Adjust)),
            _ => return Self::Unknown,
        };
        let call = match *method {
            Method::GET => get,
            Method::POST => post,
            _ => None,
        };
        call.map_or(Self::WrongMethod, Self::Call)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use rstest::rstest;

    use super::{Call, Route};

    #[rstest]
    #[case(Method::GET, "/", Route::Call(Call::Negotiate))]
    #[case(Method::GET, "", Route::Call(Call::Negotiate))]
    #[case(Method::GET, "//", Route::Call(Call::Negotiate))]
    #[case(Method::GET, "/records", Route::Call(Call::Records))]
    #[case(Method::GET, "//records/", Route::Call(Call::Records))]
    #[case(Method::POST, "/records", Route::Call(Call::Apply))]
    #[case(Method::POST, "/adjustendpoints", Route::Call(Call::Adjust))]
    #[case(Method::GET, "/adjustendpoints", Route::WrongMethod)]
    #[case(Method::POST, "/", Route::WrongMethod)]
    #[case(Method::DELETE, "/records", Route::WrongMethod)]
    #[case(Method::GET, "/healthz", Route::Unknown)]
    #[case(Method::GET, "/records/more", Route::Unknown)]
    #[case(Method::GET, "/Records", Route::Unknown)]
    fn requests_are_told_apart(#[case] method: Method, #[case] path: &str, #[case] route: Route) {
        assert_eq!(Route::of(&method, path), route);
    }
}
