//! The only HTTP statuses with which a call of ExternalDNS may fail.
//!
//! ExternalDNS's webhook client turns a status in 500..=510 into a "soft" error: it counts it and tries
//! again in its next loop. Every other failure status, 4xx included (and 511, the one 5xx that frameworks
//! like to send), is a hard error that ends the ExternalDNS process, which takes DNS for the whole cluster
//! with it. [`SoftStatus`] cannot hold such a status, and an error answer cannot be built without one.

use axum::http::StatusCode;

/// An HTTP status in 500..=510.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoftStatus(u16);

/// The status would have stopped ExternalDNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("status {0} is not in 500..=510, and would stop ExternalDNS")]
pub struct HardStatus(pub u16);

impl SoftStatus {
    /// 500: the request made no sense to us, or we have a fault.
    pub const INTERNAL: Self = Self(500);
    /// 501: the path exists, the method does not.
    pub const NOT_IMPLEMENTED: Self = Self(501);
    /// 503: not now; the next loop may succeed.
    pub const UNAVAILABLE: Self = Self(503);
    /// 507: the request body is larger than we are willing to hold.
    pub const TOO_LARGE: Self = Self(507);

    /// The number, in 500..=510.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for SoftStatus {
    type Error = HardStatus;

    fn try_from(status: u16) -> Result<Self, HardStatus> {
        if (500..=510).contains(&status) {
            Ok(Self(status))
        } else {
            Err(HardStatus(status))
        }
    }
}

impl From<SoftStatus> for StatusCode {
    fn from(status: SoftStatus) -> Self {
        // Every number in 500..=510 is a valid status, so the fallback is never taken.
        Self::from_u16(status.0).unwrap_or(Self::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::{HardStatus, SoftStatus};

    #[test]
    fn exactly_the_statuses_that_external_dns_retries_can_be_held() {
        for status in 0..=u16::MAX {
            let soft = SoftStatus::try_from(status);
            if (500..=510).contains(&status) {
                let soft = soft.expect("in range");
                assert_eq!(soft.get(), status);
                assert_eq!(StatusCode::from(soft).as_u16(), status);
            } else {
                assert_eq!(soft, Err(HardStatus(status)));
            }
        }
    }

    #[test]
    fn every_named_status_is_in_range() {
        for named in [
            SoftStatus::INTERNAL,
            SoftStatus::NOT_IMPLEMENTED,
            SoftStatus::UNAVAILABLE,
            SoftStatus::TOO_LARGE,
        ] {
            assert_eq!(SoftStatus::try_from(named.get()), Ok(named));
        }
    }
}
