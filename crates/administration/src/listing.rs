//! What Azure holds, asked once.

use arm_client::{Error, ListScope, TrafficManagerApi};
use futures::future::try_join_all;
use members::Observed;

/// Lists all scopes. One that fails fails the whole: a report with a hole would
/// read as if nothing were there.
pub async fn observe(api: &dyn TrafficManagerApi, scopes: &[ListScope]) -> Result<Observed, Error> {
    let lists = try_join_all(scopes.iter().map(|scope| api.list_profiles(scope))).await?;
    Ok(lists.into_iter().flatten().collect())
}
