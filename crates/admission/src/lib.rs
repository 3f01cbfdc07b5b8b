//! Checking manifests before they are applied.
