//! The classification of failures, and the texts that people read.

use rstest::rstest;

use super::*;

const PROFILE: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/p";

fn refusal(operation: Operation, status: u16, code: &str, message: &str) -> Error {
    let mut error = StatusError::new(operation, PROFILE, status);
    error.code = (!code.is_empty()).then(|| code.to_owned());
    message.clone_into(&mut error.message);
    error.into()
}

#[rstest]
#[case(
    Operation::ProfilesPut,
    409,
    "Conflict",
    "Domain name a.trafficmanager.net is not available. Please choose a different DNS prefix",
    true
)]
#[case(Operation::ProfilesPut, 409, "", "", true)]
#[case(Operation::ProfilesPut, 409, "Surprise", "<html>", true)]
#[case(
    Operation::ProfilesPut,
    409,
    "ScopeLocked",
    "The scope cannot perform write operation",
    false
)]
#[case(Operation::ProfilesPut, 409, "resourcegroupbeingdeleted", "", false)]
#[case(
    Operation::ProfilesPut,
    409,
    "MissingSubscriptionRegistration",
    "",
    false
)]
#[case(
    Operation::ProfilesPut,
    400,
    "BadRequest",
    "Domain name a.trafficmanager.net is not available.",
    false
)]
#[case(Operation::EndpointsPut, 409, "", "", false)]
#[case(Operation::ProfilesPatch, 409, "", "", false)]
fn taken_names(
    #[case] operation: Operation,
    #[case] status: u16,
    #[case] code: &str,
    #[case] message: &str,
    #[case] taken: bool,
) {
    assert_eq!(
        refusal(operation, status, code, message).is_name_taken(),
        taken
    );
}

#[rstest]
#[case(400, "invalid", false)]
#[case(401, "unauthorized", false)]
#[case(403, "forbidden", false)]
#[case(404, "not_found", false)]
#[case(408, "timeout", true)]
#[case(409, "conflict", false)]
#[case(412, "conflict", false)]
#[case(429, "throttled", true)]
#[case(500, "server_error", true)]
#[case(501, "server_error", false)]
#[case(503, "server_error", true)]
#[case(302, "invalid", false)]
#[case(202, "server_error", false)]
fn statuses(#[case] status: u16, #[case] outcome: &str, #[case] transient: bool) {
    let error = refusal(Operation::ProfilesGet, status, "", "");
    assert_eq!(error.outcome(), outcome);
    assert_eq!(error.is_transient(), transient);
    assert_eq!(error.failure().transient, transient);
    assert_eq!(error.is_throttled(), status == 429);
    assert_eq!(error.is_unauthorized(), status == 401);
    assert_eq!(error.is_forbidden(), status == 403);
    assert_eq!(error.is_not_found(), status == 404);
}

#[rstest]
#[case("ResourceNotFound", true)]
#[case("resourcenotfound", true)]
#[case("ResourceGroupNotFound", true)]
#[case("ParentResourceNotFound", true)]
#[case("NotFound", true)]
#[case("SubscriptionNotFound", false)]
#[case("InvalidResourceType", false)]
#[case("", false)]
fn only_some_404_mean_absence(#[case] code: &str, #[case] absent: bool) {
    assert_eq!(
        refusal(Operation::ProfilesGet, 404, code, "").says_absent(),
        absent
    );
}

#[test]
fn effects_that_cannot_be_ruled_out() {
    let effect = |status| refusal(Operation::ProfilesPut, status, "", "").may_have_taken_effect();
    assert!(effect(500) && effect(503) && effect(504) && effect(408));
    assert!(!effect(429) && !effect(401) && !effect(409));
    let transport = |phase| Error::Transport {
        operation: Operation::ProfilesPut,
        resource: PROFILE.to_owned(),
        phase,
        source: "x".into(),
        correlation_id: String::new(),
    };
    assert!(!transport(Phase::Connect).may_have_taken_effect());
    assert!(transport(Phase::Interrupted).may_have_taken_effect());
    assert!(transport(Phase::Timeout).may_have_taken_effect());
}

#[test]
fn a_missing_permission_names_action_and_scope() {
    let message = "The client 'c' with object id 'o' does not have authorization to perform action 'Microsoft.Network/trafficmanagerprofiles/read' over scope '/subscriptions/s/resourceGroups/rg' or the scope is invalid. If access was recently granted, please refresh your credentials.";
    let error = refusal(Operation::ProfilesGet, 403, "AuthorizationFailed", message);
    insta::assert_snapshot!(error, @"profiles.get of /subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/p: Azure answered 403 AuthorizationFailed: the identity lacks the permission Microsoft.Network/trafficmanagerprofiles/read on /subscriptions/s/resourceGroups/rg; give it a role with this action there, such as Traffic Manager Contributor, and allow some minutes for it to take effect");
}

#[test]
fn texts_of_refusals() {
    let mut throttled = StatusError::new(Operation::EndpointsPut, "/p", 429)
        .saying("ResourceRequestsThrottled", "Too many.");
    throttled.retry_after = Some(Duration::from_millis(1_500));
    throttled.request_id = Some("11111111-2222-3333-4444-555555555555".to_owned());
    insta::assert_snapshot!(throttled, @"endpoints.put of /p: Azure answered 429 ResourceRequestsThrottled: Too many. (retry after 1.5 s) (request 11111111-2222-3333-4444-555555555555)");
    insta::assert_snapshot!(refusal(Operation::ProfilesPut, 409, "", ""), @"profiles.put of /subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/p: Azure answered 409");
    insta::assert_snapshot!(refusal(Operation::ProfilesList, 401, "", ""), @"profiles.list of /subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/p: Azure answered 401: the token was not accepted; check that the identity belongs to the subscription's tenant");
    insta::assert_snapshot!(refusal(Operation::ProfilesPut, 403, "RequestDisallowedByPolicy", "Resource 'p' was disallowed by policy."), @"profiles.put of /subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/p: Azure answered 403 RequestDisallowedByPolicy: a policy forbids this; change what it objects to, or have an exemption made for the resource group; Azure says: Resource 'p' was disallowed by policy.");
}
