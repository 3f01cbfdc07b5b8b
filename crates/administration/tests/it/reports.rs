//! What the reports say.

use std::time::Duration;

use administration::orphans::{self, Rule};
use administration::owners;
use members::Observed;
use members::marks::{RETIRED, SETTINGS_OWNER};

use crate::profiles::{Made, noon};

fn observed(profiles: impl IntoIterator<Item = Made>) -> Observed {
    profiles.into_iter().map(Made::build).collect()
}

/// The orphans in short.
fn orphans(profiles: impl IntoIterator<Item = Made>) -> String {
    let rule = Rule {
        older_than: Duration::from_hours(24),
    };
    let lines = orphans::report(&observed(profiles), rule, noon())
        .into_iter()
        .map(|orphan| {
            format!(
                "{} {} {}: {}\n  -> {}",
                orphan.kind.as_str(),
                orphan.profile,
                orphan.endpoint.as_deref().unwrap_or("-"),
                orphan.finding,
                orphan.remedy.as_deref().unwrap_or("(nothing)")
            )
        });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn who_has_what() {
    let report = owners::report(&observed([
        Made::managed("app")
            .tag(SETTINGS_OWNER, "cluster-east")
            .claims("cluster-east", Some(1), &[("east", 80), ("gone", 80)])
            .claims("cluster-west", None, &[("west", 70)])
            .endpoint("east", "Enabled")
            .endpoint("west", "Disabled"),
        Made::foreign("terraform")
            .claims("cluster-east", Some(2), &[("east", 10)])
            .endpoint("east", "Enabled"),
        Made::foreign("none-of-ours").endpoint("x", "Enabled"),
    ]));
    insta::assert_json_snapshot!(report, @r#"
    [
      {
        "owner": "cluster-east",
        "lastSeen": "2026-11-21T11:00:00Z",
        "profiles": [
          {
            "profile": {
              "resourceGroup": "my-tm-rg",
              "name": "app",
              "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/app"
            },
            "managed": true,
            "decidesSettings": true,
            "lastSeen": "2026-11-21T11:00:00Z",
            "members": [
              {
                "endpoint": "east",
                "target": "east.example.com",
                "status": "Enabled",
                "weight": 70,
                "object": "service/default/east",
                "host": "east.example.com",
                "since": "2026-11-18T04:00:00Z",
                "leavingSince": null
              }
            ]
          },
          {
            "profile": {
              "resourceGroup": "my-tm-rg",
              "name": "terraform",
              "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/terraform"
            },
            "managed": false,
            "decidesSettings": false,
            "lastSeen": "2026-11-21T10:00:00Z",
            "members": [
              {
                "endpoint": "east",
                "target": "east.example.com",
                "status": "Enabled",
                "weight": 70,
                "object": "service/default/east",
                "host": "east.example.com",
                "since": "2026-11-21T02:00:00Z",
                "leavingSince": null
              }
            ]
          }
        ]
      },
      {
        "owner": "cluster-west",
        "lastSeen": null,
        "profiles": [
          {
            "profile": {
              "resourceGroup": "my-tm-rg",
              "name": "app",
              "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/app"
            },
            "managed": true,
            "decidesSettings": false,
            "lastSeen": null,
            "members": [
              {
                "endpoint": "west",
                "target": "west.example.com",
                "status": "Disabled",
                "weight": 70,
                "object": "service/default/west",
                "host": "west.example.com",
                "since": "2026-11-18T14:00:00Z",
                "leavingSince": null
              }
            ]
          }
        ]
      }
    ]
    "#);
}

#[test]
fn nothing_is_left_over_in_a_profile_in_use() {
    let healthy = Made::managed("app")
        .tag(SETTINGS_OWNER, "cluster-east")
        .claims("cluster-east", Some(1), &[("east", 3), ("new", 0)])
        .endpoint("east", "Enabled");
    assert_eq!(orphans([healthy]), "");
}

#[test]
fn somebody_elses_profile_is_none_of_ours() {
    let joined = Made::foreign("terraform")
        .claims("cluster-east", Some(1), &[("east", 3)])
        .endpoint("east", "Enabled")
        .endpoint("theirs", "Enabled");
    assert_eq!(orphans([joined, Made::foreign("empty")]), "");
}

#[test]
fn a_silent_owner_and_its_claims() {
    let silent = Made::managed("app")
        .claims("cluster-east", None, &[("east", 80), ("absent", 80)])
        .endpoint("east", "Enabled");
    insta::assert_snapshot!(orphans([silent]), @r"
    SilentOwner my-tm-rg/app -: owner cluster-east claims 2 endpoints here and has been silent since then
      -> when the cluster is gone: remove-owner cluster-east --preview
    ClaimWithoutEndpoint my-tm-rg/app absent: owner cluster-east claims an endpoint that does not exist
      -> when the cluster is gone: remove-owner cluster-east --preview
    ");
}

#[test]
fn endpoints_of_nobody() {
    let profile = Made::managed("app")
        .endpoint("east", "Enabled")
        .endpoint_of("nested", "inner", "Enabled");
    insta::assert_snapshot!(orphans([profile]), @r"
    UnclaimedEndpoint my-tm-rg/app east: the endpoint points at east.example.com, and nobody claims it
      -> describe it by an object with this endpoint-name and target, or delete it
    UnclaimedEndpoint my-tm-rg/app inner: the endpoint, which is not an external one, points at inner.example.com, and nobody claims it
      -> describe it by an object with this endpoint-name, endpoint-type and target, or delete it
    ");
}

#[test]
fn empty_profiles_and_who_ends_them() {
    let retired = |name, retirement| {
        Made::managed(name)
            .tag(RETIRED, retirement)
            .status("Disabled")
    };
    let elsewhere = Made::managed("in-use")
        .claims("alive", Some(1), &[("west", 1)])
        .endpoint("west", "Enabled");
    insta::assert_snapshot!(orphans([
        retired("by-the-living", "2026-11-21T11:00:00Z alive"),
        retired("by-the-dead", "2026-11-20T11:59:59Z gone"),
        retired("by-one-without-members", "2026-11-21T11:00:00Z quiet"),
        retired("by-nobody", "2026-11-21T11:00:00Z"),
        Made::managed("cut-short").tag(SETTINGS_OWNER, "alive"),
        elsewhere,
    ]), @r"
    EmptyProfile my-tm-rg/by-nobody -: no endpoints, kept disabled; nobody is to delete it
      -> delete it when no CNAME points at its name any more: the name is free then
    EmptyProfile my-tm-rg/by-one-without-members -: no endpoints, kept disabled; owner quiet deletes it after its --profile-grace
      -> (nothing)
    EmptyProfile my-tm-rg/by-the-dead -: no endpoints, kept disabled; owner gone, who would delete it, is silent
      -> name a cluster that deletes it: remove-owner gone --successor OWNER --preview
    EmptyProfile my-tm-rg/by-the-living -: no endpoints, kept disabled; owner alive deletes it after its --profile-grace
      -> (nothing)
    EmptyProfile my-tm-rg/cut-short -: no endpoints, not marked as retired yet; owner alive deletes it after its --profile-grace
      -> (nothing)
    ");
}

#[test]
fn a_mark_that_was_lost() {
    let lost = Made::foreign("app")
        .tag(SETTINGS_OWNER, "cluster-east")
        .claims("cluster-east", None, &[("east", 3)])
        .endpoint("east", "Enabled");
    insta::assert_snapshot!(orphans([lost]), @r"
    LostMark my-tm-rg/app -: has externaldns-settings-owner, and not externaldns-managed-by: nothing in it is written any more
      -> adopt my-tm-rg/app --preview
    ");
}

#[test]
fn a_profile_of_the_proof_of_concept() {
    let old = Made::foreign("app")
        .tag("managedBy", "external-dns-traffic-manager-webhook")
        .tag("hostname", "my-app.example.com")
        .endpoint("east", "Enabled");
    insta::assert_snapshot!(orphans([old]), @r"
    ProofOfConcept my-tm-rg/app -: made by the proof of concept, with 1 endpoint; the first cluster whose object describes one takes the profile over
      -> see docs/MIGRATION.md
    ");
}
