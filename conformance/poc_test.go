package conformance

// The proof of concept that this program replaces had defects that its own tests
// did not find, because nothing ran it against ExternalDNS. Each test here has the
// number of one defect, or of a rule of ExternalDNS that it broke. Defects that a
// test elsewhere in this package covers are listed in README.md.

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

// The filter was wrapped in another object, and so ignored without a word.
func TestPoC01TheFilterStandsAtTheTopOfTheNegotiation(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.ClusterWith(t, "cluster-east", harness.Setup{
		Serve: []string{"--domain-filter=example.com", "--exclude-domain-filter=internal.example.com"},
	})
	status, header, body := cluster.Serve.Send(t, http.MethodGet, cluster.Serve.URL+"/", "")
	wantEqual(t, "the status", status, http.StatusOK)
	wantEqual(t, "the content type", header.Get("Content-Type"), harness.MediaType)
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatal(err)
	}
	if names := slices.Sorted(maps.Keys(members)); !slices.Equal(names, []string{"exclude", "include"}) {
		t.Errorf("the negotiation has the members %v, want include and exclude", names)
	}
}

// Every path answered the negotiation, so a probe of the wrong port passed; and
// the health that was reported was a constant.
func TestPoC02HealthIsNotAnswered(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.ClusterWith(t, "cluster-east", quick)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/nothing"} {
		if status, _, _ := cluster.Serve.Send(t, http.MethodGet, cluster.Serve.URL+path, ""); status == http.StatusOK {
			t.Errorf("the API port answers 200 for %s", path)
		}
	}
	wantEqual(t, "readiness before the first loop", cluster.Serve.Ready(t), http.StatusServiceUnavailable)
	cluster.Loop(t)
	wantEqual(t, "readiness after a loop", cluster.Serve.Ready(t), http.StatusOK)
	world.Break(t, harness.Fault{Operation: "profiles.list", Status: 403})
	for range 5 {
		cluster.Attempt(t)
	}
	wantEqual(t, "readiness while Azure refuses", cluster.Serve.Ready(t), http.StatusServiceUnavailable)
	world.Heal(t)
	cluster.Loop(t)
	wantEqual(t, "readiness after Azure recovered", cluster.Serve.Ready(t), http.StatusOK)
}

// The API listened on every address, without authentication.
func TestPoC03TheAPIListensOnLoopbackOnly(t *testing.T) {
	world := harness.NewWorld(t)
	serve := harness.StartServe(t, harness.ServeSettings{
		Owner: "cluster-east", ARM: world.ARM, Omit: []string{"--server-host"},
	})
	address := strings.Replace(strings.TrimPrefix(serve.URL, "http://"), "127.0.0.1", "127.0.0.2", 1)
	if connection, err := net.Dial("tcp", address); err == nil {
		_ = connection.Close()
		t.Errorf("the API accepts a connection to %s, so it does not listen on 127.0.0.1 alone", address)
	}
}

// Every Service of the cluster that was not annotated was created in every loop.
func TestPoC05ObjectsWithoutOurAnnotationsAreNobodysBusiness(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	for i := range 20 {
		service := plain(fmt.Sprintf("other-%d", i))
		service.TM = nil
		if i%2 == 0 {
			service.TM = harness.TM{"weight": "5"} // Not enabled.
		}
		cluster.Apply(t, service)
	}
	cluster.ExpectNoOp(t)
	loop := cluster.Loop(t)
	wantEqual(t, "the number of desired records", len(loop.Desired), 0)
	wantEqual(t, "the number of records offered", len(loop.Offered), 20)
}

// Updates and deletions read the labels, where no annotation is.
func TestPoC08UpdateAndDeleteReadTheProperties(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	cluster.Settle(t)
	cluster.Apply(t, east().With("weight", "1"))
	cluster.Settle(t)
	wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, 1)
	cluster.Delete(t, east())
	cluster.Loop(t)
	wantNoProfiles(t, world, cluster)
}

// Deletions derived names in another way than creations did.
func TestPoC10DerivedNamesAreTheSameInEveryCall(t *testing.T) {
	for _, tm := range []harness.TM{
		{"enabled": "true"},
		{"enabled": "true", "hostname": "vanity.example.com"},
		{"enabled": "true", "profile-name": "named"},
		{"enabled": "true", "endpoint-name": "named"},
		{"enabled": "true", "dns-name": "named-dns"},
		{"enabled": "true", "hostname": "vanity.example.com", "target": "address"},
	} {
		t.Run(fmt.Sprint(tm), func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east")
			service := plain("app")
			service.TM = tm
			cluster.Apply(t, service)
			wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
			names := world.ProfileNames(t, group)
			cluster.Apply(t, service.With("weight", "5"))
			wantCounts(t, cluster.Settle(t), harness.Counts{Update: 1})
			if after := world.ProfileNames(t, group); !slices.Equal(names, after) {
				t.Errorf("the profiles were %v and are %v", names, after)
			}
			cluster.Delete(t, service)
			wantCounts(t, cluster.Loop(t), harness.Counts{Delete: 1})
			wantNoProfiles(t, world, cluster)
		})
	}
}

// Updates took the load balancer's new address for a name, and names had an index.
func TestPoC11AnotherAddressUpdatesTheSameEndpoint(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	service := east().With("target", "address")
	cluster.Apply(t, service)
	cluster.Settle(t)
	service.Addresses = []string{"20.1.113.11"}
	cluster.Apply(t, service)
	wantCounts(t, cluster.Settle(t), harness.Counts{Update: 1})
	endpoints := world.Profile(t, group, profile).Properties.Endpoints
	if len(endpoints) != 1 || endpoints[0].Properties.Target != "20.1.113.11" {
		t.Errorf("the endpoints are %+v, want one with the new address", endpoints)
	}
}

// Azure was called one after the other inside the request, which took longer than
// ExternalDNS waits.
func TestPoC13ManyMembersOnASlowAzure(t *testing.T) {
	world := harness.NewWorld(t, "--latency=200ms")
	cluster := world.Cluster(t, "cluster-east")
	const members = 60
	for i := range members {
		cluster.Apply(t, plain(fmt.Sprintf("app-%d", i)))
	}
	// A hard error, such as the client's timeout, fails the test by itself.
	for range 10 {
		if cluster.Attempt(t).Err == nil {
			break
		}
	}
	cluster.Loop(t)
	cluster.ExpectNoOp(t)
	wantEqual(t, "the number of profiles", len(world.ProfileNames(t, group)), members)
}

// Lists of unequal length ended the process.
func TestPoC14UnequalUpdateListsAreSurvived(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	record := recordOf(t, cluster)
	for _, body := range []string{
		`{"updateOld":[` + record + `],"updateNew":[]}`,
		`{"updateOld":[],"updateNew":[` + record + `]}`,
		`{"updateOld":[` + record + `,` + record + `],"updateNew":[` + record + `]}`,
	} {
		wantSurvivable(t, cluster, body)
	}
	cluster.Loop(t)
	cluster.ExpectNoOp(t)
}

// The list of resource groups had one name in the code and another in the
// deployment, and nothing was ever listed.
func TestPoC16TheEnvironmentNamesTheGroups(t *testing.T) {
	world := harness.NewWorld(t)
	for _, variable := range []string{"AZURE_RESOURCE_GROUPS", "RESOURCE_GROUPS"} {
		t.Run(variable, func(t *testing.T) {
			serve := harness.StartServe(t, harness.ServeSettings{
				Omit: []string{"--resource-groups", "--owner-id", "--subscription-id", "--arm-endpoint", "--credential"},
				Environment: []string{
					variable + "=my-tm-rg,other-rg",
					"OWNER_ID=cluster-east",
					"AZURE_SUBSCRIPTION_ID=" + harness.Subscription,
					"AZURE_ARM_ENDPOINT=" + world.ARM,
					"AZURE_CREDENTIAL=none",
				},
			})
			cluster := harness.ExternalDNS(t, "cluster-east", serve.URL)
			var cost harness.Requests
			cost = world.Cost(t, func() { cluster.Loop(t) })
			wantEqual(t, "the number of listed groups", cost.Count("profiles.list"), 2)
		})
	}
}

// The names of the endpoints changed with the number of targets.
func TestPoC19TheNumberOfTargetsChangesNoName(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	service := plain("app").Without("endpoint-name")
	cluster.Apply(t, service)
	cluster.Settle(t)
	before := world.Profile(t, group, "tm-app").EndpointNames()
	service.Addresses = []string{"20.1.113.30", "20.1.113.31", "20.1.113.32"}
	cluster.Apply(t, service)
	cluster.ExpectNoOp(t)
	if after := world.Profile(t, group, "tm-app").EndpointNames(); !slices.Equal(before, after) {
		t.Errorf("the endpoints were %v and are %v", before, after)
	}
}

// A profile was disabled unless somebody asked for health checks.
func TestPoC24HealthChecksAreOfTheEndpoint(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	for _, value := range []string{"", "true", "false"} {
		cluster.Apply(t, east().With("health-checks-enabled", value))
		cluster.Loop(t)
		cluster.ExpectNoOp(t)
		wantEqual(t, "the profile's status", world.Profile(t, group, profile).Properties.ProfileStatus, "Enabled")
		always := map[bool]string{true: "Enabled", false: "Disabled"}[value == "false"]
		if got := world.Member(t, group, profile, "east-us").Properties.AlwaysServe; got != always && !(got == "" && always == "Disabled") {
			t.Errorf("with health-checks-enabled=%q always-serve is %q, want %s", value, got, always)
		}
	}
}

// Every endpoint got priority 1, and Azure wants each to be unique.
func TestPoC25ManyMembersWithoutAPriority(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		cluster.Apply(t, plain(name).With("profile-name", profile))
	}
	cluster.Settle(t)
	priorities := map[int]bool{}
	for _, endpoint := range world.Profile(t, group, profile).Properties.Endpoints {
		priorities[endpoint.Properties.Priority] = true
	}
	wantEqual(t, "the number of different priorities", len(priorities), len(names))
}

// A location was always required, a TCP probe had a path, and short TTLs were
// refused.
func TestPoC26OnlyWhatTheMethodNeedsIsRequired(t *testing.T) {
	for _, pairs := range [][]string{
		{"routing-method", "Weighted"},
		{"routing-method", "Priority"},
		{"monitor-protocol", "TCP", "monitor-port", "5432"},
		{"monitor-protocol", "HTTP"},
		{"dns-ttl", "5"},
		{"dns-ttl", "0"},
	} {
		t.Run(fmt.Sprint(pairs), func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east")
			cluster.Apply(t, plain("app").With(pairs...))
			wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
		})
	}
}

// The counters were a constant text.
func TestPoC32TheMetricsCount(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	cluster.Apply(t, plain("poisoned").With("weight", "heavy"))
	cluster.Loop(t)
	cluster.Loop(t)
	const prefix = "external_dns_traffic_manager_"
	for _, test := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"requests_total", []string{`call="records"`}, 2},
		{"requests_total", []string{`call="adjust"`}, 2},
		{"requests_total", []string{`call="apply"`}, 1},
		{"members", nil, 1},
		{"profiles", nil, 1},
		{"conflicts", nil, 0},
		{"invalid_objects", nil, 1},
	} {
		if got := cluster.Serve.Metric(t, prefix+test.name, test.labels...); got != test.want {
			t.Errorf("%s%v is %v, want %v", test.name, test.labels, got, test.want)
		}
	}
}
