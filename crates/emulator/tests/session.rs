//! The session of `docs/EMULATOR.md`, typed as a new user would: every block goes through a shell with `curl` and `dig`, and
//! every command must say what the document shows.

#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use clap::Parser;
use emulator::{Args, Emulator, Options};

const DOCUMENT: &str = include_str!("../../../docs/EMULATOR.md");
const START: &str = "cargo run --release -- ";

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

/// One command and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exchange {
    command: String,
    said: String,
}

/// What the session consists of.
#[derive(Debug, Default)]
struct Session {
    options: Option<Options>,
    /// The definitions that are pasted first.
    before: String,
    exchanges: Vec<Exchange>,
}

fn read() -> Session {
    let (_, rest) = DOCUMENT.split_once("\n## A session\n").expect("a session");
    let (text, _) = rest.split_once("\n## ").expect("the next section");
    let mut session = Session::default();
    for part in text.split("```").skip(1).step_by(2) {
        let (kind, body) = part.split_once('\n').expect("a block");
        match kind {
            "sh" if body.starts_with(START) => {
                let words = body.trim_start_matches(START).split_whitespace();
                // The command after the session is that of the webhook provider.
                if session.options.is_none() {
                    session.options = Some(Cli::parse_from(words).args.into());
                }
            }
            "sh" => session.before.push_str(body),
            "console" => session.exchanges.extend(exchanges(body)),
            other => panic!("a block of {other:?}"),
        }
    }
    session
}

fn exchanges(block: &str) -> Vec<Exchange> {
    let mut all: Vec<Exchange> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            all.push(Exchange {
                command: command.to_owned(),
                said: String::new(),
            });
        } else {
            let last = all.last_mut().expect("a command comes first");
            writeln!(last.said, "{line}").expect("a string grows");
        }
    }
    all
}

fn has(program: &str) -> bool {
    Command::new(program)
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_says_what_is_shown() {
    if let Some(missing) = ["bash", "curl", "dig"].iter().find(|name| !has(name)) {
        eprintln!("not tried, because {missing} is missing");
        return;
    }
    let session = read();
    assert!(session.exchanges.len() > 40, "{}", session.exchanges.len());
    let mut options = session.options.expect("a command that starts the emulator");
    options.arm_listen.set_port(0);
    options.dns_listen.set_port(0);
    let running = Emulator::start(options).await.expect("the emulator starts");

    // One shell for all, as in a terminal; a mark stands before what each command says.
    let mut script = session.before.clone();
    for exchange in &session.exchanges {
        writeln!(script, "echo '#mark'\n{}", exchange.command).expect("a string grows");
    }
    let script = script
        .replace("127.0.0.1:8787", &running.arm_addr().to_string())
        .replace("-p 8653", &format!("-p {}", running.dns_addr().port()));
    let shell = tokio::task::spawn_blocking(move || {
        Command::new("bash")
            .env("no_proxy", "127.0.0.1")
            .args(["-c", &script])
            .output()
    });
    let output = shell.await.expect("no panic").expect("a shell");
    running.stop().await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{errors}");

    let text = String::from_utf8(output.stdout).expect("text");
    let said: Vec<_> = text.split("#mark\n").skip(1).map(str::to_owned).collect();
    let commands = session.exchanges.iter().map(|one| one.command.clone());
    let real: Vec<_> = commands
        .zip(said)
        .map(|(command, said)| Exchange { command, said })
        .collect();
    let shown: Vec<_> = real
        .iter()
        .map(|one| format!("$ {}\n{}", one.command, one.said))
        .collect();
    assert!(
        real == session.exchanges,
        "docs/EMULATOR.md is wrong; this is what is said:\n{}",
        shown.concat()
    );
}
