//! The Kubernetes API, as far as this system needs it.
