//! Azure Resource Manager client for Traffic Manager.
