//! `--keep`: the world of the story goes on, for people to look at and to play with.

use std::io::Write;
use std::time::Duration;

use super::narrator::Narrator;
use super::scene::Scene;
use super::story::StoryError;
use super::world::{Side, World};

/// Between two loops of ExternalDNS, a minute by default there.
const INTERVAL: Duration = Duration::from_secs(5);

/// Says what can be asked, and keeps the loops of ExternalDNS going until Ctrl-C or SIGTERM.
pub(super) async fn keep<W: Write>(scene: &mut Scene<'_, W>) -> Result<(), StoryError> {
    let mut ended = std::pin::pin!(crate::emulator::terminated());
    let name = scene.fqdn().await?;
    introduce(scene.world, scene.tell, &name)?;
    scene.world.emulator_log.echo("emulator");
    scene
        .world
        .site(Side::East)
        .instance
        .log
        .echo("cluster-east");
    scene
        .world
        .site(Side::West)
        .instance
        .log
        .echo("cluster-west");
    loop {
        tokio::select! {
            signal = &mut ended => return Ok(signal?),
            () = tokio::time::sleep(INTERVAL) => {}
        }
        for side in Side::BOTH {
            // What people do to the emulator may well make a loop fail; the next one tries again.
            let line = match scene.world.site_mut(side).cluster.run_loop().await {
                Ok(did) if did.is_nothing() => continue,
                Ok(did) => format!("ExternalDNS {did}"),
                Err(error) => error_chain(&error),
            };
            let owner = &scene.world.site(side).cluster.owner;
            scene.tell.note(&format!("{owner}: {line}"))?;
        }
    }
}

fn introduce<W: Write>(
    world: &World,
    tell: &mut Narrator<W>,
    name: &str,
) -> Result<(), StoryError> {
    let dns = world.emulator().dns_addr();
    let profile = name.split('.').next().unwrap_or(name);
    let east = world.site(Side::East);
    let endpoint = east.endpoint();
    let health = world.control.url(&format!("health/{profile}/{endpoint}"));
    tell.step("It goes on until Ctrl-C")?;
    tell.say("Both clusters are back at 70/30, and ExternalDNS loops every 5 seconds. Ask:")?;
    let mut commands = vec![
        (
            "where users are sent",
            format!("dig @{} -p {} {name}", dns.ip(), dns.port()),
        ),
        (
            "what Azure holds",
            format!("curl -s {}", world.control.url("state")),
        ),
        (
            "what Azure was asked",
            format!("curl -s {}", world.control.url("requests")),
        ),
    ];
    for side in Side::BOTH {
        let instance = &world.site(side).instance;
        commands.push((
            "a webhook's records",
            format!("curl -s {}/records", instance.api_url()),
        ));
        commands.push((
            "its metrics",
            format!("curl -s {}/metrics", instance.ops_url()),
        ));
    }
    let degraded = r#"-d '{"status":"Degraded"}'"#;
    let probe = r#"-d '{"status":"Probe"}'"#;
    commands.extend([
        (
            "take an endpoint out",
            format!("curl -s -X PUT {health} {degraded}"),
        ),
        (
            "and give it back",
            format!("curl -s -X PUT {health} {probe}"),
        ),
    ]);
    tell.commands(&commands)?;
    Ok(())
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
