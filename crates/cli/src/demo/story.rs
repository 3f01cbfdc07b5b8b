//! The story, step by step, with what has to be true in each.

use std::io::Write;

use super::error::StoryError;
use super::roster::Member;
use super::scene::{Loop, Outcome, Scene, met};
use super::share::by_weight;
use super::world::Side;

/// What somebody types for 70.
const MISTYPED: &str = "7O";
/// The annotation that the story is about.
const WEIGHT: &str = "weight";

type Told = Result<(), StoryError>;

/// Tells all of it: from the first member to the end of the profile.
pub(super) async fn tell<W: Write>(scene: &mut Scene<'_, W>) -> Told {
    join(scene).await?;
    name(scene).await?;
    share_equally(scene).await?;
    fail(scene).await?;
    recover(scene).await?;
    mistype(scene).await?;
    leave_west(scene).await?;
    leave_east(scene).await
}

/// Both clusters join one profile, with the weights of the manifests.
pub(super) async fn join<W: Write>(scene: &mut Scene<'_, W>) -> Told {
    scene.tell.step("Both clusters join one profile")?;
    scene.tell.say(
        "Each cluster applies its own Service. The first to come creates the profile with its endpoint, the second \
         adds its endpoint to it. Neither knows of the other.",
    )?;
    for side in Side::BOTH {
        let site = scene.world.site_mut(side);
        let app = site.app.clone();
        site.apply(&app);
        let did = scene.tell_loop(side).await?.did;
        let outcome = exactly(&did.created, scene.world.site(side).endpoint());
        let outcome = outcome.and_then(|()| met(did.len() == 1, || format!("it {did}")));
        scene.expect("ExternalDNS creates the one member of its cluster", outcome)?;
    }
    scene.expect_online(&Side::BOTH).await?;
    let members = scene.show_members().await?;
    let mut weights = Vec::new();
    for side in Side::BOTH {
        let site = scene.world.site(side);
        weights.push((site.endpoint().to_owned(), site.app.get(WEIGHT)?.to_owned()));
    }
    let outcome = owned(scene, &members).and_then(|()| weighted(&members, &weights));
    scene.expect(
        "each endpoint belongs to its cluster and has its weight",
        outcome,
    )?;
    let weights: Vec<_> = members
        .iter()
        .map(|member| (member.endpoint.name.as_str(), member.endpoint.weight))
        .collect();
    scene
        .expect_split("the answers follow the weights", &by_weight(&weights))
        .await?;
    scene.expect_quiet().await
}

/// Users reach the application under its own name.
async fn name<W: Write>(scene: &mut Scene<'_, W>) -> Told {
    scene.tell.step("Users type the application's own name")?;
    scene.tell.say(
        "The webhook has made the record for it in Azure DNS: one for both clusters, as long as the profile has \
         endpoints.",
    )?;
    scene.expect_record().await?;
    scene.expect_quiet().await
}

async fn share_equally<W: Write>(scene: &mut Scene<'_, W>) -> Told {
    scene.tell.step("The weights go to 50/50")?;
    scene
        .tell
        .say("One annotation changes in each cluster: traffic-manager-weight is \"50\" now.")?;
    for side in Side::BOTH {
        let site = scene.world.site_mut(side);
        let app = site.app.with(WEIGHT, "50");
        site.apply(&app);
        let Loop { did, requests } = scene.tell_loop(side).await?;
        let cheap = requests.of("endpoints.put") == 1 && requests.writes == 1;
        let outcome = exactly(&did.updated, scene.world.site(side).endpoint())
            .and_then(|()| met(cheap, || format!("Azure was asked for {requests}")));
        scene.expect("it costs one endpoint write and no profile write", outcome)?;
    }
    scene.expect_online(&Side::BOTH).await?;
    let members = scene.show_members().await?;
    halved(scene, &members, "the answers are halved").await?;
    scene.expect_quiet().await
}

async fn fail<W: Write>(scene: &mut Scene<'_, W>) -> Told {
    scene.tell.step("The application in the east fails")?;
    scene.tell.say(
        "Its /health answers 503 from now on. Nothing changes in the clusters; Traffic Manager's own probes find out.",
    )?;
    scene.world.site(Side::East).application.set_healthy(false);
    scene.expect_online(&[Side::West]).await?;
    scene.show_members().await?;
    let [east, west] = endpoints(scene);
    let expected = by_weight(&[(&east, 0), (&west, 1)]);
    scene
        .expect_split("every answer leads west", &expected)
        .await?;
    scene.expect_quiet().await
}

async fn recover<W: Write>(scene: &mut Scene<'_, W>) -> Told {
    scene.tell.step("It recovers")?;
    scene
        .tell
        .say("A good answer to a probe brings the endpoint back.")?;
    scene.world.site(Side::East).application.set_healthy(true);
    scene.expect_online(&Side::BOTH).await?;
    let members = scene.show_members().await?;
    halved(scene, &members, "the answers are halved again").await?;
    scene.expect_quiet().await
}

async fn mistype<W: Write>(scene: &mut Scene<'_, W>) -> Told {
    scene.tell.step("Somebody mistypes an annotation")?;
    scene.tell.say(&format!(
        "The weight in cluster-east becomes {MISTYPED:?}, with the letter O. That changes nothing, and is reported.",
    ))?;
    let before = scene.world.profile().await?;
    let site = scene.world.site_mut(Side::East);
    let mark = site.instance.log.mark();
    let app = site.app.with(WEIGHT, MISTYPED);
    site.apply(&app);
    let Loop { did, requests } = scene.tell_loop(Side::East).await?;
    let after = scene.world.profile().await?;
    let outcome = met(did.is_nothing(), || format!("ExternalDNS {did}"))
        .and_then(|()| {
            met(requests.writes == 0, || {
                format!("Azure was asked for {requests}")
            })
        })
        .and_then(|()| met(after == before, || format!("the profile is {after:?}")));
    scene.expect("nothing changes", outcome)?;

    let resource = app.service.resource();
    let log = scene.world.site(Side::East).instance.log.since(mark);
    let about = |name: &str| name == resource;
    let reports: Vec<_> = log
        .iter()
        .filter(|entry| entry.level == "WARN" && entry.field("object").is_some_and(about))
        .collect();
    for report in &reports {
        scene.tell.note(&format!(
            "log of cluster-east: {} {}",
            report.level, report.message
        ))?;
    }
    let named = reports.len() == 1
        && reports
            .iter()
            .all(|report| report.message.contains(MISTYPED));
    let outcome = met(named, || {
        format!(
            "{} warnings are about {resource}, and should name {MISTYPED}",
            reports.len()
        )
    });
    scene.expect(
        "it is reported once, with the object and the value",
        outcome,
    )?;
    scene.expect_invalid(Side::East, 1.0).await?;
    let members = scene.show_members().await?;
    halved(scene, &members, "the answers are still halved").await?;
    scene.expect_quiet().await?;

    scene.tell.say("The annotation is corrected.")?;
    let site = scene.world.site_mut(Side::East);
    let app = site.app.with(WEIGHT, "50");
    site.apply(&app);
    let did = scene.tell_loop(Side::East).await?.did;
    let outcome = met(did.is_nothing(), || format!("ExternalDNS {did}"));
    scene.expect("there is nothing left to do", outcome)?;
    scene.expect_invalid(Side::East, 0.0).await
}

async fn leave_west<W: Write>(scene: &mut Scene<'_, W>) -> Told {
    scene.tell.step("West is deleted, east stays")?;
    scene
        .tell
        .say("The Service in cluster-west is deleted. Its endpoint goes, and nothing else.")?;
    scene.world.site_mut(Side::West).delete();
    let did = scene.tell_loop(Side::West).await?.did;
    let outcome = exactly(&did.deleted, scene.world.site(Side::West).endpoint());
    scene.expect("ExternalDNS deletes the member of its cluster", outcome)?;
    scene.expect_online(&[Side::East]).await?;
    let members = scene.show_members().await?;
    let [east, _] = endpoints(scene);
    let outcome = met(members.len() == 1, || {
        format!("there are {} members", members.len())
    });
    scene.expect(&format!("{east} is the only member"), outcome)?;
    scene
        .expect_split("every answer leads east", &by_weight(&[(&east, 1)]))
        .await?;
    scene.expect_quiet().await
}

async fn leave_east<W: Write>(scene: &mut Scene<'_, W>) -> Told {
    scene.tell.step("East is deleted, the profile goes")?;
    scene.tell.say(
        "A deleted profile frees its global name, and anybody could take it while a CNAME still points there. So the \
         empty profile is disabled and kept for a while: an hour by default, 2 seconds here.",
    )?;
    let name = scene.fqdn().await?;
    scene.world.site_mut(Side::East).delete();
    let did = scene.tell_loop(Side::East).await?.did;
    let outcome = exactly(&did.deleted, scene.world.site(Side::East).endpoint());
    scene.expect("ExternalDNS deletes the last member", outcome)?;
    let profile = scene.world.profile().await?;
    let retired = profile.as_ref().is_some_and(|profile| {
        profile.profile_status == "Disabled" && profile.endpoints.is_empty()
    });
    let outcome = met(retired, || format!("there is {profile:?}"));
    scene.expect(
        "the profile is disabled, empty, and still holds its name",
        outcome,
    )?;
    scene.expect_no_answer(&name).await?;
    scene.expect_record_gone_first().await?;
    scene
        .tell
        .say("The loops go on and change nothing. When the time is over, the webhook deletes the profile.")?;
    scene.expect_gone("the profile is deleted").await?;
    scene.expect_quiet().await
}

/// Both endpoints have the weight 50, and so many answers each.
async fn halved<W: Write>(scene: &mut Scene<'_, W>, members: &[Member], what: &str) -> Told {
    let names = endpoints(scene);
    let weights = names.each_ref().map(|name| (name.clone(), "50".to_owned()));
    scene.expect("both weights are 50", weighted(members, &weights))?;
    let [east, west] = names;
    scene
        .expect_split(what, &by_weight(&[(&east, 50), (&west, 50)]))
        .await
}

fn endpoints<W>(scene: &Scene<'_, W>) -> [String; 2] {
    Side::BOTH.map(|side| scene.world.site(side).endpoint().to_owned())
}

/// Every endpoint is returned by the webhook of its own cluster.
fn owned<W>(scene: &Scene<'_, W>, members: &[Member]) -> Outcome {
    for side in Side::BOTH {
        let site = scene.world.site(side);
        let mine = members
            .iter()
            .find(|member| member.endpoint.name == site.endpoint());
        let owner = mine.and_then(|member| member.owner.as_deref());
        if owner != Some(&site.cluster.owner) {
            return Err(format!("{} belongs to {owner:?}", site.endpoint()));
        }
    }
    Ok(())
}

/// The members are exactly these, with these weights as annotations write them.
fn weighted(members: &[Member], wanted: &[(String, String)]) -> Outcome {
    let mut found: Vec<_> = members
        .iter()
        .map(|member| {
            (
                member.endpoint.name.clone(),
                member.endpoint.weight.to_string(),
            )
        })
        .collect();
    let mut wanted = wanted.to_vec();
    found.sort();
    wanted.sort();
    met(found == wanted, || format!("the weights are {found:?}"))
}

/// The list holds this name and no other.
fn exactly(names: &[String], wanted: &str) -> Outcome {
    met(names == [wanted], || {
        format!("it is about [{}]", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_name() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(exactly(&names(&["a"]), "a"), Ok(()));
        assert_eq!(
            exactly(&names(&["a", "b"]), "a"),
            Err("it is about [a, b]".to_owned())
        );
        assert_eq!(exactly(&[], "a"), Err("it is about []".to_owned()));
    }
}
