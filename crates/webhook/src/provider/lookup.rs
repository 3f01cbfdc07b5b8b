//! Public IP addresses, which are looked up when an object asks for it.
//!
//! They are listed once for each listing of profiles, after it, in the
//! subscriptions that the objects name. Whoever asks for one has no endpoint
//! without it; whoever does not never waits for long.

use std::collections::BTreeMap;

use futures::future::join_all;
use members::PublicIps;
use members::public_ip::{self, Listed};
use members::want::Source;
use traffic_manager::SubscriptionId;

use super::Inner;
use super::listing::Snapshot;
use crate::provider_api::error_chain;

/// What has been looked up since a listing, by subscription.
pub(super) type LookedUp = tokio::sync::Mutex<BTreeMap<SubscriptionId, Listed>>;

// === impl Inner ===

impl Inner {
    /// The public IP addresses of the subscriptions in which these objects need
    /// them. That they could not be had is an answer too: the objects that need
    /// them stay as they are, and the others go on. The next listing tries again.
    pub(super) async fn public_ips(&self, snapshot: &Snapshot, sources: &[Source]) -> PublicIps {
        let wanted = public_ip::wanted(sources, &self.behaviour.scope);
        if wanted.is_empty() {
            return PublicIps::Unknown;
        }
        let mut known = snapshot.public_ips.lock().await;
        let missing = wanted.into_iter().filter(|id| !known.contains_key(id));
        let looks = missing.map(async |id| {
            let listed = self.look_up_public_ips(&id).await;
            (id, listed)
        });
        let listed = join_all(looks).await;
        known.extend(listed);
        PublicIps::Known(known.clone())
    }

    async fn look_up_public_ips(&self, subscription: &SubscriptionId) -> Listed {
        // What is left of the deadline after a listing is for everybody.
        let limit = self.behaviour.deadline / 3;
        let list = self.api.list_public_ips(subscription);
        let listed = self
            .stop
            .run_until_cancelled(tokio::time::timeout(limit, list));
        match listed.await {
            Some(Ok(Ok(ips))) => {
                let by_address = ips.into_iter().filter_map(|ip| Some((ip.address?, ip)));
                Ok(by_address.collect())
            }
            Some(Ok(Err(error))) => Err(error_chain(&error)),
            Some(Err(_)) => Err(format!("no answer within {} s", limit.as_secs_f64())),
            None => Err("the webhook is shutting down".to_owned()),
        }
    }
}
