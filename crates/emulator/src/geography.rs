//! The geographic hierarchy: the tree of regions that geographic routing knows.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

/// The document as the service answers it. Its origin and licence are in `data/README.md`.
pub(crate) const DOCUMENT: &str = include_str!("../data/geographic-hierarchy.json");

static CODES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut codes = BTreeSet::new();
    if let Ok(document) = serde_json::from_str::<Document>(DOCUMENT) {
        collect(&document.properties.geographic_hierarchy, &mut codes);
    }
    codes
});

#[derive(Deserialize)]
struct Document {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    geographic_hierarchy: Region,
}

#[derive(Deserialize)]
struct Region {
    code: String,
    regions: Vec<Region>,
}

/// The code in the hierarchy's spelling, or `None` if the hierarchy does not have it.
pub(crate) fn canonical_code(text: &str) -> Option<&'static str> {
    CODES.get(&text.to_ascii_uppercase()).map(String::as_str)
}

fn collect(region: &Region, codes: &mut BTreeSet<String>) {
    codes.insert(region.code.clone());
    for child in &region.regions {
        collect(child, codes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hierarchy_is_whole() {
        assert_eq!(CODES.len(), 334);
        assert_eq!(canonical_code("us-ca"), Some("US-CA"));
        assert_eq!(canonical_code("WORLD"), Some("WORLD"));
        assert_eq!(canonical_code("XX"), None);
    }
}
