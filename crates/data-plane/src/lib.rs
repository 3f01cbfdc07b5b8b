//! Traffic Manager's data plane: endpoint health, routing decisions, DNS answers and probes.
