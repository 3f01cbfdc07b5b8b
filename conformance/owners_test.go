package conformance

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

func TestTwoOwnersShareOneProfileInEitherOrder(t *testing.T) {
	type party struct {
		owner, endpoint string
		service         harness.Service
	}
	eastern := party{"cluster-east", "east-us", east()}
	western := party{"cluster-west", "west-us", west()}
	for _, test := range []struct {
		name                   string
		first, second, leaving party
	}{
		{"east first, east leaves", eastern, western, eastern},
		{"east first, west leaves", eastern, western, western},
		{"west first, east leaves", western, eastern, eastern},
		{"west first, west leaves", western, eastern, western},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			clusters := map[string]*harness.Cluster{}
			for _, party := range []party{test.first, test.second} {
				clusters[party.owner] = world.Cluster(t, party.owner)
			}
			first, second := clusters[test.first.owner], clusters[test.second.owner]

			first.Apply(t, test.first.service)
			wantCounts(t, first.Settle(t), harness.Counts{Create: 1})
			before := world.Member(t, group, profile, test.first.endpoint)

			second.Apply(t, test.second.service)
			var loop harness.Loop
			cost := world.Cost(t, func() { loop = second.Loop(t) })
			wantCounts(t, loop, harness.Counts{Create: 1})
			if cost.Count("profiles.put", "profiles.patch") != 0 {
				t.Errorf("joining a profile is not to write the profile; it cost %s", cost)
			}
			second.ExpectNoOp(t)
			first.ExpectNoOp(t)
			wantUntouched(t, before, world.Member(t, group, profile, test.first.endpoint))

			staying := test.first
			if test.leaving.owner == staying.owner {
				staying = test.second
			}
			before = world.Member(t, group, profile, staying.endpoint)
			clusters[test.leaving.owner].Delete(t, test.leaving.service)
			wantCounts(t, clusters[test.leaving.owner].Settle(t), harness.Counts{Delete: 1})
			wantUntouched(t, before, world.Member(t, group, profile, staying.endpoint))
			if names := world.Profile(t, group, profile).EndpointNames(); !slices.Equal(names, []string{staying.endpoint}) {
				t.Errorf("the profile has the endpoints %v, want only %s", names, staying.endpoint)
			}
			clusters[staying.owner].ExpectNoOp(t)

			// Whoever stays can still change everything, settings included.
			changed := staying.service.With("weight", "9", "dns-ttl", "45")
			clusters[staying.owner].Apply(t, changed)
			clusters[staying.owner].Loop(t)
			clusters[staying.owner].ExpectNoOp(t)
			wantEqual(t, "the weight", world.Member(t, group, profile, staying.endpoint).Properties.Weight, 9)
			wantEqual(t, "the TTL", world.Profile(t, group, profile).Properties.DNSConfig.TTL, 45)

			clusters[staying.owner].Delete(t, staying.service)
			clusters[staying.owner].Loop(t)
			wantNoProfiles(t, world, first, second)
		})
	}
}

// Both clusters are rolled out in the same second: neither may end up without its
// member, whoever wins the race to create the profile.
func TestTwoOwnersCreateOneProfileAtTheSameTime(t *testing.T) {
	for round := range 5 {
		world := harness.NewWorld(t, "--latency=5ms")
		clusters := []*harness.Cluster{world.Cluster(t, "cluster-east"), world.Cluster(t, "cluster-west")}
		clusters[0].Apply(t, east())
		clusters[1].Apply(t, west())
		// Sources are built before the race, so that the loops overlap.
		for _, cluster := range clusters {
			cluster.Prepare(t)
		}
		var group sync.WaitGroup
		for _, cluster := range clusters {
			group.Go(func() { cluster.Attempt(t) })
		}
		group.Wait()
		for range 2 {
			for _, cluster := range clusters {
				cluster.Loop(t)
			}
		}
		for _, cluster := range clusters {
			cluster.ExpectNoOp(t)
		}
		names := world.Profile(t, harness.Group, profile).EndpointNames()
		if !slices.Equal(names, []string{"east-us", "west-us"}) {
			t.Fatalf("round %d: the profile has the endpoints %v, want both", round, names)
		}
	}
}

func TestAnEndpointNameClaimedByAnotherOwnerIsReportedAndUntouched(t *testing.T) {
	world, eastern, western := joined(t)
	before := world.Member(t, group, profile, "east-us")
	rival := plain("rival")
	rival.TM = west().TM.With("endpoint-name", "east-us", "weight", "1")
	western.Apply(t, rival)
	loop := western.Loop(t)
	if counts := harness.Count(loop.Planned); counts.Update != 0 || counts.Delete != 0 {
		t.Errorf("the conflict changed something:%s", harness.Describe(loop.Planned))
	}
	wantUntouched(t, before, world.Member(t, group, profile, "east-us"))
	eastern.ExpectNoOp(t)
	western.ExpectNoOp(t)
	wantReported(t, western, "service/default/rival", "east-us")

	// Once the name is free, the one who waited gets it.
	eastern.Delete(t, east())
	eastern.Settle(t)
	western.Loop(t)
	western.ExpectNoOp(t)
	wantEqual(t, "the target", world.Member(t, group, profile, "east-us").Properties.Target, "rival.example.com")
}

// Two clusters serve the same host and differ only in the endpoint.
func TestTwoOwnersServeTheSameHost(t *testing.T) {
	world := harness.NewWorld(t)
	eastern, western := world.Cluster(t, "cluster-east"), world.Cluster(t, "cluster-west")
	services := []harness.Service{east(), west()}
	for i, cluster := range []*harness.Cluster{eastern, western} {
		services[i].Hosts = []string{"my-app.example.com"} // The vanity host itself.
		cluster.Apply(t, services[i])
		wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
	}
	eastern.ExpectNoOp(t)
	// A host that is the vanity host cannot be its own target.
	wantEqual(t, "east's target", world.Member(t, group, profile, "east-us").Properties.Target, "20.1.113.10")
	wantEqual(t, "west's target", world.Member(t, group, profile, "west-us").Properties.Target, "20.1.113.20")
}

func TestOwnersThatDisagreeOnSettingsDoNotFlap(t *testing.T) {
	world, eastern, western := joined(t)
	western.Apply(t, west().With("dns-ttl", "300", "monitor-path", "/other"))
	cost := world.Cost(t, func() { western.Loop(t) })
	if cost.Count("profiles.put", "profiles.patch") != 0 {
		t.Errorf("an owner that does not own the settings wrote them: %s", cost)
	}
	western.ExpectNoOp(t)
	eastern.ExpectNoOp(t)
	settings := world.Profile(t, group, profile).Properties
	wantEqual(t, "the TTL", settings.DNSConfig.TTL, 30)
	wantEqual(t, "the monitor's path", settings.MonitorConfig.Path, "/health")
	wantReported(t, western, "service/default/my-app-west", "dns-ttl")
}

func TestACreateOfAnotherOwnerIsRefused(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east", "--txt-owner-id=default")
	cluster.Apply(t, east())
	loop := cluster.Attempt(t)
	if loop.Err == nil {
		t.Error("a create of another owner was accepted")
	}
	if names := world.ProfileNames(t, group); len(names) != 0 {
		t.Errorf("Azure has got the profiles %v", names)
	}
	for _, text := range []string{"default", "cluster-east", "--txt-owner-id"} {
		if !strings.Contains(cluster.Serve.Logs(), text) {
			t.Errorf("the log does not name %q", text)
		}
	}
}

// wantReported fails the test unless a log line names all the texts.
func wantReported(t *testing.T, cluster *harness.Cluster, texts ...string) {
	t.Helper()
	for line := range strings.Lines(cluster.Serve.Logs()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			return
		}
	}
	t.Errorf("no line of the log of %s names all of %q", cluster.Owner, texts)
}
