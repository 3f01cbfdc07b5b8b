package conformance

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/external-dns/endpoint"

	"external-dns-traffic-manager/conformance/harness"
)

// registries are ExternalDNS's ways to keep ownership that need no other service.
var registries = []struct {
	name  string
	flags []string
	// txt says whether the registry sends TXT records, cached whether ExternalDNS
	// answers from its own memory.
	txt, cached bool
}{
	{"txt", nil, true, false},
	{"txt with a prefix", []string{"--txt-prefix=owner-"}, true, false},
	{"txt with a prefix template", []string{"--txt-prefix=%{record_type}-owner."}, true, false},
	{"txt with a suffix", []string{"--txt-suffix=-owner"}, true, false},
	{"txt with a wildcard replacement", []string{"--txt-wildcard-replacement=any"}, true, false},
	{"txt encrypted", []string{"--txt-encrypt-enabled", "--txt-encrypt-aes-key=0123456789abcdef0123456789abcdef"}, true, false},
	{"txt with a cache", []string{"--txt-cache-interval=1h"}, true, true},
	{"txt and a provider cache", []string{"--provider-cache-time=1h"}, true, true},
	{"noop", []string{"--registry=noop"}, false, false},
}

// endpointsOf counts the endpoints of all profiles.
func endpointsOf(world *harness.World, t *testing.T) int {
	t.Helper()
	count := 0
	for _, profile := range world.Profiles(t, group) {
		count += len(profile.Properties.Endpoints)
	}
	return count
}

func TestEveryRegistryCreatesUpdatesAndDeletes(t *testing.T) {
	for _, registry := range registries {
		t.Run(registry.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east", registry.flags...)
			wild := plain("wild")
			wild.Hosts = []string{"*.example.com"}
			cluster.Apply(t, east())
			cluster.Apply(t, wild)

			created := cluster.Loop(t)
			wantCounts(t, created, harness.Counts{Create: 2})
			wantEqual(t, "TXT records were sent", slices.ContainsFunc(created.Sent.Create, isTXT), registry.txt)
			if registry.cached {
				// ExternalDNS remembers what it asked for, and learns in one update
				// which priority Azure chose. That is no write.
				cost := cluster.Cost(t, func() { cluster.Loop(t) })
				wantEqual(t, "the number of writes", cost.Writes, 0)
			}
			wantNoPlan(t, cluster)
			wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, 70)

			cluster.Apply(t, east().With("weight", "5"))
			wantCounts(t, cluster.Loop(t), harness.Counts{Update: 1})
			wantNoPlan(t, cluster)
			wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, 5)

			cluster.Delete(t, east())
			cluster.Delete(t, wild)
			wantCounts(t, cluster.Loop(t), harness.Counts{Delete: 2})
			if registry.cached {
				// Without a listing nothing asks whether the empty profile may go.
				wantNoPlan(t, cluster)
				wantEqual(t, "the number of endpoints", endpointsOf(world, t), 0)
				return
			}
			wantNoProfiles(t, world, cluster)
		})
	}
}

// With the noop registry ExternalDNS deletes whatever the provider lists and
// nobody wants, whoever made it; so nothing of another owner may be listed.
func TestTheNoopRegistryCannotHurtAnotherOwner(t *testing.T) {
	world, _, western := joined(t)
	world.PutProfile(t, group, "by-terraform", harness.Foreign("by-terraform", harness.External("primary", "app.example.net", 1)))
	before := world.Profiles(t, group)

	careless := world.Cluster(t, "cluster-north", "--registry=noop")
	careless.ExpectNoOp(t)
	careless.Apply(t, plain("north"))
	careless.Settle(t)
	careless.Delete(t, plain("north"))
	careless.Loop(t)
	careless.Loop(t)
	careless.Quiesce(t)
	careless.ExpectNoOp(t)

	after := world.Profiles(t, group)
	for name, profile := range before {
		if harness.ProfilesDiffer(profile, after[name]) {
			t.Errorf("the profile %s was touched:\nbefore %+v\nafter  %+v", name, profile, after[name])
		}
	}
	western.ExpectNoOp(t)
}

// The TXT records of the registry are acknowledged, not stored, and never
// returned: ownership is in the labels of the member's own record.
func TestTheRegistrysTXTRecordsAreNotStored(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	cluster.Loop(t)
	loop := cluster.Loop(t)
	if slices.ContainsFunc(loop.Current, isTXT) {
		t.Error("a TXT record is returned")
	}
	for _, profile := range world.Profiles(t, group) {
		for key, value := range profile.Tags {
			if strings.Contains(value, "heritage=") {
				t.Errorf("the tag %s holds a TXT record: %s", key, value)
			}
		}
	}
}

func TestThePolicyDecidesWhatMayHappen(t *testing.T) {
	for _, test := range []struct {
		policy          string
		updated, remain bool
	}{
		{"sync", true, false},
		{"upsert-only", true, true},
		{"create-only", false, true},
	} {
		t.Run(test.policy, func(t *testing.T) {
			world := harness.NewWorld(t)
			// The empty profile stays, so that only the loop under test writes.
			cluster := world.ClusterWith(t, "cluster-east", harness.Setup{
				Serve: []string{"--profile-grace=1h"}, ExternalDNS: []string{"--policy=" + test.policy},
			})
			cluster.Apply(t, east())
			wantCounts(t, cluster.Loop(t), harness.Counts{Create: 1})
			wantNoPlan(t, cluster)

			cluster.Apply(t, east().With("weight", "5"))
			cluster.Loop(t)
			wantNoPlan(t, cluster)
			weight := map[bool]int{true: 5, false: 70}[test.updated]
			wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, weight)

			cluster.Delete(t, east())
			cluster.Loop(t)
			wantNoPlan(t, cluster)
			found := world.FindProfile(t, group, profile)
			wantEqual(t, "the member remains", found != nil && found.Endpoint("east-us") != nil, test.remain)
		})
	}
}

// Under upsert-only an endpoint that was renamed is created under its new name
// while the old one stays; the two must not fight.
func TestUpsertOnlyKeepsARenamedMemberBesideTheNewOne(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east", "--policy=upsert-only")
	cluster.Apply(t, east().With("target", "address"))
	cluster.Settle(t)
	renamed := east().With("target", "address", "endpoint-name", "east-us-2")
	renamed.Addresses = []string{"20.1.113.11"}
	cluster.Apply(t, renamed)
	cluster.Loop(t)
	wantNoPlan(t, cluster)
	if names := world.Profile(t, group, profile).EndpointNames(); !slices.Equal(names, []string{"east-us", "east-us-2"}) {
		t.Errorf("the profile has the endpoints %v, want both", names)
	}
}

func TestAnOwnerIsMigratedWithoutALoop(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east", "--migrate-from-txt-owner=default")
	cluster.Apply(t, east())
	cluster.Settle(t)
	cluster.Apply(t, east().With("weight", "5"))
	cluster.Settle(t)
}

func isTXT(record *endpoint.Endpoint) bool { return record.RecordType == endpoint.RecordTypeTXT }

// wantNoPlan runs a loop that may read from a cache of ExternalDNS, in which
// nothing is to be done and nothing to be written.
func wantNoPlan(t *testing.T, cluster *harness.Cluster) {
	t.Helper()
	var loop harness.Loop
	cost := cluster.Cost(t, func() { loop = cluster.Loop(t) })
	wantCounts(t, loop, harness.Counts{})
	if cost.Writes != 0 {
		t.Errorf("a loop with nothing to do wrote to Azure: %s", cost)
	}
}
