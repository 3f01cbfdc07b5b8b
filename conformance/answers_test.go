package conformance

import (
	"testing"

	"github.com/miekg/dns"

	"external-dns-traffic-manager/conformance/harness"
)

const (
	eastTarget = "my-app-east.example.com."
	westTarget = "my-app-west.example.com."
)

// From the annotation to the answer: weights, then health.
func TestAnswersFollowWeightsAndHealth(t *testing.T) {
	world, eastern, western := joined(t)
	world.SetHealth(t, profile, "east-us", harness.Online)
	world.SetHealth(t, profile, "west-us", harness.Online)

	const questions = 2000
	wantShare(t, world.Targets(t, profile, questions), eastTarget, questions, 0.70)

	eastern.Apply(t, east().With("weight", "50"))
	western.Apply(t, west().With("weight", "50"))
	eastern.Loop(t)
	western.Loop(t)
	wantShare(t, world.Targets(t, profile, questions), eastTarget, questions, 0.50)

	world.SetHealth(t, profile, "east-us", harness.Degraded)
	wantShare(t, world.Targets(t, profile, 200), westTarget, 200, 1)
	world.SetHealth(t, profile, "east-us", harness.Online)
	wantShare(t, world.Targets(t, profile, questions), westTarget, questions, 0.50)

	eastern.Apply(t, east().With("weight", "0"))
	eastern.Settle(t)
	wantShare(t, world.Targets(t, profile, 200), westTarget, 200, 1)

	western.Delete(t, west())
	western.Settle(t)
	eastern.Delete(t, east())
	eastern.Loop(t)
	wantNoProfiles(t, world, eastern, western)
	if answer := world.Ask(t, "udp", fqdn, dns.TypeA); answer.Rcode != dns.RcodeNameError {
		t.Errorf("the name of a deleted profile answers %s, want NXDOMAIN", dns.RcodeToString[answer.Rcode])
	}
}

func TestAnswersComeOverTCPWithTheProfilesTTL(t *testing.T) {
	world, _, _ := joined(t)
	for _, network := range []string{"udp", "tcp"} {
		answer := world.Ask(t, network, fqdn, dns.TypeA)
		if len(answer.Answer) == 0 {
			t.Errorf("no answer over %s", network)
			continue
		}
		wantEqual(t, "the TTL", answer.Answer[0].Header().Ttl, 30)
	}
}

// wantShare fails the test if a target's share is further from what is wanted
// than chance allows: seven standard deviations of the widest distribution.
func wantShare(t *testing.T, counts map[string]int, target string, questions int, want float64) {
	t.Helper()
	got := float64(counts[target]) / float64(questions)
	tolerance := 0.08
	if want == 0 || want == 1 {
		tolerance = 0
	}
	if got < want-tolerance || got > want+tolerance {
		t.Errorf("%s got %.3f of the answers, want %.2f: %v", target, got, want, counts)
	}
}

// Every routing method goes through its whole life from annotations alone.
func TestEveryRoutingMethod(t *testing.T) {
	for _, test := range []struct {
		method     string
		east, west []string
		change     []string
	}{
		{"Weighted", []string{"weight", "9"}, []string{"weight", "1"}, []string{"weight", "2"}},
		{"Priority", []string{"priority", "1"}, []string{"priority", "2"}, []string{"priority", "3"}},
		{"Performance", []string{"endpoint-location", "eastus"}, []string{"endpoint-location", "westus"}, []string{"endpoint-location", "northeurope"}},
		{"Geographic", []string{"geo-mapping", "GEO-EU,US"}, []string{"geo-mapping", "WORLD"}, []string{"geo-mapping", "DE,FR"}},
		{"Subnet", []string{"subnets", "10.0.0.0/8"}, []string{"subnets", "192.168.0.0-192.168.0.255"}, []string{"subnets", "10.0.0.0/8,172.16.0.0/12"}},
		{"MultiValue", []string{"target", "address", "max-return", "2"}, []string{"target", "address", "max-return", "2"}, []string{"weight", "2"}},
	} {
		t.Run(test.method, func(t *testing.T) {
			world := harness.NewWorld(t)
			eastern, western := world.Cluster(t, "cluster-east"), world.Cluster(t, "cluster-west")
			eastService := east().With("routing-method", test.method).With(test.east...)
			westService := west().With("routing-method", test.method).With(test.west...)
			eastern.Apply(t, eastService)
			wantCounts(t, eastern.Settle(t), harness.Counts{Create: 1})
			western.Apply(t, westService)
			wantCounts(t, western.Settle(t), harness.Counts{Create: 1})
			eastern.ExpectNoOp(t)
			wantEqual(t, "the method", world.Profile(t, group, profile).Properties.TrafficRoutingMethod, test.method)
			before := world.Member(t, group, profile, "west-us")

			eastern.Apply(t, eastService.With(test.change...))
			var loop harness.Loop
			cost := world.Cost(t, func() { loop = eastern.Loop(t) })
			wantCounts(t, loop, harness.Counts{Update: 1})
			if cost.Writes != 1 {
				t.Errorf("one changed member is to cost one write; it cost %s", cost)
			}
			eastern.ExpectNoOp(t)
			wantUntouched(t, before, world.Member(t, group, profile, "west-us"))

			eastern.Delete(t, eastService)
			eastern.Settle(t)
			western.ExpectNoOp(t)
			western.Delete(t, westService)
			western.Loop(t)
			wantNoProfiles(t, world, eastern, western)
		})
	}
}

// Two members of one cluster swap their priorities, which no single write can do.
func TestASwapOfPrioritiesKeepsBothMembers(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	one := plain("one").With("profile-name", profile, "routing-method", "Priority", "priority", "1")
	two := plain("two").With("profile-name", profile, "routing-method", "Priority", "priority", "2")
	cluster.Apply(t, one)
	cluster.Apply(t, two)
	cluster.Settle(t)
	cluster.Apply(t, one.With("priority", "2"))
	cluster.Apply(t, two.With("priority", "1"))
	cluster.Loop(t)
	cluster.ExpectNoOp(t)
	wantEqual(t, "the priority of one", world.Member(t, group, profile, "one").Properties.Priority, 2)
	wantEqual(t, "the priority of two", world.Member(t, group, profile, "two").Properties.Priority, 1)
}

// Two members of one cluster swap their targets, which Azure keeps unique.
func TestASwapOfTargetsKeepsBothMembers(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	one := plain("one").With("profile-name", profile, "target", "a.example.net")
	two := plain("two").With("profile-name", profile, "target", "b.example.net")
	cluster.Apply(t, one)
	cluster.Apply(t, two)
	cluster.Settle(t)
	cluster.Apply(t, one.With("target", "b.example.net"))
	cluster.Apply(t, two.With("target", "a.example.net"))
	cluster.Loop(t)
	cluster.Loop(t)
	cluster.ExpectNoOp(t)
	wantEqual(t, "the target of one", world.Member(t, group, profile, "one").Properties.Target, "b.example.net")
	wantEqual(t, "the target of two", world.Member(t, group, profile, "two").Properties.Target, "a.example.net")
}
