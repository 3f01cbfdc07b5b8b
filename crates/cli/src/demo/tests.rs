//! The story can fail: what is not as expected ends it.

use super::error::StoryError;
use super::log::Log;
use super::narrator::Narrator;
use super::scene::Scene;
use super::share::by_weight;
use super::world::{Side, World};
use crate::style::Style;

fn unmet(result: Result<(), StoryError>) -> String {
    match result {
        Err(StoryError::Unmet(unmet)) => unmet.to_string(),
        other => panic!("expected an unmet expectation, found {other:?}"),
    }
}

#[tokio::test]
async fn what_is_not_as_expected_ends_the_story() {
    let mut world = World::start(1, Log::default()).await.expect("free ports");
    let mut tell = Narrator::new(Vec::new(), Style::PLAIN);
    let mut scene = Scene {
        world: &mut world,
        tell: &mut tell,
    };
    for side in Side::BOTH {
        let site = scene.world.site_mut(side);
        let app = site.app.with("weight", "50");
        site.apply(&app);
        scene.loop_once(side).await.expect("a loop");
    }
    scene.expect_online(&Side::BOTH).await.expect("both are up");

    let split = scene
        .expect_split("70/30", &by_weight(&[("east-us", 70), ("west-us", 30)]))
        .await;
    assert!(unmet(split).contains("expected 70/30, but they do not"));

    let name = scene.fqdn().await.expect("a profile");
    let answered = scene.expect_no_answer(&name).await;
    assert!(unmet(answered).contains(".example.com -> "));

    let invalid = scene.expect_invalid(Side::East, 1.0).await;
    assert!(unmet(invalid).contains("InvalidAnnotation"));

    for side in Side::BOTH {
        scene.loop_once(side).await.expect("a loop");
    }
    scene.expect_record().await.expect("the name leads there");
    let site = scene.world.site_mut(Side::West);
    let app = site.app.with("weight", "60");
    site.apply(&app);
    let quiet = unmet(scene.expect_quiet().await);
    assert!(
        quiet.ends_with("but ExternalDNS of cluster-west updates west-us"),
        "{quiet}"
    );

    scene.world.site_mut(Side::East).delete();
    let gone = unmet(scene.expect_gone("the profile is deleted").await);
    assert!(
        gone.ends_with("but meanwhile ExternalDNS of cluster-east deletes east-us"),
        "{gone}"
    );
    assert_eq!(tell.met(), 2);
    world.stop().await.expect("an orderly end");
}

/// The events of each webhook are in its own log, and those of the other are not.
#[tokio::test]
async fn each_webhook_has_its_own_log() {
    let mut world = World::start(1, Log::default()).await.expect("free ports");
    let site = world.site_mut(Side::East);
    let wrong = site.app.with("weight", "heavy");
    site.apply(&wrong);
    site.cluster.run_loop().await.expect("a loop");
    let warnings = |side| {
        let log = &world.site(side).instance.log;
        log.tail(100)
            .iter()
            .filter(|entry| entry.level == "WARN")
            .count()
    };
    assert_eq!((warnings(Side::East), warnings(Side::West)), (1, 0));
    world.stop().await.expect("an orderly end");
}
