//! Refusals that only a person can lift: what is in the way, and how it goes
//! away.

use std::fmt;

use crate::StatusError;
use crate::error::Denied;

/// What stands in the way of a request, and stays until a person acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// The identity lacks a permission.
    Permission(Option<Denied<'a>>),
    /// A lock forbids to change, or to delete.
    Lock {
        /// What is locked, when Azure says so: the resource or what holds it.
        scope: Option<&'a str>,
    },
    /// A policy forbids what was asked for.
    Policy {
        /// The name of the assignment or definition, when Azure says so.
        name: Option<&'a str>,
    },
    /// The subscription or the profile is full.
    Quota,
    /// The subscription only lets read, because it has expired, was cancelled, or
    /// has reached its spending limit.
    SubscriptionDisabled,
    /// There is no such subscription for this identity.
    SubscriptionMissing,
    /// The subscription does not use Microsoft.Network yet.
    ProviderNotRegistered,
    /// There is no such resource group.
    GroupMissing,
}

// === impl Refusal ===

impl<'a> Refusal<'a> {
    /// What an answer says stands in the way, if that is something for a person.
    pub(crate) fn of(error: &'a StatusError) -> Option<Self> {
        let code = error.code.as_deref().unwrap_or_default();
        let message = error.message.as_str();
        let is = |known: &str| code.eq_ignore_ascii_case(known);
        if is("RequestDisallowedByPolicy") {
            let name = error
                .policy
                .as_deref()
                .or_else(|| between(message, "\"policyAssignment\":{\"name\":\"", "\""))
                .or_else(|| between(message, "disallowed by policy '", "'"));
            return Some(Self::Policy { name });
        }
        if is("ScopeLocked") || is("ScopeLockedError") {
            let scope = between(message, "locked: '", "'");
            return Some(Self::Lock { scope });
        }
        let full = code.to_ascii_lowercase().contains("quota")
            || (message.contains("number of") && message.contains("cannot exceed"));
        match error.status {
            400..=499 if full && error.status != 429 => Some(Self::Quota),
            _ if is("ReadOnlyDisabledSubscription") || is("DisabledSubscription") => {
                Some(Self::SubscriptionDisabled)
            }
            _ if is("SubscriptionNotFound") || is("InvalidSubscriptionId") => {
                Some(Self::SubscriptionMissing)
            }
            _ if is("MissingSubscriptionRegistration") || is("SubscriptionNotRegistered") => {
                Some(Self::ProviderNotRegistered)
            }
            404 if is("ResourceGroupNotFound") => Some(Self::GroupMissing),
            403 => Some(Self::Permission(error.denied())),
            _ => None,
        }
    }

    /// A stable word: `permission`, `lock`, `policy`, `quota`, `subscription`,
    /// `registration` or `group`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permission(_) => "permission",
            Self::Lock { .. } => "lock",
            Self::Policy { .. } => "policy",
            Self::Quota => "quota",
            Self::SubscriptionDisabled | Self::SubscriptionMissing => "subscription",
            Self::ProviderNotRegistered => "registration",
            Self::GroupMissing => "group",
        }
    }

    /// Whether Azure's own sentence says nothing that this does not.
    pub(crate) fn says_it_all(self) -> bool {
        matches!(self, Self::Permission(Some(_)))
    }
}

/// One clause: what is in the way, and the remedy.
impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission(Some(Denied { action, scope })) => write!(
                f,
                "the identity lacks the permission {action} on {scope}; give it a role with this action there, such as Traffic Manager Contributor, and allow some minutes for it to take effect"
            ),
            Self::Permission(None) => f.write_str(
                "the identity is not allowed to do this; give it a role such as Traffic Manager Contributor on the resource group",
            ),
            Self::Lock { scope: Some(scope) } => write!(
                f,
                "a lock on {scope} forbids this; have it removed (az lock list, az lock delete), or name another resource group"
            ),
            Self::Lock { scope: None } => f.write_str(
                "a lock on the profile, its resource group or subscription forbids this; have it removed (az lock list, az lock delete), or name another resource group",
            ),
            Self::Policy { name: Some(name) } => write!(
                f,
                "the policy {name:?} forbids this; change what it objects to, or have an exemption made for the resource group"
            ),
            Self::Policy { name: None } => f.write_str(
                "a policy forbids this; change what it objects to, or have an exemption made for the resource group",
            ),
            Self::Quota => f.write_str(
                "there is no room for more; have the limit raised by Azure's support, or use fewer",
            ),
            Self::SubscriptionDisabled => f.write_str(
                "the subscription is disabled and can only be read; have it renewed or its spending limit lifted",
            ),
            Self::SubscriptionMissing => f.write_str(
                "there is no such subscription in the identity's tenant; check its id and the tenant",
            ),
            Self::ProviderNotRegistered => f.write_str(
                "the subscription does not use Microsoft.Network yet; run az provider register --namespace Microsoft.Network",
            ),
            Self::GroupMissing => {
                f.write_str("there is no such resource group; create it, or name another one")
            }
        }
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    let (found, _) = rest.split_once(after)?;
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation;

    fn said(status: u16, code: &str, message: &str) -> String {
        let error = StatusError::new(Operation::ProfilesPut, "/p", status).saying(code, message);
        let word = error.refusal().map_or("-", Refusal::as_str);
        format!("{word}: {error}")
    }

    #[test]
    fn every_refusal_names_its_remedy() {
        let texts = [
            said(
                403,
                "AuthorizationFailed",
                "The client 'c' with object id 'c' does not have authorization to perform action 'Microsoft.Network/trafficManagerProfiles/write' over scope '/subscriptions/s' or the scope is invalid.",
            ),
            said(403, "Forbidden", ""),
            said(
                409,
                "ScopeLocked",
                "The scope '/subscriptions/s/resourceGroups/rg/p' cannot perform write operation because following scope(s) are locked: '/subscriptions/s/resourceGroups/rg'. Please remove the lock and try again.",
            ),
            said(409, "ScopeLocked", ""),
            said(
                403,
                "RequestDisallowedByPolicy",
                "Resource 'my-app' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"Require a cost centre\",\"id\":\"/a\"},\"policyDefinition\":{\"name\":\"Require a tag\",\"id\":\"/d\"}}]'.",
            ),
            said(
                403,
                "RequestDisallowedByPolicy",
                "Resource 'my-app' was disallowed by policy.",
            ),
            said(
                409,
                "QuotaExceeded",
                "The number of Traffic Manager profiles in subscription 's' cannot exceed 200.",
            ),
            said(
                400,
                "BadRequest",
                "The number of endpoints in the profile cannot exceed 200.",
            ),
            said(
                409,
                "ReadOnlyDisabledSubscription",
                "The subscription 's' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.",
            ),
            said(
                404,
                "SubscriptionNotFound",
                "The subscription 's' could not be found.",
            ),
            said(
                409,
                "MissingSubscriptionRegistration",
                "The subscription is not registered to use namespace 'Microsoft.Network'.",
            ),
            said(
                404,
                "ResourceGroupNotFound",
                "Resource group 'rg' could not be found.",
            ),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r#"
        permission: profiles.put of /p: Azure answered 403 AuthorizationFailed: the identity lacks the permission Microsoft.Network/trafficManagerProfiles/write on /subscriptions/s; give it a role with this action there, such as Traffic Manager Contributor, and allow some minutes for it to take effect
        permission: profiles.put of /p: Azure answered 403 Forbidden: the identity is not allowed to do this; give it a role such as Traffic Manager Contributor on the resource group
        lock: profiles.put of /p: Azure answered 409 ScopeLocked: a lock on /subscriptions/s/resourceGroups/rg forbids this; have it removed (az lock list, az lock delete), or name another resource group; Azure says: The scope '/subscriptions/s/resourceGroups/rg/p' cannot perform write operation because following scope(s) are locked: '/subscriptions/s/resourceGroups/rg'. Please remove the lock and try again.
        lock: profiles.put of /p: Azure answered 409 ScopeLocked: a lock on the profile, its resource group or subscription forbids this; have it removed (az lock list, az lock delete), or name another resource group
        policy: profiles.put of /p: Azure answered 403 RequestDisallowedByPolicy: the policy "Require a cost centre" forbids this; change what it objects to, or have an exemption made for the resource group; Azure says: Resource 'my-app' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"Require a cost centre","id":"/a"},"policyDefinition":{"name":"Require a tag","id":"/d"}}]'.
        policy: profiles.put of /p: Azure answered 403 RequestDisallowedByPolicy: a policy forbids this; change what it objects to, or have an exemption made for the resource group; Azure says: Resource 'my-app' was disallowed by policy.
        quota: profiles.put of /p: Azure answered 409 QuotaExceeded: there is no room for more; have the limit raised by Azure's support, or use fewer; Azure says: The number of Traffic Manager profiles in subscription 's' cannot exceed 200.
        quota: profiles.put of /p: Azure answered 400 BadRequest: there is no room for more; have the limit raised by Azure's support, or use fewer; Azure says: The number of endpoints in the profile cannot exceed 200.
        subscription: profiles.put of /p: Azure answered 409 ReadOnlyDisabledSubscription: the subscription is disabled and can only be read; have it renewed or its spending limit lifted; Azure says: The subscription 's' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.
        subscription: profiles.put of /p: Azure answered 404 SubscriptionNotFound: there is no such subscription in the identity's tenant; check its id and the tenant; Azure says: The subscription 's' could not be found.
        registration: profiles.put of /p: Azure answered 409 MissingSubscriptionRegistration: the subscription does not use Microsoft.Network yet; run az provider register --namespace Microsoft.Network; Azure says: The subscription is not registered to use namespace 'Microsoft.Network'.
        group: profiles.put of /p: Azure answered 404 ResourceGroupNotFound: there is no such resource group; create it, or name another one; Azure says: Resource group 'rg' could not be found.
        "#);
    }

    #[test]
    fn what_may_be_over_by_itself_is_no_refusal() {
        for text in [
            said(409, "AnotherOperationInProgress", ""),
            said(409, "Conflict", "Domain name x is not available."),
            said(
                400,
                "BadRequest",
                "Monitor timeout must be between 5 and 10 seconds.",
            ),
            said(404, "ResourceNotFound", ""),
            said(
                429,
                "ResourceRequestsThrottled",
                "Number of requests exceeded the limit.",
            ),
            said(503, "QuotaExceeded", ""),
        ] {
            assert!(text.starts_with("-:"), "{text}");
        }
    }
}
