//! ExternalDNS webhook wire types, and models of its plan and TXT registry.
