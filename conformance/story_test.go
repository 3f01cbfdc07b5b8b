// Package conformance holds the real ExternalDNS against the real binary.
package conformance

import (
	"flag"
	"strconv"
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

// waiting is how many tests run at the same time where they mostly wait for a
// client to try again.
const waiting = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", waiting); err != nil {
		panic(err)
	}
	forget, err := harness.TrustAzure()
	if err != nil {
		panic(err)
	}
	defer forget()
	defer harness.StopAPIServer()
	m.Run()
}

const (
	group   = harness.Group
	profile = "my-app-global"
	fqdn    = profile + "." + harness.Suffix
)

// east is the Service of the first cluster, as in examples/multi-region.
func east() harness.Service {
	return regional("my-app-east", "20.1.113.10", "east-us", "eastus", "70")
}

// west is the Service of the second cluster.
func west() harness.Service {
	return regional("my-app-west", "20.1.113.20", "west-us", "westus", "30")
}

func regional(name, address, endpoint, region, weight string) harness.Service {
	return harness.Service{
		Name:      name,
		Hosts:     []string{name + ".example.com"},
		Addresses: []string{address},
		TM: harness.TM{
			"enabled":           "true",
			"resource-group":    group,
			"profile-name":      profile,
			"hostname":          "my-app.example.com",
			"routing-method":    "Weighted",
			"weight":            weight,
			"endpoint-name":     endpoint,
			"endpoint-location": region,
			"monitor-protocol":  "HTTPS",
			"monitor-port":      "443",
			"monitor-path":      "/health",
		},
	}
}

// plain is a Service with as few annotations as possible and its own profile.
func plain(name string) harness.Service {
	return harness.Service{
		Name:      name,
		Hosts:     []string{name + ".example.com"},
		Addresses: []string{"20.1.113.30"},
		TM:        harness.TM{"enabled": "true", "profile-name": "tm-" + name, "endpoint-name": name},
	}
}

// joined is a world with the east and the west cluster, both members of one
// profile and settled.
func joined(t *testing.T) (world *harness.World, eastern, western *harness.Cluster) {
	t.Helper()
	world = harness.NewWorld(t)
	eastern = world.Cluster(t, "cluster-east")
	western = world.Cluster(t, "cluster-west")
	eastern.Apply(t, east())
	eastern.Settle(t)
	western.Apply(t, west())
	western.Settle(t)
	eastern.ExpectNoOp(t)
	return world, eastern, western
}

// wantCounts fails the test unless a plan has exactly these changes.
func wantCounts(t *testing.T, loop harness.Loop, want harness.Counts) {
	t.Helper()
	if got := harness.Count(loop.Planned); got != want {
		t.Errorf("planned %+v, want %+v:%s", got, want, harness.Describe(loop.Planned))
	}
}

// wantEqual fails the test unless two values are equal.
func wantEqual[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// decimal writes a number as an annotation has it.
func decimal(number int) string { return strconv.Itoa(number) }

// wantNoProfiles runs loops with nothing to do until the last empty profile has
// gone. That is not the provider's answer to a deletion: it looks in a later loop
// whether a profile is still empty, and then deletes it in the background.
func wantNoProfiles(t *testing.T, world *harness.World, clusters ...*harness.Cluster) {
	t.Helper()
	for range 3 {
		for _, cluster := range clusters {
			wantCounts(t, cluster.Loop(t), harness.Counts{})
			cluster.Quiesce(t)
		}
		if len(world.ProfileNames(t, group)) == 0 {
			break
		}
	}
	for _, cluster := range clusters {
		cluster.ExpectNoOp(t)
	}
	if names := world.ProfileNames(t, group); len(names) != 0 {
		t.Errorf("Azure still has the profiles %v", names)
	}
}
