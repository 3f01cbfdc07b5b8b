//! The law of the edge: whatever arrives and whatever the provider does, ExternalDNS survives the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request};
use external_dns::{DomainFilter, Endpoint, RecordType};
use proptest::prelude::*;
use tower::ServiceExt as _;
use webhook::http::api::Api;

use crate::fake::{Behaviour, Fake, metrics};

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        4 => "\\PC{0,20}".prop_map(|name| {
            Behaviour::Works(vec![Endpoint::new(name, RecordType::CNAME, ["a\u{1}\"b"])])
        }),
        1 => Just(Behaviour::Azure),
        1 => Just(Behaviour::Refuses),
        1 => Just(Behaviour::GivesUp),
        1 => Just(Behaviour::Internal),
        1 => Just(Behaviour::Panics),
        1 => Just(Behaviour::Hangs),
    ]
}

fn method() -> impl Strategy<Value = Method> {
    prop_oneof![
        4 => Just(Method::GET),
        6 => Just(Method::POST),
        1 => prop::sample::select(vec![Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::PATCH]),
        1 => "[A-Z]{1,12}".prop_map(|word| Method::from_bytes(word.as_bytes()).expect("letters are a method")),
    ]
}

/// The paths of the protocol, as they are and as clumsy clients write them.
fn path() -> impl Strategy<Value = String> {
    let path = prop::sample::select(vec!["/", "/records", "/adjustendpoints"]);
    (path, "/{0,2}", "/{0,2}", "(\\?[a-z=&%]{0,8})?")
        .prop_map(|(path, before, after, query)| format!("{before}{path}{after}{query}"))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let json = prop::sample::select(vec![
        "[]",
        "null",
        "{}",
        r#"[{"dnsName":"a.example.com","targets":["1.2.3.4"],"recordType":"A","providerSpecific":[{}]}]"#,
        r#"{"Create":null,"UpdateOld":null,"UpdateNew":null,"Delete":[{"recordTTL":-1}]}"#,
        r#"{"create":[{"labels":{"owner":"east"}}],"updateNew":[]}"#,
    ]);
    prop_oneof![
        4 => json.clone().prop_map(|text| text.as_bytes().to_vec()),
        // One byte of valid JSON changed.
        3 => (json, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(text, at, byte)| {
            let mut bytes = text.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
        2 => prop::collection::vec(any::<u8>(), 0..200),
        // Above the limit.
        1 => prop::collection::vec(any::<u8>(), 1000..1200),
        // Deeper than a recursive parser likes.
        1 => (100_usize..500).prop_map(|depth| vec![b'['; depth]),
    ]
}

fn header_value() -> impl Strategy<Value = HeaderValue> {
    prop::collection::vec(prop_oneof![32_u8..127, 128_u8..], 0..30).prop_map(|bytes| {
        HeaderValue::from_bytes(&bytes).expect("visible bytes are a header value")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_one_that_external_dns_survives(
        behaviour in behaviour(),
        method in method(),
        path in path(),
        body in body(),
        accept in header_value(),
        content_type in header_value(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (status, media_type, answer) = runtime.block_on(async {
            let api = Api::new(
                Fake::new(behaviour),
                metrics(),
                &DomainFilter::everything(),
                Duration::from_millis(20),
            );
            let request = Request::builder()
                .method(method.clone())
                .uri(&path)
                .header("accept", accept)
                .header("content-type", content_type)
                .body(Body::from(body.clone()))
                .unwrap();
            let router = Arc::new(api.with_largest_body(900)).router();
            let response = router.oneshot(request).await.unwrap();
            let media_type = response.headers().get("content-type").cloned();
            let status = response.status().as_u16();
            (status, media_type, axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap())
        });
        match status {
            200 => {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&answer).is_ok());
                prop_assert_eq!(media_type, Some(HeaderValue::from_static(external_dns::MEDIA_TYPE)));
            }
            204 => {
                prop_assert!(answer.is_empty());
                prop_assert_eq!(&method, Method::POST);
            }
            500..=510 => prop_assert!(method == Method::HEAD || !answer.is_empty()),
            _ => prop_assert!(false, "{method} {path} got {status}"),
        }
    }
}
