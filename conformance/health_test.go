package conformance

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"external-dns-traffic-manager/conformance/harness"
)

// What Azure's probes find reaches metrics, readiness and the log in the background of a loop that plans nothing.
func TestTheHealthOfTheMembersIsSeen(t *testing.T) {
	world := harness.NewWorld(t)
	watching := harness.Setup{Serve: []string{"--health-interval=1ms"}}
	cluster := world.ClusterWith(t, "cluster-east", watching)
	western := world.Cluster(t, "cluster-west")
	cluster.Apply(t, east())
	cluster.Loop(t)
	western.Apply(t, west())
	western.Loop(t)

	for _, health := range []harness.Health{harness.Online, harness.Degraded, harness.Online} {
		world.SetHealth(t, profile, "east-us", health)
		sees(t, cluster, string(health))
	}
	// Another owner's endpoint is its own concern, and one that is gone is nobody's.
	if others := cluster.Serve.Metric(t, endpointStatus, `endpoint="west-us"`); others != 0 {
		t.Errorf("another owner's endpoint has %v series", others)
	}
	told := strings.Count(cluster.Serve.Logs(), "Azure's probes find the endpoint Degraded")
	wantEqual(t, "the number of times that it is told", told, 1)
	cluster.Delete(t, east())
	cluster.Loop(t)
	cluster.Loop(t)
	if left := cluster.Serve.Metric(t, endpointStatus); left != 0 {
		t.Errorf("an endpoint that is gone has %v series", left)
	}
}

const endpointStatus = "external_dns_traffic_manager_endpoint_status"

// sees runs loops until the member has this status and no other, in the metrics and in the details of readiness.
func sees(t *testing.T, cluster *harness.Cluster, status string) {
	t.Helper()
	for range 500 {
		loop := cluster.Loop(t)
		if loop.Planned != nil {
			t.Errorf("a loop with nothing to do planned changes: %s", harness.Describe(loop.Planned))
		}
		cluster.Quiesce(t)
		var readiness struct {
			Provider struct {
				Probes struct{ Members map[string]int }
			}
		}
		code, _, body := cluster.Serve.Send(t, http.MethodGet, cluster.Serve.Operations+"/readyz", "")
		wantEqual(t, "the status of /readyz", code, http.StatusOK)
		if err := json.Unmarshal([]byte(body), &readiness); err != nil {
			t.Fatalf("/readyz: %v: %s", err, body)
		}
		all := cluster.Serve.Metric(t, endpointStatus)
		shown := cluster.Serve.Metric(t, endpointStatus, `endpoint="east-us"`, `status="`+status+`"`)
		if all == 1 && shown == 1 && readiness.Provider.Probes.Members[status] == 1 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("the status %s is not seen", status)
}
