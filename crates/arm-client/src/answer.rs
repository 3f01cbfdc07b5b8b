//! Answers that only this client has a type for.

use serde::Deserialize;

/// Whether a DNS name can be registered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NameAvailability {
    /// Whether it is free.
    #[serde(rename = "nameAvailable")]
    pub available: bool,
    /// Azure's word for why not, for example `AlreadyExists`.
    #[serde(default)]
    pub reason: Option<String>,
    /// Azure's sentence for why not.
    #[serde(default)]
    pub message: Option<String>,
}

/// A region of the geographic hierarchy, with the regions in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GeographicRegion {
    /// The code that endpoints are mapped to, for example `GEO-EU` or `US-CA`.
    pub code: String,
    /// The English name.
    #[serde(default)]
    pub name: String,
    /// The next level down.
    #[serde(default)]
    pub regions: Vec<GeographicRegion>,
}

// === impl GeographicRegion ===

impl GeographicRegion {
    /// This region and every region in it, parents before children.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            waiting.extend(next.regions.iter().rev());
            Some(next)
        })
    }
}
