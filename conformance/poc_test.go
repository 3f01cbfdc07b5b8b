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
	if found := world.FindProfile(t, group, profile); found != nil {
		t.Errorf("the profile is still there: %+v", found)
	}
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
			cluster.ExpectNoOp(t)
			if names := world.ProfileNames(t, group); len(names) != 0 {
				t.Errorf("Azure still has the profiles %v", names)
			}
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
	service.Addresses = []string{"203.0.113.11"}
	cluster.Apply(t, service)
	wantCounts(t, cluster.Settle(t), harness.Counts{Update: 1})
	endpoints := world.Profile(t, group, profile).Properties.Endpoints
	if len(endpoints) != 1 || endpoints[0].Properties.Target != "203.0.113.11" {
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
	service.Addresses = []string{"203.0.113.30", "203.0.113.31", "203.0.113.32"}
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

// Versions of ExternalDNS write the keys of a change in two ways, and null for an
// empty list.
func TestRule33EverySpellingOfTheKeysIsUnderstood(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	record := recordOf(t, cluster)
	for _, body := range []string{
		`{"Create":[` + record + `],"UpdateOld":null,"UpdateNew":null,"Delete":null}`,
		`{"Create":null,"UpdateOld":null,"UpdateNew":null,"Delete":[` + record + `]}`,
		`{"create":[` + record + `]}`,
		`{"delete":[` + record + `]}`,
		`{"CREATE":[` + record + `],"updateold":[],"UPDATENEW":[]}`,
	} {
		status, _, text := cluster.Serve.Send(t, http.MethodPost, cluster.Serve.URL+"/records", body)
		if status != http.StatusNoContent {
			t.Errorf("%s is answered %d: %s", body, status, text)
		}
	}
	cluster.ExpectNoOp(t)
}

// A property can lose its name and value on the way.
func TestRule34NamelessPropertiesAreIgnored(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	body := `[{"dnsName":"app.example.com","targets":["203.0.113.1"],"recordType":"A",` +
		`"labels":{"resource":"service/default/app"},"providerSpecific":[{},` +
		`{"name":"webhook/traffic-manager-enabled","value":"true"},{"name":"webhook/traffic-manager-hostname"}]}]`
	status, _, text := cluster.Serve.Send(t, http.MethodPost, cluster.Serve.URL+"/adjustendpoints", body)
	wantEqual(t, "the status", status, http.StatusOK)
	var records []struct {
		ProviderSpecific []struct{ Name, Value string }
	}
	if err := json.Unmarshal([]byte(text), &records); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the number of records", len(records), 1)
	for _, property := range records[0].ProviderSpecific {
		if property.Name == "" || property.Value == "" {
			t.Errorf("a property without a name or value came back: %s", text)
		}
	}
}

// The TXT registry marks records whose TXT record it misses.
func TestRule36TheForceUpdateMarkIsIgnored(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	record := recordOf(t, cluster)
	cluster.Loop(t)
	marked := strings.Replace(record, `"providerSpecific":[`, `"providerSpecific":[{"name":"txt/force-update","value":"true"},`, 1)
	if marked == record {
		t.Fatal("the record has no properties, so this test proves nothing")
	}
	before := world.Member(t, group, profile, "east-us")
	status, _, text := cluster.Serve.Send(t, http.MethodPost, cluster.Serve.URL+"/records",
		`{"updateOld":[`+marked+`],"updateNew":[`+record+`]}`)
	if status != http.StatusNoContent {
		t.Errorf("the update is answered %d: %s", status, text)
	}
	wantUntouched(t, before, world.Member(t, group, profile, "east-us"))
	cluster.ExpectNoOp(t)
}

// A load balancer that reports a name instead of an address changes the type of
// the source's record.
func TestRule37AnotherRecordTypeIsNoChange(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	service := east()
	cluster.Apply(t, service)
	cluster.Settle(t)
	service.Addresses = []string{"lb.example.net"}
	cluster.Apply(t, service)
	cluster.ExpectNoOp(t)

	// As a batch of its own: the deletion of one type and the creation of another
	// for one member, in either order of the lists.
	record := recordOf(t, cluster)
	address := strings.Replace(record, `"recordType":"CNAME"`, `"recordType":"A"`, 1)
	wantSurvivable(t, cluster, `{"delete":[`+address+`],"create":[`+record+`]}`)
	cluster.Loop(t)
	cluster.ExpectNoOp(t)
	world.Member(t, group, profile, "east-us")
}

func TestRule38And39CreatesAndDeletesMayBeRepeated(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	record := recordOf(t, cluster)
	send := func(body string) {
		t.Helper()
		status, _, text := cluster.Serve.Send(t, http.MethodPost, cluster.Serve.URL+"/records", body)
		if status != http.StatusNoContent {
			t.Errorf("%s is answered %d: %s", body, status, text)
		}
	}
	for range 3 {
		send(`{"create":[` + record + `]}`)
		wantEqual(t, "the number of endpoints", len(world.Profile(t, group, profile).Properties.Endpoints), 1)
	}
	cluster.ExpectNoOp(t)
	for range 3 {
		send(`{"delete":[` + record + `]}`)
	}
	wantEqual(t, "the number of profiles", len(world.ProfileNames(t, group)), 0)
}

func TestRule40And41RecordsOfEveryTypeAndNoRecordsAtAll(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	for _, test := range []struct{ body, want string }{
		{`[]`, `[]`},
		{`null`, `[]`},
		{`[{"dnsName":"example.com","recordType":"MX","targets":["10 mail.example.com"]},` +
			`{"dnsName":"example.com","recordType":"TXT","targets":["\"v=spf1 -all\""]},` +
			`{"dnsName":"example.com","recordType":"NS","targets":["ns1.example.com"]},` +
			`{"dnsName":"1.113.0.203.in-addr.arpa","recordType":"PTR","targets":["example.com"]},` +
			`{"dnsName":"example.com","recordType":"NAPTR","targets":["100 10 U SIP+D2U !^.*$!sip:a@example.com! ."]},` +
			`{"dnsName":"example.com","recordType":"TYPE65535","targets":["x"]}]`, `[]`},
	} {
		status, _, text := cluster.Serve.Send(t, http.MethodPost, cluster.Serve.URL+"/adjustendpoints", test.body)
		if status != http.StatusOK || strings.TrimSpace(text) != test.want {
			t.Errorf("%s is answered %d %s, want 200 %s", test.body, status, text, test.want)
		}
	}
}

// A load balancer that is pending has no address, and ExternalDNS deletes.
func TestRule43APendingLoadBalancerRemovesAndReturnsTheMember(t *testing.T) {
	world, eastern, western := joined(t)
	pending := east()
	pending.Addresses = nil
	for range 2 {
		eastern.Apply(t, pending)
		wantCounts(t, eastern.Settle(t), harness.Counts{Delete: 1})
		eastern.Apply(t, east())
		wantCounts(t, eastern.Settle(t), harness.Counts{Create: 1})
	}
	western.ExpectNoOp(t)
	wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, 70)
}

// Nothing that is sent may be answered by a status that ends ExternalDNS.
func TestRule50NoAnswerEndsExternalDNS(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	for _, body := range []string{
		``, `{`, `null`, `[]`, `{}`, `"x"`, `7`, `{"create":7}`, `{"create":[null]}`, `{"create":[{}]}`,
		`{"create":[{"dnsName":7}]}`, `{"create":[{"dnsName":"a","recordTTL":"x"}]}`,
		`{"delete":[{"dnsName":"` + strings.Repeat("a", 1<<20) + `"}]}`, "\xff\xfe", `{"unknown":[]}`,
	} {
		for _, path := range []string{"/records", "/adjustendpoints"} {
			status, _, _ := cluster.Serve.Send(t, http.MethodPost, cluster.Serve.URL+path, body)
			if !survivable(status) {
				t.Errorf("POST %s %.60q is answered %d", path, body, status)
			}
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		if status, _, _ := cluster.Serve.Send(t, method, cluster.Serve.URL+"/records", ""); !survivable(status) {
			t.Errorf("%s /records is answered %d", method, status)
		}
	}
	cluster.Apply(t, east())
	cluster.Settle(t)
}

// A large cluster's body is several megabytes.
func TestRule50ALargeCluster(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	for i := range 3000 {
		service := plain(fmt.Sprintf("other-%d", i))
		service.TM = nil
		cluster.Apply(t, service.Annotated("webhook-note", strings.Repeat("x", 500)))
	}
	cluster.Apply(t, east())
	loop := cluster.Settle(t)
	wantEqual(t, "the number of records offered", len(loop.Offered), 3001)
	wantCounts(t, loop, harness.Counts{Create: 1})
}

// recordOf returns the canonical record of the only member that a cluster wants,
// as it stands in the body of POST /records.
func recordOf(t *testing.T, cluster *harness.Cluster) string {
	t.Helper()
	record := cluster.Desired(t)
	if len(record) != 1 {
		t.Fatalf("the cluster wants %d records, and this test needs one", len(record))
	}
	record[0].Labels["owner"] = cluster.Owner
	text, err := json.Marshal(record[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func survivable(status int) bool {
	return status == http.StatusOK || status == http.StatusNoContent || (status >= 500 && status <= 510)
}

// wantSurvivable sends changes that a plan would not compute.
func wantSurvivable(t *testing.T, cluster *harness.Cluster, body string) {
	t.Helper()
	status, _, text := cluster.Serve.Send(t, http.MethodPost, cluster.Serve.URL+"/records", body)
	if !survivable(status) {
		t.Errorf("%s is answered %d: %s", body, status, text)
	}
	if !cluster.Serve.Alive() {
		t.Fatal("serve has ended")
	}
}
