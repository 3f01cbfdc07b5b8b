//! Azure Traffic Manager as data: the JSON that Azure Resource Manager (ARM)
//! exchanges, and the validated values that it is made of.
//!
//! Nothing here does I/O. Two layers live side by side on purpose:
//!
//! * [`profile`] is the wire form. It accepts whatever ARM answers, including
//!   values that a later api-version may add, because a listing that fails to
//!   decode would hide every profile of a subscription.
//! * Everything else is a *validated* value ([`Weight`], [`Target`],
//!   [`ProfileName`], …). Holding one means that Azure's rule for it is met;
//!   nothing downstream checks again.

pub mod geography;
pub mod headers;
pub mod id;
pub mod method;
pub mod monitor;
pub mod name;
pub mod number;
pub mod profile;
pub mod public_ip;
pub mod region;
pub mod resource;
pub mod subnet;
pub mod tag;
pub mod target;

pub use geography::{GeoCode, GeoMapping};
pub use headers::{Header, Headers};
pub use id::{ProfileId, ResourceGroup, SubscriptionId};
pub use method::{
    ApiVersion, EndpointKind, MonitorProtocol, MonitorStatus, RecordType, RoutingMethod, Switch,
};
pub use monitor::{ProbeHost, ProbeInterval, StatusCodes, StatusRange};
pub use name::{EndpointName, ProfileName, RelativeName};
pub use number::{
    MaxReturn, MinChildren, MinChildrenOfFamily, Port, Priority, ProbeTimeout, ToleratedFailures,
    Ttl, Weight,
};
pub use public_ip::PublicIp;
pub use region::Region;
pub use resource::ResourceId;
pub use subnet::{SubnetRange, Subnets};
pub use target::{Hostname, Target};

/// Why a text is not a valid value. Display is one clause that says what would
/// be valid, for example `must be a whole number from 1 to 1000`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub(crate) String);

impl Invalid {
    /// An invalid value, with what would be valid.
    pub fn new(requirement: impl Into<String>) -> Self {
        Self(requirement.into())
    }
}
