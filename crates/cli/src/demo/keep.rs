//! `--keep`: the world of the story goes on, for people to look at and to play with.

use std::io::Write;
use std::time::Duration;

use webhook::provider_api::error_chain;

use super::azure::ProfileState;
use super::error::StoryError;
use super::narrator::Narrator;
use super::scene::Scene;
use super::world::{Side, World};

/// Between two loops of ExternalDNS, a minute by default there.
const INTERVAL: Duration = Duration::from_secs(5);

/// Says what can be asked, and keeps the loops of ExternalDNS going until Ctrl-C or SIGTERM.
pub(super) async fn keep<W: Write>(scene: &mut Scene<'_, W>) -> Result<(), StoryError> {
    let mut ended = std::pin::pin!(crate::emulator::terminated());
    let (profile, name) = scene.named_profile().await?;
    introduce(scene.world, scene.tell, &profile, &name)?;
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
    profile: &ProfileState,
    name: &str,
) -> Result<(), StoryError> {
    let dns = world.emulator().dns_addr();
    let relative = name.split('.').next().unwrap_or(name);
    let endpoint = world.site(Side::East).endpoint();
    let health = world.control.url(&format!("health/{relative}/{endpoint}"));
    let resource = format!(
        "{}{}/externalEndpoints/{endpoint}?api-version=2022-04-01",
        world.emulator().arm_url(),
        profile.id,
    );
    let mut commands = vec![
        (
            "Where a user is sent.".to_owned(),
            format!("dig +noall +answer @{} -p {} {name}", dns.ip(), dns.port()),
        ),
        (
            "What Azure holds, and what it was asked for.".to_owned(),
            format!("curl -s {}", world.control.url("state")),
        ),
        (
            String::new(),
            format!("curl -s {}", world.control.url("requests")),
        ),
    ];
    for side in Side::BOTH {
        let site = world.site(side);
        let owner = &site.cluster.owner;
        commands.push((
            format!("The records and the metrics of {owner}."),
            format!("curl -s {}/records", site.instance.api_url()),
        ));
        commands.push((
            String::new(),
            format!("curl -s {}/metrics", site.instance.ops_url()),
        ));
    }
    commands.extend([
        (
            "Take an endpoint out of the answers, and give it back to the probes.".to_owned(),
            format!("curl -s -X PUT {health} -d '{{\"status\":\"Degraded\"}}'"),
        ),
        (
            String::new(),
            format!("curl -s -X PUT {health} -d '{{\"status\":\"Probe\"}}'"),
        ),
        (
            "Delete an endpoint by hand: the next loop of its owner brings it back.".to_owned(),
            format!("curl -s -X DELETE '{resource}'"),
        ),
    ]);
    tell.step("It goes on until Ctrl-C")?;
    tell.say(&format!(
        "Both clusters are back with the weights of their manifests, and ExternalDNS loops every {} seconds. What it \
         does, and what the webhooks and the emulator log, shows below.",
        INTERVAL.as_secs(),
    ))?;
    tell.commands(&commands)?;
    tell.blank()?;
    Ok(())
}
