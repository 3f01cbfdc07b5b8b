package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

// Azure's ways to refuse a listing, as one finds them in production.
var refusals = []harness.Fault{
	{Status: 400},
	{Status: 401},
	{Status: 403},
	{Status: 404},
	{Status: 409},
	{Status: 429},
	{Status: 429, RetryAfter: "3600"},
	{Status: 429, RetryAfter: "soon"},
	{Status: 500},
	{Status: 502},
	{Status: 503, RetryAfter: "1"},
	{Status: 504},
	{Status: 599},
	{Reset: true},
	{Delay: "2s"},
}

func title(fault harness.Fault) string {
	switch {
	case fault.Reset:
		return "reset"
	case fault.Delay != "":
		return "slow"
	case fault.RetryAfter != "":
		return fmt.Sprintf("%d with Retry-After %s", fault.Status, fault.RetryAfter)
	default:
		return fmt.Sprint(fault.Status)
	}
}

// quick makes a provider answer long before the client gives up, so that a test of
// an Azure that does not answer in time is over soon. Empty profiles stay, so that
// only the loop under test writes.
var quick = harness.Setup{Serve: []string{"--deadline=1s", "--profile-grace=1h"}}

func TestAFailingListIsASoftErrorAndChangesNothing(t *testing.T) {
	for _, fault := range refusals {
		t.Run(title(fault), func(t *testing.T) {
			t.Parallel()
			world := harness.NewWorld(t)
			cluster := world.ClusterWith(t, "cluster-east", quick)
			cluster.Apply(t, east())
			cluster.Settle(t)
			before := world.Profiles(t, group)[profile]
			cluster.Apply(t, east().With("weight", "5"))
			fault.Operation = "profiles.list"
			world.Break(t, fault)
			var loop harness.Loop
			cost := world.Cost(t, func() { loop = cluster.Attempt(t) })
			world.Heal(t)
			if loop.Err == nil {
				t.Error("the loop succeeded although Azure could not be listed")
			}
			wantEqual(t, "the number of writes", cost.Writes, 0)
			if after := world.Profiles(t, group)[profile]; harness.ProfilesDiffer(before, after) {
				t.Errorf("the profile changed:\nbefore %+v\nafter  %+v", before, after)
			}
			recovers(t, cluster)
			wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, 5)
		})
	}
}

// recovers runs loops until one succeeds, as ExternalDNS does at its interval, and
// then one with nothing to do. Work that was begun under the fault may outlive it:
// a write that is being repeated, or a wait that Azure asked for. Loops meanwhile
// fail softly.
func recovers(t *testing.T, cluster *harness.Cluster) {
	t.Helper()
	attempt := eventually(t, cluster, func(loop harness.Loop) bool { return loop.Err == nil })
	if attempt.Err != nil {
		t.Fatalf("no loop after the fault had ended succeeded: %v", attempt.Err)
	}
	// The list of that loop may have been begun by an earlier one.
	cluster.Quiesce(t)
	cluster.Loop(t)
	cluster.Quiesce(t)
	cluster.ExpectNoOp(t)
}

// eventually runs loops until one is as wanted, and returns the last one.
func eventually(t *testing.T, cluster *harness.Cluster, wanted func(harness.Loop) bool) harness.Loop {
	t.Helper()
	var loop harness.Loop
	for range 30 {
		if loop = cluster.Attempt(t); wanted(loop) {
			return loop
		}
	}
	return loop
}

func TestAListThatFailsForOneGroupOfTwoIsNeverAShorterList(t *testing.T) {
	for _, registry := range []string{"txt", "noop"} {
		for _, fault := range refusals {
			t.Run(registry+" "+title(fault), func(t *testing.T) {
				t.Parallel()
				world := harness.NewWorld(t)
				cluster := world.ClusterWith(t, "cluster-east", harness.Setup{
					Groups: []string{group, "other-rg"}, Serve: quick.Serve, ExternalDNS: []string{"--registry=" + registry},
				})
				cluster.Apply(t, plain("here").With("resource-group", group))
				cluster.Apply(t, plain("there").With("resource-group", "other-rg"))
				cluster.Settle(t)
				here, there := world.Profiles(t, group), world.Profiles(t, "other-rg")
				fault.Operation, fault.ResourceGroup = "profiles.list", "other-rg"
				world.Break(t, fault)
				var loop harness.Loop
				cost := world.Cost(t, func() { loop = cluster.Attempt(t) })
				world.Heal(t)
				if loop.Err == nil {
					t.Error("the loop succeeded with half a list")
				}
				wantEqual(t, "the number of writes", cost.Writes, 0)
				if harness.ProfilesDiffer(here["tm-here"], world.Profiles(t, group)["tm-here"]) ||
					harness.ProfilesDiffer(there["tm-there"], world.Profiles(t, "other-rg")["tm-there"]) {
					t.Error("a profile changed")
				}
				recovers(t, cluster)
			})
		}
	}
}

// Whether the write had its effect or not, a later loop finds out. A 400 is not
// among the faults: it says that the wish itself is wrong, and is not repeated. Nor
// is a 403: who lacks a permission tries again after ten minutes.
func TestAFailingWriteIsRepairedByALaterLoop(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		for _, fault := range refusals {
			if fault.Status == http.StatusBadRequest || fault.Status == http.StatusForbidden {
				continue
			}
			t.Run(when+" "+title(fault), func(t *testing.T) {
				t.Parallel()
				world := harness.NewWorld(t)
				cluster := world.ClusterWith(t, "cluster-east", quick)
				fault.Operation, fault.When = "writes", when
				fail := func() {
					world.Break(t, fault)
					cluster.Attempt(t)
					wantEqual(t, "serve is alive", cluster.Serve.Alive(), true)
					world.Heal(t)
					recovers(t, cluster)
				}
				cluster.Apply(t, east())
				fail()
				wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, 70)
				cluster.Apply(t, east().With("weight", "5"))
				fail()
				wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, 5)
				cluster.Delete(t, east())
				fail()
				if found := world.FindProfile(t, group, profile); found != nil && found.Endpoint("east-us") != nil {
					t.Error("the member of the deleted Service is still there")
				}
			})
		}
	}
}

// A profile whose writes fail does not hold up the others. Not 403: who lacks a
// permission tries again after ten minutes.
func TestAProfileThatFailsDoesNotHoldUpTheOthers(t *testing.T) {
	for _, fault := range []harness.Fault{{Status: 401}, {Status: 409}, {Status: 500}, {Reset: true}} {
		t.Run(title(fault), func(t *testing.T) {
			t.Parallel()
			world := harness.NewWorld(t)
			cluster := world.ClusterWith(t, "cluster-east", quick)
			names := []string{"a", "b", "c"}
			for _, name := range names {
				cluster.Apply(t, plain(name))
			}
			fault.Operation, fault.Profile = "writes", "tm-b"
			world.Break(t, fault)
			cluster.Attempt(t)
			profiles := world.Profiles(t, group)
			for _, name := range []string{"tm-a", "tm-c"} {
				if _, found := profiles[name]; !found {
					t.Errorf("%s is missing", name)
				}
			}
			world.Heal(t)
			recovers(t, cluster)

			world.Break(t, fault)
			for _, name := range names {
				cluster.Apply(t, plain(name).With("weight", "5"))
			}
			cluster.Attempt(t)
			for _, name := range []string{"a", "c"} {
				wantEqual(t, "the weight of "+name, world.Member(t, group, "tm-"+name, name).Properties.Weight, 5)
			}
			wantEqual(t, "the weight of b", world.Member(t, group, "tm-b", "b").Properties.Weight, 100)
			world.Heal(t)
			recovers(t, cluster)
			wantEqual(t, "the weight of b", world.Member(t, group, "tm-b", "b").Properties.Weight, 5)
		})
	}
}

// A member whose write fails does not hold up its neighbours in the same profile.
func TestAMemberThatFailsDoesNotHoldUpItsNeighbours(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.ClusterWith(t, "cluster-east", quick)
	names := []string{"a", "b", "c"}
	apply := func(weight string) {
		for _, name := range names {
			cluster.Apply(t, plain(name).With("profile-name", profile, "weight", weight))
		}
	}
	apply("10")
	cluster.Settle(t)
	apply("20")
	world.Break(t, harness.Fault{Operation: "endpoints.*", Endpoint: "b", Status: 409})
	cluster.Attempt(t)
	for _, name := range []string{"a", "c"} {
		wantEqual(t, "the weight of "+name, world.Member(t, group, profile, name).Properties.Weight, 20)
	}
	world.Heal(t)
	recovers(t, cluster)
	wantEqual(t, "the weight of b", world.Member(t, group, profile, "b").Properties.Weight, 20)
}

func TestAnAzureThatCannotBeReached(t *testing.T) {
	world, eastern, _ := joined(t)
	world.Kill()
	for range 3 {
		if loop := eastern.Attempt(t); loop.Err == nil {
			t.Error("a loop succeeded although Azure cannot be reached")
		}
	}
	wantEqual(t, "serve is alive", eastern.Serve.Alive(), true)
}

// Azure fails at random for many loops; the result is what it would have been.
func TestRandomFaultsConverge(t *testing.T) {
	for seed := 1; seed <= 3; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			world := harness.NewWorld(t)
			eastern := world.ClusterWith(t, "cluster-east", quick)
			western := world.ClusterWith(t, "cluster-west", quick)
			world.Break(t,
				harness.Fault{Status: http.StatusInternalServerError, Fraction: 0.2, Seed: seed},
				harness.Fault{Operation: "writes", Reset: true, When: "after", Fraction: 0.2, Seed: seed + 100},
				harness.Fault{Operation: "writes", Status: http.StatusConflict, Fraction: 0.2, Seed: seed + 200},
			)
			for i := range 12 {
				eastern.Apply(t, east().With("weight", decimal(100+i)))
				western.Apply(t, west().With("weight", decimal(200+i)))
				if i%4 == 3 {
					western.Delete(t, west())
				}
				eastern.Attempt(t)
				western.Attempt(t)
			}
			eastern.Apply(t, east())
			western.Apply(t, west())
			world.Heal(t)
			for range 2 {
				eastern.Attempt(t)
				western.Attempt(t)
			}
			eastern.Loop(t)
			western.Loop(t)
			eastern.ExpectNoOp(t)
			western.ExpectNoOp(t)
			wantEqual(t, "east's weight", world.Member(t, group, profile, "east-us").Properties.Weight, 70)
			wantEqual(t, "west's weight", world.Member(t, group, profile, "west-us").Properties.Weight, 30)
			wantEqual(t, "the number of endpoints", len(world.Profile(t, group, profile).Properties.Endpoints), 2)
		})
	}
}

func TestServeIsKilledInTheMiddleOfAWrite(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.ClusterWith(t, "cluster-east", quick)
	cluster.Apply(t, east())
	for _, when := range []string{"before", "after"} {
		world.Break(t, harness.Fault{Operation: "writes", When: when, Delay: "30s"})
		cluster.Attempt(t) // Answers at its deadline, with the write still open.
		cluster.Serve.Restart(t)
		world.Heal(t)
		cluster.Loop(t)
		cluster.ExpectNoOp(t)
		wantEqual(t, "the number of endpoints", len(world.Profile(t, group, profile).Properties.Endpoints), 1)
		cluster.Apply(t, east().With("weight", "5"))
	}
}

func TestTheLogAndTheMetricsSayWhy(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.ClusterWith(t, "cluster-east", quick)
	cluster.Apply(t, east())
	cluster.Settle(t)
	world.Break(t, harness.Fault{Operation: "profiles.list", Status: 403})
	cluster.Attempt(t)
	world.Heal(t)
	if !strings.Contains(cluster.Serve.Logs(), "AuthorizationFailed") {
		t.Error("the log does not have Azure's reason")
	}
	if failures := cluster.Serve.Metric(t, "external_dns_traffic_manager_consecutive_listing_failures"); failures < 1 {
		t.Errorf("the metric counts %v failed listings", failures)
	}
	recovers(t, cluster)
	if failures := cluster.Serve.Metric(t, "external_dns_traffic_manager_consecutive_listing_failures"); failures != 0 {
		t.Errorf("the metric still counts %v failed listings", failures)
	}
}
