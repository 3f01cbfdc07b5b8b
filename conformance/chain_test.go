package conformance

import (
	"testing"
	"time"

	"github.com/miekg/dns"

	"external-dns-traffic-manager/conformance/harness"
)

const vanityHost = "my-app." + harness.Zone

// memberAddresses are those of the members by their hosts.
var memberAddresses = map[string]string{
	"my-app-east." + harness.Zone: "20.1.113.10",
	"my-app-west." + harness.Zone: "20.1.113.20",
}

const (
	eastHost = "my-app-east." + harness.Zone
	westHost = "my-app-west." + harness.Zone
	// questions are enough to tell shares apart.
	questions = 1500
)

// chain is a world with an Azure DNS zone and two sites that share a profile, whose users are led from the vanity host
// to a member.
func chain(t *testing.T, mode harness.Mode) (world *harness.World, eastern, western *harness.Site) {
	t.Helper()
	world = harness.NewWorld(t, harness.ZoneFlag, "--seed=7")
	eastern = world.Site(t, "cluster-east", mode)
	western = world.Site(t, "cluster-west", mode)
	eastern.Apply(t, east())
	eastern.Loop(t)
	western.Apply(t, west())
	western.Loop(t)
	until(t, world, eastern, western, "the vanity record", func() bool {
		return azure(t, world).CNAME("my-app") == fqdn
	})
	world.SetHealth(t, profile, "east-us", harness.Online)
	world.SetHealth(t, profile, "west-us", harness.Online)
	return world, eastern, western
}

// azure is what Azure holds now.
func azure(t *testing.T, world *harness.World) harness.Azure {
	t.Helper()
	state, err := world.Azure()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// until runs loops of both sites until something is so. Vanity records are made after an answer, in the background.
func until(t *testing.T, world *harness.World, eastern, western *harness.Site, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("%s is not there in time: %s", what, world.State(t))
		}
		eastern.Loop(t)
		western.Loop(t)
		eastern.Members.Quiesce(t)
	}
}

// The name that users type leads to a member's address through all parts: a zone of Azure DNS, the profile, and the
// addresses that ExternalDNS's azure provider writes; and it does so without a gap, whatever happens to a cluster.
func TestTheNameOfUsersLeadsToAMemberWithoutAGap(t *testing.T) {
	world, eastern, western := chain(t, harness.AzureDNS)
	querier := world.Query(t, vanityHost, memberAddresses)

	t.Log("70 to 30")
	wantLed(t, querier, questions, eastHost, 0.70)

	t.Log("the weights shift")
	eastern.Apply(t, east().With("weight", "20"))
	eastern.Loop(t)
	western.Apply(t, west().With("weight", "80"))
	western.Loop(t)
	wantLed(t, querier, questions, eastHost, 0.20)

	endure(t, world, eastern, western, querier, 0.20)

	t.Log("the east leaves, which has made the record, and returns")
	eastern.Delete(t, east())
	eastern.Leave(t)
	western.Loop(t)
	wantLed(t, querier, 300, westHost, 1)
	eastern.Apply(t, east())
	eastern.Loop(t)
	western.Loop(t)
	wantLed(t, querier, questions, eastHost, 70.0/150.0)

	querier.Stop()
	querier.Clean(t)
	t.Logf("%d questions, none of them without an answer", querier.Asked())
	wantQuiet(t, eastern, western)
}

// The same with DNSEndpoint objects: nothing fails but for the time between the loop in which the ExternalDNS that made
// the CNAME deletes it and the loop in which another one makes it again.
func TestADNSEndpointHasAGapWhenItsClusterLeaves(t *testing.T) {
	harness.NeedAPIServer(t)
	world, eastern, western := chain(t, harness.DNSEndpoint)
	server := harness.SharedAPIServer(t)
	for _, site := range []*harness.Site{eastern, western} {
		wantEqual(t, "the object in "+site.Namespace, server.DNSEndpoints(t, site.Namespace)[vanityHost], fqdn)
	}
	querier := world.Query(t, vanityHost, memberAddresses)
	wantLed(t, querier, questions, eastHost, 0.70)
	eastern.Apply(t, east().With("weight", "20"))
	eastern.Loop(t)
	western.Loop(t)
	wantLed(t, querier, questions, eastHost, 0.40)
	endure(t, world, eastern, western, querier, 0.40)

	// The west's ExternalDNS sees that the record belongs to the east's, and makes none.
	eastern.Delete(t, east())
	eastern.Members.Loop(t)
	awaitObjects(t, server, eastern, 0)
	querier.Clean(t)
	eastern.Records.Loop(t)
	begun := time.Now()
	wantEqual(t, "the CNAME after the east has left", azure(t, world).CNAME("my-app"), "")
	answer := world.Ask(t, "udp", vanityHost, dns.TypeA)
	wantEqual(t, "the answer meanwhile", dns.RcodeToString[answer.Rcode], "NXDOMAIN")
	wantEqual(t, "how long resolvers remember that, in seconds", answer.Ns[0].Header().Ttl, 300)
	western.Loop(t)
	gap := time.Since(begun)
	_, failures := querier.Take()
	if len(failures) == 0 {
		t.Error("no question has failed: the documentation says that there is a gap")
	}
	for _, failure := range failures {
		if failure.At.After(begun.Add(gap)) {
			t.Errorf("a question failed after the gap: %s", failure)
		}
	}
	wantLed(t, querier, 300, westHost, 1)
	eastern.Apply(t, east())
	eastern.Loop(t)
	western.Loop(t)
	wantLed(t, querier, questions, eastHost, 0.70)
	querier.Stop()
	querier.Clean(t)
	t.Logf("%d questions; %d of them failed in the gap from the loop of the east to that of the west, here %s",
		querier.Asked(), len(failures), gap.Round(time.Millisecond))
	wantQuiet(t, eastern, western)
}

// endure has a member fail and a whole site be lost, and both come back, while users are led to whoever is left.
// The share is the east's when all is well.
func endure(t *testing.T, world *harness.World, eastern, western *harness.Site, querier *harness.Querier, share float64) {
	t.Helper()
	t.Log("the east fails, and recovers")
	world.SetHealth(t, profile, "east-us", harness.Degraded)
	wantLed(t, querier, 300, westHost, 1)
	world.SetHealth(t, profile, "east-us", harness.Online)
	wantLed(t, querier, questions, eastHost, share)

	t.Log("the west is lost, with everything that runs in it, and comes back")
	western.Members.Serve.Kill()
	world.SetHealth(t, profile, "west-us", harness.Degraded)
	eastern.Loop(t)
	wantLed(t, querier, 300, eastHost, 1)
	western.Members.Serve.Restart(t)
	world.SetHealth(t, profile, "west-us", harness.Online)
	western.Loop(t)
	wantLed(t, querier, questions, eastHost, share)
}

// wantLed asks more questions, all of which have to be answered, and compares the share of a member.
func wantLed(t *testing.T, querier *harness.Querier, questions int, host string, want float64) {
	t.Helper()
	counts := querier.Answers(t, questions)
	total := 0
	for _, count := range counts {
		total += count
	}
	wantShare(t, counts, host, total, want)
}

// awaitObjects waits until a site has so many DNSEndpoint objects.
func awaitObjects(t *testing.T, server *harness.APIServer, site *harness.Site, count int) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		objects := server.DNSEndpoints(t, site.Namespace)
		if len(objects) == count {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has the objects %v, want %d", site.Namespace, objects, count)
		}
		site.Members.Loop(t)
	}
}

// wantQuiet runs a loop of every ExternalDNS, which plans nothing.
func wantQuiet(t *testing.T, sites ...*harness.Site) {
	t.Helper()
	for _, site := range sites {
		for _, cluster := range []*harness.Cluster{site.Records, site.Members} {
			wantCounts(t, cluster.Loop(t), harness.Counts{})
		}
	}
}
