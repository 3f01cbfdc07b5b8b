//! What DNS answers, asked of the emulator's server.

use std::net::UdpSocket;

use emulator::Options;
use rstest::rstest;
use webhook::resolver::{DnsResolver, DnsServer, ResolveError, Resolver};

use crate::harness::{Azure, Cluster, my_app};

async fn azure() -> Azure {
    Azure::with(Options {
        seed: Some(7),
        zone_records: vec![
            "my-app-east.example.com=20.1.2.3".parse().unwrap(),
            "my-app-east.example.com=2a01:111::3".parse().unwrap(),
        ],
        ..Options::default()
    })
    .await
}

#[tokio::test]
async fn a_profile_is_an_alias_of_its_member_and_leads_to_its_addresses() {
    let azure = azure().await;
    let east = Cluster::start("east", &azure).await;
    let resolver = DnsResolver::new(Some(azure.dns().into()));
    let profile = "my-app-global.trafficmanager.net";
    assert_eq!(resolver.cname(profile).await.unwrap(), None);
    assert!(resolver.addresses(profile).await.unwrap().is_empty());

    assert!(east.run(&[my_app("east", "70")]).await.failed.is_none());
    // What was answered a moment ago is not remembered.
    for name in [profile, "My-App-Global.TrafficManager.net."] {
        let alias = resolver.cname(name).await.unwrap();
        assert_eq!(alias.as_deref(), Some("my-app-east.example.com"));
        let addresses = resolver.addresses(name).await.unwrap();
        let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["20.1.2.3", "2a01:111::3"]);
    }
    let member = "my-app-east.example.com";
    assert_eq!(resolver.cname(member).await.unwrap(), None);
}

/// A server that refuses, or one that says nothing, has not said that there is no such name.
#[tokio::test]
async fn no_answer_is_not_the_answer_that_there_is_none() {
    let azure = azure().await;
    let resolver = DnsResolver::new(Some(azure.dns().into()));
    let refused = resolver.cname("www.example.org").await.unwrap_err();
    assert!(
        matches!(refused, ResolveError::Lookup { .. }),
        "{refused:?}"
    );
    let refused = resolver.addresses("www.example.org").await.unwrap_err();
    assert!(
        matches!(refused, ResolveError::Lookup { .. }),
        "{refused:?}"
    );
}

/// A server that answers everything with this code, and with who else may know if it is to say that.
fn server(code: u8, refers: bool) -> DnsServer {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((_, from)) = socket.recv_from(&mut query) {
            // The question is one name, its labels each after its length, with type and class.
            let mut end = 12;
            while query[end] != 0 {
                end += 1 + usize::from(query[end]);
            }
            let mut answer = query[..end + 5].to_vec();
            let parent = 12 + 1 + query[12];
            answer[2] = 0x80 | (query[2] & 1);
            answer[3] = code;
            answer[4..12].copy_from_slice(&[0, 1, 0, 0, 0, u8::from(refers), 0, 0]);
            if refers {
                answer.extend([0xC0, parent, 0, 2, 0, 1, 0, 0, 0, 60, 0, 4]);
                answer.extend([1, b'a', 0xC0, parent]);
            }
            socket.send_to(&answer, from).unwrap();
        }
    });
    address.into()
}

/// Only who knows that there is none says so: RFC 2308, section 2.
#[rstest]
#[case::no_such_name(3, false, true)]
#[case::no_such_record(0, false, true)]
#[case::a_referral(0, true, false)]
#[case::a_code_that_nobody_knows(12, false, false)]
#[tokio::test]
async fn not_every_empty_answer_is_a_denial(
    #[case] code: u8,
    #[case] refers: bool,
    #[case] denies: bool,
) {
    let resolver = DnsResolver::new(Some(server(code, refers)));
    let answer = resolver.cname("my-app.example.com").await;
    match answer {
        Ok(alias) => assert!(denies && alias.is_none(), "{alias:?}"),
        Err(error) => {
            assert!(!denies, "{error:?}");
            let referral = matches!(error, ResolveError::Referral { .. });
            assert_eq!(referral, refers, "{error:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let resolver = DnsResolver::new(Some(silent.local_addr().unwrap().into()));
    resolver.cname("www.example.org").await.unwrap_err();
    resolver.addresses("www.example.org").await.unwrap_err();
}

#[tokio::test]
async fn what_is_no_name_is_not_asked_for() {
    let resolver = DnsResolver::new(Some("127.0.0.1:1".parse().unwrap()));
    for host in ["a..example.com", &"a".repeat(64)] {
        let error = resolver.cname(host).await.unwrap_err();
        assert!(matches!(error, ResolveError::Name { .. }), "{error:?}");
    }
}

#[rstest]
#[case("10.0.0.10", Some("10.0.0.10:53"))]
#[case("127.0.0.1:5353", Some("127.0.0.1:5353"))]
#[case("fd00::10", Some("[fd00::10]:53"))]
#[case("[::1]:5353", Some("[::1]:5353"))]
#[case("127.0.0.1:0", None)]
#[case("dns.example.com", None)]
#[case("[::1]", None)]
fn servers_as_people_write_them(#[case] text: &str, #[case] server: Option<&str>) {
    let parsed: Option<DnsServer> = text.parse().ok();
    let parsed = parsed.map(|parsed| parsed.to_string());
    assert_eq!(parsed.as_deref(), server);
}
