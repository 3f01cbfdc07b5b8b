//! Azure Traffic Manager on this machine: ARM API, probes and DNS answers.
