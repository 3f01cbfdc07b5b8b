//! ExternalDNS webhook provider for Azure Traffic Manager.

fn main() {}
