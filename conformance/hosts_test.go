package conformance

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sigs.k8s.io/external-dns/endpoint"

	"external-dns-traffic-manager/conformance/harness"
)

func TestEveryKindOfAddressIsOneMember(t *testing.T) {
	for _, test := range []struct {
		name      string
		addresses []string
		records   int // That ExternalDNS makes of the object.
		address   string
	}{
		{"IPv4", []string{"20.1.113.10"}, 1, "20.1.113.10"},
		{"IPv6", []string{"2603:1030::10"}, 1, "2603:1030::10"},
		{"dual stack", []string{"20.1.113.10", "2603:1030::10"}, 2, "20.1.113.10"},
		{"name", []string{"lb-1.cloud.example.net"}, 1, "lb-1.cloud.example.net"},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east")
			service := east()
			service.Addresses = test.addresses
			cluster.Apply(t, service)
			loop := cluster.Settle(t)
			wantEqual(t, "the number of records offered", len(loop.Offered), test.records)
			wantCounts(t, loop, harness.Counts{Create: 1})
			wantEqual(t, "the number of endpoints", len(world.Profile(t, group, profile).Properties.Endpoints), 1)
			wantEqual(t, "the target", world.Member(t, group, profile, "east-us").Properties.Target, "my-app-east.example.com")

			cluster.Apply(t, service.With("target", "address"))
			cluster.Settle(t)
			wantEqual(t, "the target", world.Member(t, group, profile, "east-us").Properties.Target, test.address)
		})
	}
}

// What the load balancer reports may change at any time without a change of the
// member, as long as the host is the target.
func TestAnotherAddressChangesNothing(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	service := east()
	cluster.Apply(t, service)
	cluster.Settle(t)
	for _, addresses := range [][]string{
		{"20.1.113.99"}, {"20.1.113.98", "20.1.113.99"}, {"2603:1030::1"},
		{"20.1.113.99", "2603:1030::1"}, {"lb.example.net"}, {"20.1.113.10"},
	} {
		service.Addresses = addresses
		cluster.Apply(t, service)
		cluster.ExpectNoOp(t)
	}
	wantEqual(t, "the number of endpoints", len(world.Profile(t, group, profile).Properties.Endpoints), 1)
}

func TestTwoHostsOnOneService(t *testing.T) {
	hosts := []string{"a.example.com", "b.example.com"}
	t.Run("derived names give two members", func(t *testing.T) {
		world := harness.NewWorld(t)
		cluster := world.Cluster(t, "cluster-east")
		service := plain("two")
		service.Hosts, service.TM = hosts, service.TM.Without("endpoint-name")
		cluster.Apply(t, service)
		wantCounts(t, cluster.Settle(t), harness.Counts{Create: 2})
		targets := []string{}
		for _, endpoint := range world.Profile(t, group, "tm-two").Properties.Endpoints {
			targets = append(targets, endpoint.Properties.Target)
		}
		slices.Sort(targets)
		if !slices.Equal(targets, hosts) {
			t.Errorf("the targets are %v, want %v", targets, hosts)
		}
		service.Hosts = hosts[:1]
		cluster.Apply(t, service)
		wantCounts(t, cluster.Settle(t), harness.Counts{Delete: 1})
	})
	t.Run("an explicit name collides, and one wins every time", func(t *testing.T) {
		world := harness.NewWorld(t)
		cluster := world.Cluster(t, "cluster-east")
		service := plain("two")
		service.Hosts = hosts
		cluster.Apply(t, service)
		wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
		winner := world.Member(t, group, "tm-two", "two").Properties.Target
		for range 5 {
			cluster.Apply(t, service)
			cluster.ExpectNoOp(t)
		}
		wantEqual(t, "the winner", world.Member(t, group, "tm-two", "two").Properties.Target, winner)
		wantReported(t, cluster, "service/default/two", "endpoint")
	})
}

func TestUnusualHosts(t *testing.T) {
	for _, test := range []struct {
		name, host, target string
	}{
		{"apex", "example.com", "example.com"},
		{"wildcard", "*.example.com", "20.1.113.30"},
		{"wildcard below", "*.apps.example.com", "20.1.113.30"},
		{"upper case", "My-App.Example.COM", "my-app.example.com"},
		{"trailing dot", "my-app.example.com.", "my-app.example.com"},
		{"digits", "0.example.com", "0.example.com"},
		{"underscore", "_app.example.com", "_app.example.com"},
		{
			"63 characters in a label",
			"a23456789-123456789-123456789-123456789-123456789-123456789-123.example.com",
			"a23456789-123456789-123456789-123456789-123456789-123456789-123.example.com",
		},
		{
			"a long name",
			"a23456789-123456789-123456789-123456789.b23456789-123456789-123456789-123456789.c23456789-123456789-123456789-123456789.example.com",
			"a23456789-123456789-123456789-123456789.b23456789-123456789-123456789-123456789.c23456789-123456789-123456789-123456789.example.com",
		},
		{"international", "bücher.example.com", "xn--bcher-kva.example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east")
			// Every name is derived from the host.
			service := plain("app")
			service.Hosts, service.TM = []string{test.host}, harness.TM{"enabled": "true", "resource-group": group}
			cluster.Apply(t, service)
			wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
			names := world.ProfileNames(t, group)
			if len(names) != 1 {
				t.Fatalf("Azure has the profiles %v, want one", names)
			}
			endpoints := world.Profile(t, group, names[0]).Properties.Endpoints
			if len(endpoints) != 1 || endpoints[0].Properties.Target != test.target {
				t.Errorf("the endpoints are %+v, want one with the target %s", endpoints, test.target)
			}
			cluster.Apply(t, service.With("weight", "5"))
			wantCounts(t, cluster.Settle(t), harness.Counts{Update: 1})
			cluster.Delete(t, service)
			cluster.Loop(t)
			wantNoProfiles(t, world, cluster)
		})
	}
}

// A claim has to fit a tag of Azure. A host that leaves no room for it is no member,
// is reported, and is not planned in every loop.
func TestAHostThatIsTooLongIsReported(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	service := plain("app").Without("endpoint-name")
	// Claims are packed, and packing does not help against chance.
	labels := []string{
		"azl3p526309vb6s4k0c8hfpt7kqwfxkb3jrlh974qh45dgzzsggb7bj4jh7h",
		"amnjw810jh2j8qmbprh9gldnm6zxbz12ndmp6mt2nhtt2hclb3p7qbw5rpqx",
		"a6bsc2hzjf4k96spvp8vl4sfx345p7mcrdjnvzp9gnl92wdm1nmh5d0g32mt",
		"ah3cdzw9qck3zp6ls0rgc90c5tn6jg3xg085rfhrpgc7rmgs9z7hvst23ntl",
	}
	service.Hosts = []string{strings.Join(labels, ".") + ".example.com"}
	cluster.Apply(t, service)
	cluster.Apply(t, plain("neighbour"))
	wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
	wantReported(t, cluster, "service/default/app")
}

// Two Services of one cluster serve one host, told apart by ExternalDNS's
// set-identifier annotation.
func TestBlueAndGreenInOneCluster(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	blue, green := plain("blue"), plain("green")
	for i, service := range []*harness.Service{&blue, &green} {
		service.Hosts = []string{"my-app.example.com"}
		service.Addresses = []string{[]string{"20.1.113.1", "20.1.113.2"}[i]}
		service.TM = harness.TM{"enabled": "true", "profile-name": profile, "target": "address", "weight": []string{"90", "10"}[i]}
		*service = service.Annotated("set-identifier", service.Name)
		cluster.Apply(t, *service)
	}
	wantCounts(t, cluster.Settle(t), harness.Counts{Create: 2})
	weights := map[string]int{}
	for _, endpoint := range world.Profile(t, group, profile).Properties.Endpoints {
		weights[endpoint.Properties.Target] = endpoint.Properties.Weight
	}
	if weights["20.1.113.1"] != 90 || weights["20.1.113.2"] != 10 {
		t.Errorf("the weights by target are %v, want 90 and 10", weights)
	}
	cluster.Apply(t, blue.With("weight", "0"))
	wantCounts(t, cluster.Settle(t), harness.Counts{Update: 1})
	cluster.Delete(t, blue)
	wantCounts(t, cluster.Settle(t), harness.Counts{Delete: 1})
	wantEqual(t, "the number of endpoints", len(world.Profile(t, group, profile).Properties.Endpoints), 1)
}

// A NodePort Service makes ExternalDNS offer SRV records beside the addresses.
func TestRecordTypesThatAreNotOursAreDropped(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east", "--managed-record-types=A",
		"--managed-record-types=AAAA", "--managed-record-types=CNAME", "--managed-record-types=SRV")
	cluster.ApplyNode(t, "node-1", "20.1.113.40")
	cluster.ApplyService(t, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name: "node-port", Namespace: metav1.NamespaceDefault,
			Annotations: cluster.Annotations([]string{"node-port.example.com"}, harness.TM{
				"enabled": "true", "profile-name": "tm-node-port", "endpoint-name": "node-port",
			}),
		},
		Spec: corev1.ServiceSpec{
			Type:  corev1.ServiceTypeNodePort,
			Ports: []corev1.ServicePort{{Name: "https", Protocol: corev1.ProtocolTCP, Port: 443, NodePort: 30443}},
		},
	})
	loop := cluster.Settle(t)
	if !slices.ContainsFunc(loop.Offered, isSRV) {
		t.Fatal("ExternalDNS offered no SRV record, so this test proves nothing")
	}
	wantCounts(t, loop, harness.Counts{Create: 1})
	if slices.ContainsFunc(loop.Desired, isSRV) {
		t.Error("the SRV record is desired")
	}
}

func isSRV(record *endpoint.Endpoint) bool { return record.RecordType == endpoint.RecordTypeSRV }
