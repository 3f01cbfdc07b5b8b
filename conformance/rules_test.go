package conformance

// Rules of ExternalDNS that the proof of concept broke, or that only some of its
// versions show. Where the real ExternalDNS of this module does not send such a
// request, the test sends it itself.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

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
	body := `[{"dnsName":"app.example.com","targets":["20.1.113.1"],"recordType":"A",` +
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
	cluster.Delete(t, east())
	for range 3 {
		send(`{"delete":[` + record + `]}`)
	}
	wantNoProfiles(t, world, cluster)
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
			`{"dnsName":"1.113.1.20.in-addr.arpa","recordType":"PTR","targets":["example.com"]},` +
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
