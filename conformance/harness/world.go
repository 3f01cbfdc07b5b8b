package harness

import (
	"testing"
)

// World is one Azure and the clusters that share it.
type World struct {
	*Emulator
}

// NewWorld starts an emulator for one test.
func NewWorld(tb testing.TB, flags ...string) *World {
	tb.Helper()
	return &World{Emulator: StartEmulator(tb, flags...)}
}

// Setup is how a cluster differs from the usual.
type Setup struct {
	// Groups are the resource groups of the provider, by default [Group] alone.
	Groups []string
	// Subscription makes the provider watch every group of the subscription.
	Subscription bool
	// Serve replaces flags of the provider, ExternalDNS those of ExternalDNS.
	Serve       []string
	ExternalDNS []string
}

// Cluster starts a cluster with the usual settings: the TXT registry, policy
// sync, the Service source and the annotation prefix of ExternalDNS's default.
func (w *World) Cluster(tb testing.TB, owner string, flags ...string) *Cluster {
	tb.Helper()
	return w.ClusterWith(tb, owner, Setup{ExternalDNS: flags})
}

// ClusterWith starts a cluster with other settings.
func (w *World) ClusterWith(tb testing.TB, owner string, setup Setup) *Cluster {
	tb.Helper()
	groups := setup.Groups
	if groups == nil && !setup.Subscription {
		groups = []string{Group}
	}
	serve := StartServe(tb, ServeSettings{Owner: owner, ARM: w.ARM, Groups: groups, Flags: setup.Serve})
	cluster := ExternalDNS(tb, owner, serve.URL, setup.ExternalDNS...)
	cluster.Serve, cluster.emulator = serve, w.Emulator
	return cluster
}
