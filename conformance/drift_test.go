package conformance

import (
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

// Whatever somebody changes by hand on a member, or on the settings of a profile
// that this system made, is repaired in the next loop.
func TestDriftIsRepaired(t *testing.T) {
	world, eastern, western := joined(t)
	wanted := world.Profile(t, group, profile)
	for _, test := range []struct {
		name  string
		drift func(t *testing.T)
	}{
		{"weight", func(t *testing.T) {
			world.PatchEndpoint(t, group, profile, "east-us", map[string]any{"weight": 1})
		}},
		{"status", func(t *testing.T) {
			world.PatchEndpoint(t, group, profile, "east-us", map[string]any{"endpointStatus": "Disabled"})
		}},
		{"target", func(t *testing.T) {
			world.PatchEndpoint(t, group, profile, "east-us", map[string]any{"target": "evil.example.net"})
		}},
		{"location", func(t *testing.T) {
			world.PatchEndpoint(t, group, profile, "east-us", map[string]any{"endpointLocation": "West Europe"})
		}},
		{"always serve", func(t *testing.T) {
			world.PatchEndpoint(t, group, profile, "east-us", map[string]any{"alwaysServe": "Enabled"})
		}},
		{"endpoint deleted", func(t *testing.T) { world.DeleteEndpoint(t, group, profile, "east-us") }},
		{"TTL", func(t *testing.T) {
			world.PatchProfile(t, group, profile, properties(map[string]any{"dnsConfig": map[string]any{"ttl": 300}}))
		}},
		{"monitor", func(t *testing.T) {
			world.PatchProfile(t, group, profile, properties(map[string]any{
				"monitorConfig": map[string]any{"protocol": "HTTP", "port": 80, "path": "/"},
			}))
		}},
		{"routing method", func(t *testing.T) {
			world.PatchProfile(t, group, profile, properties(map[string]any{"trafficRoutingMethod": "Priority"}))
		}},
		{"profile disabled", func(t *testing.T) {
			world.PatchProfile(t, group, profile, properties(map[string]any{"profileStatus": "Disabled"}))
		}},
		{"profile deleted", func(t *testing.T) { world.DeleteProfile(t, group, profile) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.drift(t)
			eastern.Loop(t)
			western.Loop(t)
			eastern.ExpectNoOp(t)
			western.ExpectNoOp(t)
			repaired := world.Profile(t, group, profile)
			for _, name := range []string{"east-us", "west-us"} {
				got, want := world.Member(t, group, profile, name), *wanted.Endpoint(name)
				// Azure chooses priorities; they only have to differ.
				got.Properties.Priority, want.Properties.Priority = 0, 0
				if harness.Differs(want, got) {
					t.Errorf("%s is\n%+v, want\n%+v", name, got.Properties, want.Properties)
				}
			}
			wantEqual(t, "the TTL", repaired.Properties.DNSConfig.TTL, 30)
			wantEqual(t, "the monitor", repaired.Properties.MonitorConfig, wanted.Properties.MonitorConfig)
			wantEqual(t, "the routing method", repaired.Properties.TrafficRoutingMethod, "Weighted")
			wantEqual(t, "the status", repaired.Properties.ProfileStatus, "Enabled")
		})
	}
}

func properties(properties map[string]any) map[string]any {
	return map[string]any{"properties": properties}
}

func TestARestartLosesNothing(t *testing.T) {
	world, eastern, western := joined(t)
	for range 2 {
		eastern.Serve.Restart(t)
		western.Serve.Restart(t)
		eastern.ExpectNoOp(t)
		western.ExpectNoOp(t)
	}
	before := world.Member(t, group, profile, "west-us")
	eastern.Serve.Restart(t)
	eastern.Apply(t, east().With("weight", "5"))
	wantCounts(t, eastern.Settle(t), harness.Counts{Update: 1})
	eastern.Serve.Restart(t)
	eastern.Delete(t, east())
	wantCounts(t, eastern.Settle(t), harness.Counts{Delete: 1})
	wantUntouched(t, before, world.Member(t, group, profile, "west-us"))
	western.ExpectNoOp(t)
}

// A new ExternalDNS, with nothing in memory, sees the same world.
func TestANewExternalDNSFindsEverythingUpToDate(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	cluster.Settle(t)
	successor := world.Cluster(t, "cluster-east")
	successor.Apply(t, east())
	successor.ExpectNoOp(t)
}

func TestServeEndsOnSIGTERM(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	cluster.Settle(t)
	wantEqual(t, "the exit code", cluster.Serve.Stop(), 0)
}

func TestForeignProfilesAndEndpointsAreNeverTouched(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	foreign := harness.Foreign("by-terraform",
		harness.External("primary", "primary.example.net", 10), harness.External("secondary", "secondary.example.net", 20))
	world.PutProfile(t, group, "by-terraform", foreign)
	before := world.Profile(t, group, "by-terraform")

	cluster.ExpectNoOp(t)
	cluster.Apply(t, east())
	cluster.Settle(t)
	cluster.Delete(t, east())
	cluster.Loop(t)
	cluster.Loop(t)
	cluster.Quiesce(t)
	cluster.ExpectNoOp(t)
	if after := world.Profile(t, group, "by-terraform"); harness.ProfilesDiffer(*before, *after) {
		t.Errorf("a foreign profile was touched:\nbefore %+v\nafter  %+v", before, after)
	}
}

// A profile that somebody else made is not taken over because an annotation names
// it: the object is reported, and nothing is written.
func TestAForeignProfileOfTheSameNameIsLeftAlone(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	world.PutProfile(t, group, profile, harness.Foreign(profile, harness.External("primary", "primary.example.net", 10)))
	before := world.Profile(t, group, profile)
	cluster.Apply(t, east())
	cluster.Apply(t, plain("neighbour"))
	wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
	wantReported(t, cluster, "service/default/my-app-east", profile)
	cluster.Delete(t, east())
	cluster.ExpectNoOp(t)
	if after := world.Profile(t, group, profile); harness.ProfilesDiffer(*before, *after) {
		t.Errorf("a foreign profile was touched:\nbefore %+v\nafter  %+v", before, after)
	}
}

// An endpoint that somebody else made is not taken over, even if an annotation
// names it.
func TestAForeignEndpointOfTheSameNameIsAConflict(t *testing.T) {
	world, eastern, _ := joined(t)
	world.PutEndpoint(t, group, profile, harness.External("by-hand", "by-hand.example.net", 5))
	before := world.Member(t, group, profile, "by-hand")
	eastern.Apply(t, plain("greedy").With("profile-name", profile, "endpoint-name", "by-hand", "hostname", "my-app.example.com",
		"monitor-path", "/health"))
	eastern.Attempt(t)
	eastern.Attempt(t)
	wantUntouched(t, before, world.Member(t, group, profile, "by-hand"))
	wantReported(t, eastern, "service/default/greedy", "by-hand")
	eastern.Delete(t, plain("greedy"))
	eastern.Loop(t)
	eastern.ExpectNoOp(t)
	wantUntouched(t, before, world.Member(t, group, profile, "by-hand"))
}
