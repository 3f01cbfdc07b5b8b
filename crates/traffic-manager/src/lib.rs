//! Azure Traffic Manager: profiles, endpoints and their validated values.
