package harness

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider"
	"sigs.k8s.io/external-dns/provider/webhook/api"
)

// memory is a provider that keeps what it is given, as DNS providers do: without
// labels, and without the provider-specific properties of an object.
type memory struct {
	provider.BaseProvider
	records []*endpoint.Endpoint
	failure int
}

func (m *memory) Records(context.Context) ([]*endpoint.Endpoint, error) {
	return deepCopy(m.records), nil
}

func (m *memory) ApplyChanges(_ context.Context, changes *plan.Changes) error {
	m.records = slices.DeleteFunc(m.records, func(record *endpoint.Endpoint) bool {
		return slices.ContainsFunc(slices.Concat(changes.Delete, changes.UpdateOld), func(gone *endpoint.Endpoint) bool {
			return gone.Key() == record.Key()
		})
	})
	for _, record := range slices.Concat(changes.Create, changes.UpdateNew) {
		m.records = append(m.records, &endpoint.Endpoint{
			DNSName: record.DNSName, RecordType: record.RecordType, Targets: record.Targets,
			SetIdentifier: record.SetIdentifier, RecordTTL: record.RecordTTL,
		})
	}
	return nil
}

// reference is ExternalDNS's own webhook server in front of the memory provider.
func reference(t *testing.T) (*memory, string) {
	t.Helper()
	held := &memory{}
	server := &api.WebhookServer{Provider: held}
	mux := http.NewServeMux()
	mux.HandleFunc("/", server.NegotiateHandler)
	mux.HandleFunc(api.UrlAdjustEndpoints, server.AdjustEndpointsHandler)
	mux.HandleFunc(api.UrlRecords, func(response http.ResponseWriter, request *http.Request) {
		if held.failure != 0 {
			response.WriteHeader(held.failure)
			return
		}
		server.RecordsHandler(response, request)
	})
	listener := httptest.NewServer(mux)
	t.Cleanup(listener.Close)
	return held, listener.URL
}

// The harness itself: against a provider that is known to be good, ExternalDNS
// creates, finds everything up to date, updates and deletes, and the notes say so.
func TestAClusterRunsTheRealExternalDNS(t *testing.T) {
	held, url := reference(t)
	cluster := ExternalDNS(t, "owner", url)
	service := Service{Name: "app", Hosts: []string{"app.example.com"}, Addresses: []string{"203.0.113.1"}}
	cluster.Apply(t, service)

	loop := cluster.Loop(t)
	if counts := Count(loop.Planned); counts != (Counts{Create: 1}) {
		t.Errorf("planned %+v:%s", counts, Describe(loop.Planned))
	}
	if counts := Count(loop.Sent); counts != (Counts{Create: 2}) {
		t.Errorf("the TXT registry sent %+v, want the record and its TXT record:%s", counts, Describe(loop.Sent))
	}
	if loop = cluster.Loop(t); loop.Planned != nil || loop.Sent != nil {
		t.Errorf("the second loop planned%s", Describe(loop.Planned))
	}
	service.Addresses = []string{"203.0.113.2"}
	cluster.Apply(t, service)
	if counts := Count(cluster.Loop(t).Planned); counts != (Counts{Update: 1}) {
		t.Errorf("another address planned %+v", counts)
	}
	cluster.Delete(t, service)
	if counts := Count(cluster.Loop(t).Planned); counts != (Counts{Delete: 1}) {
		t.Errorf("the deletion planned %+v", counts)
	}
	if len(held.records) != 0 {
		t.Errorf("the provider still holds %d records", len(held.records))
	}
}

func TestASoftErrorIsToldFromAHardOne(t *testing.T) {
	held, url := reference(t)
	cluster := ExternalDNS(t, "owner", url)
	for status, hard := range map[int]bool{500: false, 503: false, 510: false, 511: true, 404: true, 429: true} {
		held.failure = status
		observer := &observer{TB: t}
		loop := cluster.Attempt(observer)
		if loop.Err == nil || observer.failed != hard {
			t.Errorf("status %d: the error is %v, taken for hard: %v, want %v", status, loop.Err, observer.failed, hard)
		}
	}
}

// observer notes a failure instead of failing the test.
type observer struct {
	testing.TB
	failed bool
}

func (o *observer) Errorf(string, ...any) { o.failed = true }

func TestAnnotationsOfAManifest(t *testing.T) {
	service := Service{TM: TM{"weight": "1"}}
	changed := service.With("weight", "2", "priority", "3").Without("priority").Annotated("ttl", "60")
	got := annotations("p/", []string{"a", "b"}, changed.Annotations, changed.TM)
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"p/hostname":"a,b","p/ttl":"60","p/webhook-traffic-manager-weight":"2"}`; string(text) != want {
		t.Errorf("the annotations are %s, want %s", text, want)
	}
	if service.TM["weight"] != "1" {
		t.Error("a copy changed the original")
	}
}

func TestASampleOfTheMetrics(t *testing.T) {
	for _, test := range []struct {
		line   string
		labels []string
		want   float64
		found  bool
	}{
		{`calls_total{call="a",status="200"} 3`, nil, 3, true},
		{`calls_total{call="a",status="200"} 3`, []string{`call="a"`}, 3, true},
		{`calls_total{call="a",status="200"} 3`, []string{`call="b"`}, 0, false},
		{`calls_total 4 1700000000`, nil, 4, true},
		{`calls_total_created 4`, nil, 0, false},
		{`# TYPE calls_total counter`, nil, 0, false},
	} {
		value, found := sample(test.line, "calls_total", test.labels)
		if value != test.want || found != test.found {
			t.Errorf("%s with %v is %v, %v", test.line, test.labels, value, found)
		}
	}
}

func TestReplacementsOfFlags(t *testing.T) {
	got := override([]string{"--a=1", "--b=2", "--c"}, []string{"--b=3", "--b=4", "--d"})
	if want := []string{"--a=1", "--c", "--b=3", "--b=4", "--d"}; !slices.Equal(got, want) {
		t.Errorf("the flags are %v, want %v", got, want)
	}
}

// The emulator's control API, as far as the suite relies on it.
func TestTheEmulatorCountsFailsAndForgets(t *testing.T) {
	emulator := StartEmulator(t)
	cost := emulator.Cost(t, func() {
		emulator.PutProfile(t, Group, "one", Foreign("one", External("a", "a.example.net", 1)))
		emulator.PutEndpoint(t, Group, "one", External("b", "b.example.net", 2))
		emulator.Profiles(t, Group)
	})
	if cost.Reads != 1 || cost.Writes != 2 || cost.Total != 3 || cost.Count("profiles.put", "endpoints.put") != 2 || cost.Count(ListOperations...) != 1 {
		t.Errorf("one list and two writes are counted as %s", cost)
	}
	if names := emulator.Profile(t, Group, "one").EndpointNames(); !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("the endpoints are %v", names)
	}
	emulator.Break(t, Fault{Operation: "profiles.list", ResourceGroup: Group, Status: 503, Calls: 1})
	list := query(groupPath(Group))
	if err := emulator.call(http.MethodGet, query(groupPath("other")), nil, nil); err != nil {
		t.Errorf("the fault of another group applies: %v", err)
	}
	if err := emulator.call(http.MethodGet, list, nil, nil); err == nil {
		t.Error("the fault does not apply")
	}
	if err := emulator.call(http.MethodGet, list, nil, nil); err != nil {
		t.Errorf("the fault applies more often than asked: %v", err)
	}
	emulator.Break(t, Fault{Status: 500})
	emulator.Heal(t)
	if err := emulator.call(http.MethodGet, list, nil, nil); err != nil {
		t.Errorf("the fault was not removed: %v", err)
	}
	for health, want := range map[Health]string{Degraded: "b.example.net.", Online: "a.example.net."} {
		emulator.SetHealth(t, "one", "a", health)
		emulator.SetHealth(t, "one", "b", map[Health]Health{Degraded: Online, Online: Degraded}[health])
		if targets := emulator.Targets(t, "one", 20); targets[want] != 20 {
			t.Errorf("with a %s the answers are %v, want only %s", health, targets, want)
		}
	}
	if err := emulator.call(http.MethodPut, "/_emulator/faults", map[string]any{"rules": "x"}, nil); err == nil {
		t.Error("wrong control input is accepted")
	}
	if emulator.State(t) == "" {
		t.Error("there is no state")
	}
}
