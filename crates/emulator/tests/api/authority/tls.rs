//! HTTPS with the certificate that the emulator makes.

use super::*;

#[tokio::test]
async fn https_is_trusted_through_the_certificate_in_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let ca_file = directory.path().join("ca.pem");
    let remote = Remote::with(Options {
        tls: Some(Tls {
            ca_file: Some(ca_file.clone()),
            names: vec!["arm.example.com".to_owned()],
        }),
        ..Options::default()
    })
    .await;
    let base = remote.running.arm_url();
    assert!(base.starts_with("https://127.0.0.1:"), "{base}");
    let pem = std::fs::read(&ca_file).expect("the certificate was written");
    assert_eq!(
        Some(pem.as_slice()),
        remote.running.ca_certificate().map(str::as_bytes)
    );

    // The client of the other tests does not know the certificate.
    let path = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Network/trafficManagerProfiles"
    );
    assert!(
        remote
            .try_send(Method::GET, &path, &Value::Null)
            .await
            .is_err()
    );

    let port = remote.running.arm_addr().port();
    let address = remote.running.arm_addr();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(&pem).expect("a certificate")])
        .resolve("localhost", address)
        .resolve("arm.example.com", address)
        .resolve("other.example.com", address)
        .build()
        .expect("a client");
    for host in ["127.0.0.1", "localhost", "arm.example.com"] {
        let url = format!("https://{host}:{port}{path}?api-version={VERSION}");
        let response = http.get(url).send().await;
        assert_eq!(
            response.map(|answer| answer.status().as_u16()).ok(),
            Some(200),
            "{host}"
        );
    }
    let other = http
        .get(format!("https://other.example.com:{port}{path}"))
        .send()
        .await;
    assert!(other.is_err(), "a name that the certificate does not have");

    // A connection that is to be reset is reset under TLS too.
    let rules = json!({ "rules": [{ "operation": "profiles.list", "reset": true, "calls": 1 }] });
    let faults = http
        .put(format!("{base}/_emulator/faults"))
        .body(rules.to_string());
    assert_eq!(
        faults
            .send()
            .await
            .map(|answer| answer.status().as_u16())
            .ok(),
        Some(200)
    );
    let list = || {
        http.get(format!("{base}{path}?api-version={VERSION}"))
            .send()
    };
    assert!(list().await.is_err());
    assert!(list().await.is_ok());
    remote.running.stop().await;
}

#[tokio::test]
async fn who_does_not_speak_tls_holds_up_nobody() {
    let remote = Remote::with(Options {
        tls: Some(Tls::default()),
        ..Options::default()
    })
    .await;
    // One that says nothing, and one that speaks HTTP.
    let _silent = tokio::net::TcpStream::connect(remote.running.arm_addr())
        .await
        .expect("a connection");
    let plain = format!("http://{}/", remote.running.arm_addr());
    assert!(remote.http.get(plain).send().await.is_err());
    let pem = remote.running.ca_certificate().expect("a certificate");
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate")])
        .build()
        .expect("a client");
    let url = format!("{}/_emulator/state", remote.running.arm_url());
    let response = http.get(url).send().await;
    assert_eq!(
        response.map(|answer| answer.status().as_u16()).ok(),
        Some(200)
    );
    remote.running.stop().await;
}
