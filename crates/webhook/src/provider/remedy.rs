//! What to do about an error of Azure.

use arm_client::Error;

/// What a person can do. Where only a person can lift it, the error's own text
/// says how.
pub(super) fn remedy(error: &Error, arm: &str) -> String {
    if error.refusal().is_some() {
        return "have lifted what stands in the way, as said above; it is tried again by itself, after ten minutes at most".to_owned();
    }
    let text = match error.outcome() {
        "unauthorized" => {
            "see whether the token is for this cloud and tenant: --credential, --token-audience, --authority-host"
        }
        "credential" => "see --credential and what it needs to sign in; each loop tries again",
        "throttled" | "held" => {
            "nothing, unless it stays so: each loop tries again; clusters that share a subscription can divide its limits with --request-share"
        }
        "conflict" => {
            "nothing, unless it stays so: another operation was under way, and each loop tries again"
        }
        "invalid" => "change what Azure objects to; the same is tried again after ten minutes",
        "not_found" => "see whether the resource group and the subscription exist",
        "transport" | "timeout" => {
            return format!(
                "see whether the pod reaches {arm}: network policies, proxies, DNS; each loop tries again"
            );
        }
        "decode" => "see whether a proxy answers in Azure's place; each loop tries again",
        "server_error" => {
            "nothing, unless it stays so: it is Azure's fault, and each loop tries again"
        }
        _ => "each loop tries again; the log says more",
    };
    text.to_owned()
}
