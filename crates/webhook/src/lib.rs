//! The ExternalDNS webhook provider: HTTP API, reading and writing Azure, settings, metrics.
