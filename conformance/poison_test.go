package conformance

import (
	"slices"
	"strings"
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

// poisons are annotations that make an object invalid.
var poisons = []struct {
	name string
	// pairs are names and values; the first name is the one to be reported.
	pairs []string
}{
	{"weight is no number", []string{"weight", "heavy"}},
	{"weight too large", []string{"weight", "1001"}},
	{"weight negative", []string{"weight", "-1"}},
	{"weight with a fraction", []string{"weight", "1.5"}},
	{"priority zero", []string{"priority", "0"}},
	{"priority too large", []string{"priority", "1001"}},
	{"unknown routing method", []string{"routing-method", "Fastest"}},
	{"unknown status", []string{"endpoint-status", "Paused"}},
	{"unknown protocol", []string{"monitor-protocol", "QUIC"}},
	{"port out of range", []string{"monitor-port", "70000"}},
	{"TCP without a port", []string{"monitor-port", "", "monitor-protocol", "TCP"}},
	{"TCP with a path", []string{"monitor-path", "/x", "monitor-protocol", "TCP", "monitor-port", "5432"}},
	{"path without a slash", []string{"monitor-path", "health"}},
	{"TTL is no number", []string{"dns-ttl", "soon"}},
	{"TTL negative", []string{"dns-ttl", "-5"}},
	{"health checks neither true nor false", []string{"health-checks-enabled", "perhaps"}},
	{"enabled neither true nor false", []string{"enabled", "perhaps"}},
	{"group outside the list", []string{"resource-group", "somebody-elses-rg"}},
	{"profile name with a slash", []string{"profile-name", "a/b"}},
	{"endpoint name with a slash", []string{"endpoint-name", "a/b"}},
	{"DNS name with an underscore", []string{"dns-name", "a_b"}},
	{"target is no name", []string{"target", "not a name"}},
	{"target is the vanity host", []string{"target", "my-app.example.com", "hostname", "my-app.example.com"}},
	{"vanity host is no name", []string{"hostname", "my app"}},
	{"geographic without codes", []string{"geo-mapping", "", "routing-method", "Geographic"}},
	{"unknown geographic code", []string{"geo-mapping", "XX-NOWHERE", "routing-method", "Geographic"}},
	{"no subnet", []string{"subnets", "10.0.0.0/99", "routing-method", "Subnet"}},
	{"performance without a location", []string{"endpoint-location", "", "routing-method", "Performance"}},
	{"a name under MultiValue", []string{"target", "hostname", "routing-method", "MultiValue"}},
}

func TestAPoisonedNewObjectIsNotCreatedAndItsNeighboursAre(t *testing.T) {
	for _, poison := range poisons {
		t.Run(poison.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east")
			cluster.Apply(t, plain("first"))
			cluster.Apply(t, plain("poisoned").With(poison.pairs...))
			cluster.Apply(t, plain("second"))
			wantCounts(t, cluster.Settle(t), harness.Counts{Create: 2})
			profiles := world.Profiles(t, group)
			if len(profiles) != 2 {
				t.Errorf("Azure has %d profiles, want only those of the neighbours", len(profiles))
			}
			wantReported(t, cluster, "service/default/poisoned", poison.pairs[0])

			// Repaired, it is created like any other.
			cluster.Apply(t, plain("poisoned"))
			wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
			for _, name := range []string{"first", "poisoned", "second"} {
				cluster.Delete(t, plain(name))
			}
			cluster.Loop(t)
			wantNoProfiles(t, world, cluster)
		})
	}
}

func TestAPoisonedMemberStaysAsItIsAndItsNeighboursFollow(t *testing.T) {
	for _, poison := range poisons {
		t.Run(poison.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east")
			member := plain("poisoned").With("weight", "40", "hostname", "my-app.example.com", "endpoint-location", "eastus")
			cluster.Apply(t, member)
			cluster.Apply(t, plain("neighbour"))
			cluster.Settle(t)
			before := world.Profile(t, group, "tm-poisoned")
			// A valid change beside the invalid one is not made either.
			poisoned := member.With("health-checks-enabled", "false").With(poison.pairs...)
			cluster.Apply(t, poisoned)
			cluster.Apply(t, plain("neighbour").With("weight", "7"))
			wantCounts(t, cluster.Settle(t), harness.Counts{Update: 1})
			if after := world.Profile(t, group, "tm-poisoned"); harness.ProfilesDiffer(*before, *after) {
				t.Errorf("the poisoned object changed its profile:\nbefore %+v\nafter  %+v", before, after)
			}
			wantReported(t, cluster, "service/default/poisoned", poison.pairs[0])
			wantEqual(t, "the neighbour's weight", world.Member(t, group, "tm-neighbour", "neighbour").Properties.Weight, 7)

			// A poisoned object that is deleted takes its member with it.
			cluster.Delete(t, member)
			wantCounts(t, cluster.Loop(t), harness.Counts{Delete: 1})
			cluster.Delete(t, plain("neighbour"))
			cluster.Loop(t)
			wantNoProfiles(t, world, cluster)
		})
	}
}

func TestAnUnknownAnnotationIsReportedWithTheNearestKnownOne(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, plain("typo").With("wieght", "70"))
	cluster.Settle(t)
	wantReported(t, cluster, "service/default/typo", "wieght", "weight")
}

// The name of the profile is taken by someone else in the world: that profile is
// reported, the others proceed.
func TestANameTakenBySomeoneElse(t *testing.T) {
	world := harness.NewWorld(t)
	world.PutProfile(t, "somebody-elses-rg", "their-profile", harness.Foreign("tm-taken"))
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, plain("first"))
	cluster.Apply(t, plain("taken"))
	cluster.Apply(t, plain("second"))
	cluster.Attempt(t)
	// The refusal is known now, and is no error in every loop.
	cluster.ExpectNoOp(t)
	profiles := world.Profiles(t, group)
	for _, name := range []string{"tm-first", "tm-second"} {
		if _, found := profiles[name]; !found {
			t.Errorf("the profile %s of a neighbour is missing", name)
		}
	}
	if _, found := profiles["tm-taken"]; found {
		t.Error("the profile whose name is taken exists")
	}
	wantReported(t, cluster, "tm-taken")

	cluster.Apply(t, plain("first").With("weight", "7"))
	wantCounts(t, cluster.Settle(t), harness.Counts{Update: 1})
	wantEqual(t, "the neighbour's weight", world.Member(t, group, "tm-first", "first").Properties.Weight, 7)

	// Another name is tried at once.
	cluster.Apply(t, plain("taken").With("dns-name", "tm-free"))
	wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
	world.Member(t, group, "tm-taken", "taken")
}

func TestManyPoisonedObjectsAreAllReported(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	for _, name := range []string{"a", "b", "c"} {
		cluster.Apply(t, plain(name).With("weight", "heavy"))
	}
	cluster.ExpectNoOp(t)
	for _, name := range []string{"a", "b", "c"} {
		if !strings.Contains(cluster.Serve.Logs(), "service/default/"+name) {
			t.Errorf("the log does not name %s", name)
		}
	}
}

// What only Azure knows to be wrong is tried once, reported, and not repeated in
// every loop. The neighbours in the same profile proceed.
func TestAMemberThatAzureRefusesDoesNotHoldUpItsNeighbours(t *testing.T) {
	for _, test := range []struct {
		name  string
		wrong func(harness.Service) harness.Service
	}{
		{"private address", func(s harness.Service) harness.Service { s.Addresses = []string{"10.1.2.3"}; return s }},
		{"unknown location", func(s harness.Service) harness.Service { return s.With("endpoint-location", "atlantis") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east")
			services := map[string]harness.Service{}
			for i, name := range []string{"first", "refused", "second"} {
				service := plain(name).With("profile-name", profile, "target", "address")
				service.Addresses = []string{"20.1.113." + decimal(50+i)}
				services[name] = service
			}
			cluster.Apply(t, services["first"])
			cluster.Apply(t, test.wrong(services["refused"]))
			cluster.Apply(t, services["second"])
			// If Azure has to say so, it may refuse the whole new profile first.
			for range 3 {
				cluster.Attempt(t)
			}
			cluster.ExpectNoOp(t)
			if names := world.Profile(t, group, profile).EndpointNames(); !slices.Equal(names, []string{"first", "second"}) {
				t.Errorf("the profile has the endpoints %v, want first and second", names)
			}
			wantReported(t, cluster, "service/default/refused")

			cluster.Apply(t, services["refused"])
			wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})

			// The same mistake on the member that exists now leaves it as it is.
			before := world.Member(t, group, profile, "refused")
			cluster.Apply(t, test.wrong(services["refused"]))
			cluster.Apply(t, services["first"].With("weight", "7"))
			for range 2 {
				cluster.Attempt(t)
			}
			cluster.ExpectNoOp(t)
			wantUntouched(t, before, world.Member(t, group, profile, "refused"))
			wantEqual(t, "the neighbour's weight", world.Member(t, group, profile, "first").Properties.Weight, 7)
		})
	}
}
