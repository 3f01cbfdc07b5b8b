package conformance

import (
	"slices"
	"testing"

	"sigs.k8s.io/external-dns/endpoint"

	"external-dns-traffic-manager/conformance/harness"
)

func TestBothAnnotationPrefixes(t *testing.T) {
	world := harness.NewWorld(t)
	clusters := map[string]*harness.Cluster{}
	for owner, prefix := range map[string]string{
		"cluster-alpha": "external-dns.alpha.kubernetes.io/",
		"cluster-v1":    "external-dns.kubernetes.io/",
		"cluster-own":   "dns.example.com/",
	} {
		cluster := world.Cluster(t, owner, "--annotation-prefix="+prefix)
		service := plain(owner).With("profile-name", profile)
		cluster.Apply(t, service)
		wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
		clusters[owner] = cluster
	}
	for _, cluster := range clusters {
		cluster.ExpectNoOp(t)
	}
	wantEqual(t, "the number of endpoints", len(world.Profile(t, group, profile).Properties.Endpoints), 3)
}

// ExternalDNS filters the properties of one object's records in one shared array.
// With another provider's annotation on an object of several records, one of them
// can lose a property and gain a nameless one, another one in every loop.
func TestAnotherProvidersAnnotationsOnTheSameObject(t *testing.T) {
	foreign := []string{
		"azure-tags", "owner=team-a",
		"aws-weight", "10",
		"aws-geolocation-country-code", "DE",
		"scw-geo-dns", "x",
		"coredns-group", "g1",
		"cloudflare-proxied", "true",
	}
	for _, test := range []struct {
		name    string
		service harness.Service
		members int
	}{
		{"one record", east(), 1},
		{"dual stack", func() harness.Service {
			service := east()
			service.Addresses = []string{"20.1.113.10", "2603:1030::10"}
			return service
		}(), 1},
		{"dual stack with a name", func() harness.Service {
			service := east()
			service.Addresses = []string{"20.1.113.10", "2603:1030::10", "lb.example.net"}
			return service
		}(), 1},
		{"four hosts", func() harness.Service {
			service := east().Without("endpoint-name")
			service.Hosts = []string{"a.example.com", "b.example.com", "c.example.com", "d.example.com"}
			return service
		}(), 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east")
			for i := 0; i < len(foreign); i += 2 {
				test.service = test.service.Annotated(foreign[:i+2]...)
				cluster.Apply(t, test.service)
				if i == 0 {
					wantCounts(t, cluster.Loop(t), harness.Counts{Create: test.members})
				}
				// Which record is damaged is random, so ask often.
				damaged := false
				for range 20 {
					cluster.Apply(t, test.service)
					loop := cluster.Loop(t)
					wantCounts(t, loop, harness.Counts{})
					damaged = damaged || slices.ContainsFunc(loop.Offered, isDamaged)
				}
				cluster.ExpectNoOp(t)
				if len(test.service.Addresses) > 1 && !damaged {
					t.Log("ExternalDNS damaged no record; this version may have been repaired")
				}
			}
			cluster.Apply(t, test.service.With("weight", "7"))
			wantCounts(t, cluster.Settle(t), harness.Counts{Update: test.members})
			for _, endpoint := range world.Profile(t, group, profile).Properties.Endpoints {
				wantEqual(t, "the weight of "+endpoint.Name, endpoint.Properties.Weight, 7)
			}
		})
	}
}

// isDamaged says whether a record has the trace of the shared array.
func isDamaged(record *endpoint.Endpoint) bool {
	return slices.ContainsFunc(record.ProviderSpecific, func(property endpoint.ProviderSpecificProperty) bool {
		return property.Name == ""
	})
}

func TestExternalDNSOwnAnnotationsDoNotLoop(t *testing.T) {
	for _, test := range []struct {
		name  string
		pairs []string
		flags []string
	}{
		{"ttl", []string{"ttl", "120"}, nil},
		{"ttl as a duration", []string{"ttl", "2m"}, nil},
		{"alias", []string{"alias", "true"}, nil},
		{"record type", []string{"record-type", "CNAME"}, nil},
		{"target", []string{"target", "lb.example.net"}, nil},
		{"several targets", []string{"target", "20.1.113.1,20.1.113.2,2603:1030::1"}, nil},
		{"set identifier", []string{"set-identifier", "blue"}, nil},
		{"minimal ttl", nil, []string{"--min-ttl=5m"}},
		{"prefer alias", []string{"target", "lb.example.net"}, []string{"--prefer-alias"}},
		{"default targets", nil, []string{"--default-targets=lb.example.net"}},
		{"unknown", []string{"webhook-something-else", "x"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east", test.flags...)
			cluster.Apply(t, east().Annotated(test.pairs...))
			wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
			cluster.Apply(t, east().Annotated(test.pairs...).With("weight", "5"))
			wantCounts(t, cluster.Settle(t), harness.Counts{Update: 1})
			cluster.Delete(t, east())
			wantCounts(t, cluster.Loop(t), harness.Counts{Delete: 1})
			wantNoProfiles(t, world, cluster)
		})
	}
}

func TestTheTTLAnnotationIsTheProfilesTTL(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east().Annotated("ttl", "120"))
	cluster.Settle(t)
	wantEqual(t, "the TTL", world.Profile(t, group, profile).Properties.DNSConfig.TTL, 120)
	cluster.Apply(t, east().Annotated("ttl", "120").With("dns-ttl", "20"))
	cluster.Settle(t)
	wantEqual(t, "the TTL", world.Profile(t, group, profile).Properties.DNSConfig.TTL, 20)
	cluster.Apply(t, east())
	cluster.Settle(t)
	wantEqual(t, "the TTL", world.Profile(t, group, profile).Properties.DNSConfig.TTL, 30)
}

func TestAValueInAnotherSpellingIsNoChange(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	cluster.Settle(t)
	for _, pairs := range [][]string{
		{"routing-method", "weighted"},
		{"routing-method", "WEIGHTED"},
		{"monitor-protocol", "https"},
		{"endpoint-status", "enabled"},
		{"endpoint-location", "East US"},
		{"weight", "070"},
		{"weight", " 70 "},
		{"health-checks-enabled", "True"},
		{"enabled", "TRUE"},
		{"hostname", "My-App.Example.COM."},
		{"resource-group", "My-TM-RG"},
		{"profile-name", "My-App-Global"},
		{"endpoint-name", "East-US"},
		{"dns-ttl", "30"},
		{"dns-name", "my-app-global"},
	} {
		t.Run(pairs[0]+"="+pairs[1], func(t *testing.T) {
			cluster.Apply(t, east().With(pairs...))
			cluster.ExpectNoOp(t)
		})
	}
}

func TestAnIngressIsAMemberLikeAService(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east", "--source=ingress", "--source=service")
	ingress := harness.Ingress{
		Name:      "my-app",
		Hosts:     []string{"my-app-east.example.com"},
		Addresses: []string{"20.1.113.10"},
		TM:        east().TM,
	}
	cluster.ApplyIngress(t, ingress)
	cluster.Apply(t, plain("beside"))
	wantCounts(t, cluster.Settle(t), harness.Counts{Create: 2})
	ingress.TM = ingress.TM.With("weight", "5")
	cluster.ApplyIngress(t, ingress)
	loop := cluster.Settle(t)
	wantCounts(t, loop, harness.Counts{Update: 1})
	wantEqual(t, "the resource", loop.Planned.UpdateNew[0].Labels["resource"], "ingress/default/my-app")
	wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, 5)
	cluster.DeleteIngress(t, ingress.Name)
	wantCounts(t, cluster.Loop(t), harness.Counts{Delete: 1})
	cluster.Delete(t, plain("beside"))
	cluster.Loop(t)
	wantNoProfiles(t, world, cluster)
}

// The same host on an Ingress and on a Service, with the same endpoint name: one
// object wins, always the same, and the other one is reported.
func TestTwoObjectsClaimOneEndpoint(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	one, other := plain("one"), plain("other")
	other.TM = one.TM
	cluster.Apply(t, one)
	cluster.Apply(t, other)
	wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
	winner := world.Member(t, group, "tm-one", "one").Properties.Target
	for range 5 {
		cluster.Apply(t, other)
		cluster.ExpectNoOp(t)
	}
	wantEqual(t, "the winner", world.Member(t, group, "tm-one", "one").Properties.Target, winner)
	wantReported(t, cluster, "service/default/one", "service/default/other")

	// When the winner goes, the other one takes over.
	loser := map[string]harness.Service{"one.example.com": other, "other.example.com": one}[winner]
	gone := map[string]harness.Service{"one.example.com": one, "other.example.com": other}[winner]
	cluster.Delete(t, gone)
	cluster.Loop(t)
	cluster.Loop(t)
	cluster.ExpectNoOp(t)
	wantEqual(t, "the target", world.Member(t, group, "tm-one", "one").Properties.Target, loser.Hosts[0])
}
