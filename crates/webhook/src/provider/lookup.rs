//! Public IP addresses, which are looked up when an object asks for it.
//!
//! They are listed once for each listing of profiles, after it. Whoever asks for
//! one has no endpoint without it; whoever does not never waits for long.

use members::want::Source;
use members::{PublicIps, public_ip};

use super::Inner;
use super::listing::Snapshot;
use crate::provider_api::error_chain;

/// What is known when nothing asks for it.
const UNKNOWN: &PublicIps = &PublicIps::Unknown;

// === impl Inner ===

impl Inner {
    /// The public IP addresses of the subscription, if one of these objects needs
    /// them. That they could not be had is an answer too: the objects that need
    /// them stay as they are, and the others go on. The next listing tries again.
    pub(super) async fn public_ips<'a>(
        &self,
        snapshot: &'a Snapshot,
        sources: &[Source],
    ) -> &'a PublicIps {
        if !public_ip::are_wanted(sources) {
            return UNKNOWN;
        }
        snapshot
            .public_ips
            .get_or_init(|| self.look_up_public_ips())
            .await
    }

    async fn look_up_public_ips(&self) -> PublicIps {
        // What is left of the deadline after a listing is for everybody.
        let limit = self.behaviour.deadline / 3;
        let list = self.api.list_public_ips(&self.behaviour.scope.subscription);
        let listed = self
            .stop
            .run_until_cancelled(tokio::time::timeout(limit, list));
        match listed.await {
            Some(Ok(Ok(ips))) => PublicIps::listed(ips),
            Some(Ok(Err(error))) => PublicIps::Failed(error_chain(&error)),
            Some(Err(_)) => {
                PublicIps::Failed(format!("no answer within {} s", limit.as_secs_f64()))
            }
            None => PublicIps::Failed("the webhook is shutting down".to_owned()),
        }
    }
}
