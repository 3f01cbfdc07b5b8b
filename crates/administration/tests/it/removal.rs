//! Removals, case by case.

use std::time::Duration;

use administration::removal::{Options, Outcome, Refused, Removal, carry_out, plan};
use administration::step::Write;
use members::marks::{RETIRED, SETTINGS_OWNER};
use traffic_manager::EndpointKind;
use traffic_manager::profile::Profile;

use crate::azure::{Azure, Fault};
use crate::laws::run;
use crate::profiles::{Made, noon, owner};

fn planned(profiles: &[Profile], options: &Options) -> Removal {
    let azure = Azure::new(profiles, noon());
    plan(&azure.observed(), &owner("gone"), options, noon()).unwrap()
}

/// The preview in short.
fn story(removal: &Removal) -> String {
    let mut lines: Vec<String> = removal.disable.iter().map(ToString::to_string).collect();
    lines.push(format!("wait {} s", removal.wait.as_secs()));
    lines.extend(removal.remove.iter().map(ToString::to_string));
    lines.extend(removal.remarks.iter().map(|remark| {
        let word = if remark.warning { "warning" } else { "note" };
        format!("{word}: {}: {}", remark.profile, remark.text)
    }));
    lines.join("\n")
}

fn carried_out(azure: &Azure, options: &Options) -> Outcome {
    let observed = azure.observed();
    let gone = owner("gone");
    let removal = plan(&observed, &gone, options, noon()).unwrap();
    run(carry_out(
        azure,
        azure,
        (&removal, &observed),
        (&gone, options),
        &mut |_| {},
    ))
}

fn shared() -> Made {
    Made::managed("app")
        .tag(SETTINGS_OWNER, "gone")
        .claims("gone", None, &[("east", 80)])
        .claims("alive", None, &[("west", 70)])
        .endpoint("east", "Enabled")
        .endpoint("west", "Enabled")
}

fn alone() -> Made {
    Made::managed("app")
        .tag(SETTINGS_OWNER, "gone")
        .claims("gone", None, &[("east", 80)])
        .endpoint("east", "Enabled")
}

#[test]
fn another_owner_stays_and_decides() {
    insta::assert_snapshot!(story(&planned(&[shared().build()], &Options::default())), @r"
    my-tm-rg/app: disable endpoint east (east.example.com)
    wait 30 s
    my-tm-rg/app: delete endpoint east
    my-tm-rg/app: remove tag externaldns-claims-0-gone
    note: my-tm-rg/app: owner alive decides the settings from then on
    ");
}

#[test]
fn the_last_owner_leaves_a_profile_that_is_kept() {
    insta::assert_snapshot!(story(&planned(&[alone().build()], &Options::default())), @r"
    my-tm-rg/app: disable endpoint east (east.example.com)
    wait 30 s
    my-tm-rg/app: delete endpoint east
    my-tm-rg/app: disable the profile, which is empty
    my-tm-rg/app: write tag externaldns-retired=2026-11-21T12:00:30Z
    my-tm-rg/app: remove tag externaldns-claims-0-gone
    warning: my-tm-rg/app: no enabled endpoint is left: users of app.trafficmanager.net get no answer from then on
    note: my-tm-rg/app: empty, the profile is kept disabled, so that nobody can take its name while a CNAME points at it; nobody deletes it, unless you name an owner with --successor
    ");
}

#[test]
fn a_successor_ends_it() {
    let options = Options {
        successor: Some(owner("alive")),
        wait: Some(Duration::ZERO),
        ..Options::default()
    };
    insta::assert_snapshot!(story(&planned(&[alone().build()], &options)), @r"
    my-tm-rg/app: disable endpoint east (east.example.com)
    wait 0 s
    my-tm-rg/app: delete endpoint east
    my-tm-rg/app: disable the profile, which is empty
    my-tm-rg/app: write tag externaldns-retired=2026-11-21T12:00:00Z alive
    my-tm-rg/app: remove tag externaldns-claims-0-gone
    warning: my-tm-rg/app: no enabled endpoint is left: users of app.trafficmanager.net get no answer from then on
    note: my-tm-rg/app: empty, the profile is kept disabled; owner alive deletes it after its --profile-grace
    ");
    // Also afterwards, when nobody was named at first.
    let azure = Azure::new(&[alone().build()], noon());
    carried_out(&azure, &Options::default());
    insta::assert_snapshot!(story(&planned(&azure.profiles(), &options)), @r"
    wait 0 s
    my-tm-rg/app: write tag externaldns-retired=2026-11-21T12:00:30Z alive
    note: my-tm-rg/app: empty, the profile is kept disabled; owner alive deletes it after its --profile-grace
    ");
}

#[test]
fn whoever_else_is_named_keeps_the_right_to_end_it() {
    let profile = alone().tag(SETTINGS_OWNER, "other").build();
    let options = Options {
        successor: Some(owner("alive")),
        ..Options::default()
    };
    let story = story(&planned(&[profile], &options));
    assert!(!story.contains("alive"), "{story}");
}

#[test]
fn in_a_joined_profile_only_the_endpoint_goes() {
    let joined = Made::foreign("terraform")
        .claims("gone", None, &[("east", 80)])
        .endpoint("east", "Enabled")
        .build();
    insta::assert_snapshot!(story(&planned(&[joined], &Options::default())), @r"
    my-tm-rg/terraform: disable endpoint east (east.example.com)
    wait 30 s
    my-tm-rg/terraform: delete endpoint east
    my-tm-rg/terraform: remove tag externaldns-claims-0-gone
    warning: my-tm-rg/terraform: no enabled endpoint is left: users of terraform.trafficmanager.net get no answer from then on
    note: my-tm-rg/terraform: the profile is not this system's: only the endpoints and claims of the owner go
    ");
}

#[test]
fn what_the_owner_claims_in_vain_stays() {
    let profile = Made::managed("app")
        .claims("gone", None, &[("east", 70), ("absent", 70)])
        .claims("alive", None, &[("east", 80)])
        .endpoint("east", "Enabled")
        .build();
    insta::assert_snapshot!(story(&planned(&[profile], &Options::default())), @r"
    wait 0 s
    my-tm-rg/app: remove tag externaldns-claims-0-gone
    note: my-tm-rg/app: endpoint east stays: owner alive has claimed it before
    ");
}

#[test]
fn endpoints_of_every_type_go() {
    let profile = Made::managed("app")
        .claims("gone", None, &[("resource", 70), ("inner", 70)])
        .endpoint_of("azure", "resource", "Enabled")
        .endpoint_of("nested", "inner", "Disabled")
        .build();
    let removal = planned(&[profile], &Options::default());
    let deleted = removal.remove.iter().filter_map(|step| match &step.write {
        Write::DeleteEndpoint(kind, name) => Some((*kind, name.as_str())),
        _ => None,
    });
    assert_eq!(
        deleted.collect::<Vec<_>>(),
        [
            (EndpointKind::Nested, "inner"),
            (EndpointKind::Azure, "resource")
        ]
    );
}

#[test]
fn who_was_seen_recently_is_not_removed() {
    let recent = shared().claims("gone", None, &[("east", 1)]).build();
    let azure = Azure::new(&[recent], noon());
    let mut options = Options::default();
    let refused = plan(&azure.observed(), &owner("gone"), &options, noon()).unwrap_err();
    insta::assert_snapshot!(refused, @"owner gone was last seen at 2026-11-21T11:00:00Z, less than two hours ago, and would create again what is removed; stop its ExternalDNS first, or give --force");
    options.force = true;
    assert!(plan(&azure.observed(), &owner("gone"), &options, noon()).is_ok());
}

#[test]
fn nobody_succeeds_itself() {
    let options = Options {
        successor: Some(owner("gone")),
        ..Options::default()
    };
    let azure = Azure::new(&[shared().build()], noon());
    let refused = plan(&azure.observed(), &owner("gone"), &options, noon()).unwrap_err();
    assert_eq!(refused, Refused::OwnSuccessor(owner("gone")));
}

/// Whatever shows that the owner is there ends it before anything is deleted, in all profiles.
#[rstest::rstest]
#[case("enabled again", |profile: &mut Profile| {
    for endpoint in profile.properties.endpoints.iter_mut().flatten() {
        endpoint.properties.endpoint_status = Some("Enabled".to_owned());
    }
}, "endpoint east has been enabled meanwhile")]
#[case("another target", |profile: &mut Profile| {
    for endpoint in profile.properties.endpoints.iter_mut().flatten() {
        endpoint.properties.target = Some("elsewhere.example.com".to_owned());
    }
}, "endpoint east has been changed meanwhile")]
#[case("a heartbeat", |profile: &mut Profile| {
    profile.tags = alone().claims("gone", Some(0), &[("east", 80)]).build().tags;
}, "owner gone has been seen meanwhile")]
#[case("another claim", |profile: &mut Profile| {
    profile.tags = alone().claims("gone", None, &[("east", 80), ("new", 0)]).build().tags;
}, "the claims of owner gone have changed meanwhile")]
fn an_owner_that_comes_back_keeps_everything(
    #[case] name: &str,
    #[case] change: fn(&mut Profile),
    #[case] sign: &str,
) {
    let other = alone().group("second").build();
    let azure = Azure::new(&[alone().build(), other], noon());
    azure.meanwhile(move |profiles| profiles.values_mut().take(1).for_each(change));
    let outcome = carried_out(&azure, &Options::default());
    assert!(outcome.failures.is_empty(), "{name}");
    let signs: Vec<_> = outcome
        .returned
        .iter()
        .map(|sign| sign.sign.as_str())
        .collect();
    assert_eq!(signs, [sign], "{name}");
    let endpoints = azure.profiles();
    assert!(
        endpoints
            .iter()
            .all(|profile| profile.endpoints().len() == 1),
        "{name}"
    );
}

#[test]
fn a_profile_that_is_joined_meanwhile_is_not_retired() {
    let azure = Azure::new(&[alone().build()], noon());
    azure.meanwhile(|profiles| {
        let joined = Made::managed("app").endpoint("west", "Enabled").build();
        for profile in profiles.values_mut() {
            let endpoints = profile.properties.endpoints.get_or_insert_default();
            endpoints.extend(joined.endpoints().iter().cloned());
        }
    });
    let outcome = carried_out(&azure, &Options::default());
    assert!(outcome.failures.is_empty() && outcome.returned.is_empty());
    let profiles = azure.profiles();
    assert_eq!(
        profiles[0].properties.profile_status.as_deref(),
        Some("Enabled")
    );
    assert_eq!(profiles[0].tag(RETIRED), None);
    assert_eq!(profiles[0].endpoints().len(), 1);
}

/// Its owner has made the endpoint again in the moment in which it was deleted.
#[test]
fn an_endpoint_that_is_there_again_keeps_its_claim() {
    let azure = Azure::new(&[alone().build()], noon());
    azure.after(2, |profiles| {
        for profile in profiles.values_mut() {
            profile.properties = alone().build().properties;
        }
    });
    let outcome = carried_out(&azure, &Options::default());
    assert!(outcome.failures.is_empty() && outcome.returned.is_empty());
    assert_eq!(azure.profiles(), [alone().build()]);
}

#[test]
fn a_profile_that_is_deleted_meanwhile_needs_nothing() {
    let azure = Azure::new(&[alone().build()], noon());
    azure.meanwhile(std::collections::BTreeMap::clear);
    let outcome = carried_out(&azure, &Options::default());
    assert!(outcome.failures.is_empty() && outcome.returned.is_empty());
}

/// What cannot be disabled is not deleted either, and does not hold up the others.
#[test]
fn a_failure_ends_its_profile_and_no_other() {
    let other = alone().group("a-group-before").build();
    let azure = Azure::new(&[alone().build(), other], noon());
    azure.fail(Some(Fault {
        after: 1,
        lasting: true,
    }));
    let meddling = |azure: &Azure| azure.fail(None);
    let observed = azure.observed();
    let gone = owner("gone");
    let removal = plan(&observed, &gone, &Options::default(), noon()).unwrap();
    let mut tell = |event: administration::removal::Event<'_>| {
        if matches!(event, administration::removal::Event::Waiting(_)) {
            meddling(&azure);
        }
    };
    let outcome = run(carry_out(
        &azure,
        &azure,
        (&removal, &observed),
        (&gone, &Options::default()),
        &mut tell,
    ));
    assert_eq!(outcome.failures.len(), 1);
    let left: Vec<_> = azure
        .profiles()
        .iter()
        .map(|profile| profile.endpoints().len())
        .collect();
    assert_eq!(left, [0, 1]);
}
