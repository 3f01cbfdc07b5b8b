//! Where the data plane finds profiles.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::name::Fqdn;
use crate::profile::Profile;

/// The profiles that exist right now.
///
/// The DNS server asks for every query, so that a change of a profile or of its health shows in the next answer. An
/// implementation must not block: it is called on the server's task.
pub trait Directory: Send + Sync {
    /// The profile with this global name, as it is at this moment. A disabled profile is returned too.
    fn profile(&self, fqdn: &Fqdn) -> Option<Arc<Profile>>;

    /// Whether some profile's name lies below `name`. Relative names may hold dots, and a name between such a profile
    /// and the zone exists without data: resolvers that minimise queries (RFC 9156) give up at an NXDOMAIN (RFC 8020).
    fn has_descendants(&self, name: &Fqdn) -> bool {
        let _ = name;
        false
    }

    /// Called for every DNS answer that carried an endpoint: `profile` is the name that was asked for and `endpoint`
    /// the one of its endpoints that was chosen (for a nested profile, the endpoint of the outer profile).
    fn served(&self, profile: &Fqdn, endpoint: &str) {
        let _ = (profile, endpoint);
    }
}

/// A fixed set of profiles.
impl<S: BuildHasher + Send + Sync> Directory for HashMap<Fqdn, Arc<Profile>, S> {
    fn profile(&self, fqdn: &Fqdn) -> Option<Arc<Profile>> {
        self.get(fqdn).cloned()
    }

    fn has_descendants(&self, name: &Fqdn) -> bool {
        self.keys().any(|key| key.is_below(name))
    }
}
