//! Where zones and record sets are.

/// Where a zone is, in the spelling of its creator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZonePath {
    /// Subscription id, a GUID.
    pub subscription: String,
    /// Resource group name.
    pub resource_group: String,
    /// The DNS name.
    pub name: String,
}

/// Where a record set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetPath {
    pub(crate) zone: ZonePath,
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// The type of a record set.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$meta])* $variant),+
        }

        impl Kind {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in paths and in DNS.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

kinds! {
    /// IPv4 addresses.
    A = "A",
    /// IPv6 addresses.
    Aaaa = "AAAA",
    /// Who may issue certificates.
    Caa = "CAA",
    /// Another name.
    Cname = "CNAME",
    /// Where mail goes.
    Mx = "MX",
    /// Name servers.
    Ns = "NS",
    /// A name for an address.
    Ptr = "PTR",
    /// The start of authority.
    Soa = "SOA",
    /// Where a service is.
    Srv = "SRV",
    /// Texts.
    Txt = "TXT",
}

// === impl ZonePath ===

impl ZonePath {
    /// The resource id. Azure writes the type of zones in lower case.
    pub fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/dnszones/{}",
            self.subscription, self.resource_group, self.name
        )
    }

    /// The identity, in which letter case does not count.
    pub(super) fn key(&self) -> String {
        self.id().to_ascii_lowercase()
    }

    /// Whether the zone is in this subscription, and in this resource group if one is given.
    pub(super) fn is_in(&self, subscription: &str, resource_group: Option<&str>) -> bool {
        self.subscription.eq_ignore_ascii_case(subscription)
            && resource_group.is_none_or(|group| self.resource_group.eq_ignore_ascii_case(group))
    }
}

// === impl Kind ===

impl Kind {
    /// The type that a segment of a path names, in any letter case.
    pub(crate) fn parse(segment: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(segment))
    }
}
