//! `demo` tells its whole story, in plain text when nobody looks, and everything in it is as expected.

#![cfg(feature = "emulator")]
#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

fn demo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_external-dns-traffic-manager"));
    command.arg("demo").env_clear();
    command
}

/// All of it, but for ports and chance.
#[test]
fn the_story_in_plain_text() {
    let output = demo()
        .args(["--seed", "1"])
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert_eq!(errors, "", "nothing goes wrong in silence");
    assert!(!text.contains('\u{1b}'), "escape sequences in a pipe");
    insta::with_settings!({filters => [
        (r"127\.0\.0\.1:\d+", "[ADDRESS]"),
        (r"[#.]{40} +(\d{1,2}\.\d) %  expected (\d{1,2}\.\d \+)", "[BAR] [SHARE] %  expected $2"),
        (r"-> my-app-(east|west)\.example\.com -> 198\.51\.100\.\d+", "-> [CLUSTER] -> [ADDRESS]"),
    ]}, {
        insta::assert_snapshot!(text);
    });
}

/// A setting of the person's shell must not reach the webhooks of the demo.
#[test]
fn the_story_does_not_depend_on_the_environment() {
    let output = demo()
        .envs([
            ("OWNER_ID", "someone-else"),
            ("AZURE_ARM_ENDPOINT", "https://management.azure.com"),
            ("AZURE_SUBSCRIPTION_ID", "not-a-uuid"),
            ("DRY_RUN", "true"),
            ("LOG_LEVEL", "off"),
            ("HTTP_PROXY", "http://127.0.0.1:9"),
            ("http_proxy", "http://127.0.0.1:9"),
            ("NO_COLOR", "1"),
        ])
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
}

/// Nobody reads: the demo ends, with an error.
#[test]
fn a_closed_pipe_ends_the_story() {
    let mut child = demo()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("standard output"), "{errors}");
}

/// With `--keep` everything goes on, and what it says to ask can be asked, until SIGINT.
#[test]
fn what_is_kept_can_be_asked() {
    let mut child = demo()
        .arg("--keep")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let url = lines
        .by_ref()
        .map(|line| line.expect("UTF-8"))
        .find_map(|line| Some(line.trim().strip_prefix("curl -s ")?.to_owned()))
        .expect("something to curl");
    let state = get(&url);
    assert!(state.contains("\"weight\":70"), "{state}");
    assert!(state.contains("\"weight\":30"), "{state}");

    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(interrupted.success());
    let rest: Vec<_> = lines.map(|line| line.expect("UTF-8")).collect();
    assert!(child.wait().expect("it ends").success(), "{rest:?}");
}

/// When Azure refuses, the story ends: exit code 1, the cause in one line, and the ends of the logs.
#[test]
fn a_story_that_fails_says_why() {
    let mut child = demo()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let url = lines
        .by_ref()
        .map(|line| line.expect("UTF-8"))
        .find_map(|line| {
            let (_, rest) = line.split_once("Azure http://")?;
            Some(format!("http://{}", rest.split(',').next()?))
        })
        .expect("the address of the emulator");
    let rules = r#"{"rules":[{"operation":"profiles.list","status":403}]}"#;
    let answer = http("PUT", &format!("{url}/_emulator/faults"), rules);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let text: Vec<_> = lines.map(|line| line.expect("UTF-8")).collect();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.starts_with("error: the story ends early: cluster-"),
        "{errors}"
    );
    assert!(
        errors.contains("GET /records was answered with 503"),
        "{errors}"
    );
    for log in ["cluster-east", "cluster-west", "emulator"] {
        let headline = format!("The end of the log of {log}");
        assert!(text.contains(&headline), "{text:#?}");
    }
    assert!(
        text.iter()
            .any(|line| line.contains("WARN  listing Traffic Manager profiles failed")),
        "{text:#?}"
    );
}

/// The answer to a GET, with its head.
fn get(url: &str) -> String {
    http("GET", url, "")
}

fn http(method: &str, url: &str, body: &str) -> String {
    let rest = url.strip_prefix("http://").expect("plain HTTP");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("somebody listens");
    let length = body.len();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}
