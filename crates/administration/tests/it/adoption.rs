//! Adoptions, and how people name a profile.

use administration::adoption::{Adoption, Unadoptable};
use administration::place::Reference;
use members::marks::{MANAGED_BY, MANAGED_BY_VALUE};
use members::{Observed, ObservedProfile};

use crate::profiles::{Made, owner};

fn observed(made: Made) -> ObservedProfile {
    ObservedProfile::new(made.build()).unwrap()
}

#[test]
fn a_profile_of_others() {
    let profile = observed(
        Made::foreign("made-by-hand")
            .tag("team", "shop")
            .endpoint("east", "Enabled"),
    );
    let adoption = Adoption::plan(&profile, Some(&owner("cluster-east"))).unwrap();
    insta::assert_json_snapshot!(adoption, @r#"
    {
      "profile": {
        "resourceGroup": "my-tm-rg",
        "name": "made-by-hand",
        "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/made-by-hand"
      },
      "fqdn": "made-by-hand.trafficmanager.net",
      "status": "Enabled",
      "routingMethod": "Weighted",
      "ttl": 30,
      "monitor": "HTTPS:443 /health",
      "endpoints": [
        {
          "endpoint": "east",
          "target": "east.example.com",
          "status": "Enabled",
          "weight": 70,
          "owner": null
        }
      ],
      "tags": {
        "team": "shop"
      },
      "settingsOwner": "cluster-east",
      "writes": [
        {
          "profile": {
            "resourceGroup": "my-tm-rg",
            "name": "made-by-hand",
            "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/made-by-hand"
          },
          "operation": "tags.merge",
          "tags": {
            "externaldns-managed-by": "external-dns-traffic-manager",
            "externaldns-settings-owner": "cluster-east"
          },
          "text": "write tags externaldns-managed-by=external-dns-traffic-manager, externaldns-settings-owner=cluster-east"
        }
      ]
    }
    "#);
}

#[test]
fn a_managed_profile_is_left_alone() {
    let profile = observed(Made::managed("app"));
    let error = Adoption::plan(&profile, None).unwrap_err();
    insta::assert_snapshot!(error, @"profile my-tm-rg/app is managed already; there is nothing to do");
}

#[test]
fn tags_need_room() {
    let full = (0..49).fold(Made::foreign("app"), |made, number| {
        made.tag(&format!("tag-{number}"), "x")
    });
    let profile = observed(full);
    assert!(Adoption::plan(&profile, None).is_ok());
    let error = Adoption::plan(&profile, Some(&owner("cluster-east"))).unwrap_err();
    assert!(matches!(error, Unadoptable::NoRoom { .. }));
    insta::assert_snapshot!(error, @"profile my-tm-rg/app has 49 tags and Azure allows 50; remove 1 first");
}

/// After the write the profile is managed, and adopting it again says so.
#[test]
fn the_tag_is_the_one_that_serve_looks_for() {
    let profile = observed(Made::foreign("app").tag(MANAGED_BY, "somebody-else"));
    assert!(Adoption::plan(&profile, None).is_ok());
    let profile = observed(Made::foreign("app").tag(MANAGED_BY, MANAGED_BY_VALUE));
    assert!(Adoption::plan(&profile, None).is_err());
}

#[rstest::rstest]
#[case(
    "app",
    Err("there are several profiles app; say which one: first/app, second/app")
)]
#[case("second/APP", Ok("second"))]
#[case("other", Ok("first"))]
#[case(
    "absent",
    Err("there is no profile absent in the subscriptions and resource groups that are configured")
)]
#[case(
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/First/providers/microsoft.network/trafficmanagerprofiles/App",
    Ok("first")
)]
fn names(#[case] text: &str, #[case] expected: Result<&str, &str>) {
    let profiles = [
        Made::foreign("app").group("first"),
        Made::foreign("app").group("second"),
        Made::foreign("other").group("first"),
    ];
    let observed: Observed = profiles.into_iter().map(Made::build).collect();
    let reference: Reference = text.parse().unwrap();
    let found = reference
        .find(&observed)
        .map(|profile| profile.id.resource_group.to_string())
        .map_err(|error| error.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), expected);
}
