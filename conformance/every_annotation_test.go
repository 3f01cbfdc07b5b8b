package conformance

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

// life is what becomes of one annotation: it is set, changed and removed, and
// after each of the three the next loop has nothing to do.
type life struct {
	name string
	// beside are annotations that the object has all the time.
	beside []string
	// set and change are values of the annotation, or annotations with values
	// when the value wants company.
	set, change []string
	// place is where Azure holds it, from the profile's resource on.
	place string
	// afterSet and afterChange are what Azure holds there, as JSON.
	afterSet, afterChange string
	// afterRemove is what Azure holds in the end; what it was before, if empty.
	afterRemove string
	// required says that the object is no member without the annotation, so that
	// removing it is a mistake: it is reported, and everything stays.
	required bool
	// looksUp says that without the annotation the object's address is looked up.
	looksUp bool
	// first says that the profile is made with it.
	first bool
	// moves says that the member leaves a profile, which is deleted by and by.
	moves bool
	// serve are flags of the provider.
	serve  []string
	groups []string
}

const (
	theEndpoint = "properties/endpoints/0/"
	ofEndpoint  = theEndpoint + "properties/"
	ofMonitor   = "properties/monitorConfig/"
	addresses   = "/subscriptions/" + harness.Subscription + "/resourceGroups/my-rg/providers/Microsoft.Network/publicIPAddresses/"
	child       = "/subscriptions/" + harness.Subscription + "/resourceGroups/" + harness.Group +
		"/providers/Microsoft.Network/trafficManagerProfiles/"
	otherGroup        = "my-other-rg"
	otherSubscription = "00000000-0000-0000-0000-000000000002"
)

var nested = []string{"endpoint-type", "Nested", "target-profile", "child-a"}

// lives has every annotation. What "change" and "remove" mean for one that never
// changes, or that an object needs, stands in its comment.
var lives = []life{
	{name: "always-serve", set: []string{"Enabled"}, change: []string{"Disabled"},
		place: ofEndpoint + "alwaysServe", afterSet: `"Enabled"`, afterChange: `"Disabled"`},
	// The DNS name of a profile never changes: what is asked for later is reported.
	{name: "dns-name", first: true, set: []string{"another"}, change: []string{"a-third"},
		place: "properties/dnsConfig/relativeName", afterSet: `"another"`, afterChange: `"another"`, afterRemove: `"another"`},
	{name: "dns-ttl", set: []string{"60"}, change: []string{"120"},
		place: "properties/dnsConfig/ttl", afterSet: `60`, afterChange: `120`},
	// Without it the object is no member, as with false.
	{name: "enabled", set: []string{"true"}, change: []string{"false"}, moves: true,
		place: theEndpoint + "name", afterSet: `"app"`, afterChange: `null`, afterRemove: `null`},
	{name: "endpoint-headers", set: []string{"X-Probe: a"}, change: []string{"X-Probe: b"},
		place:       ofEndpoint + "customHeaders",
		afterSet:    `[{"name":"X-Probe","value":"a"}]`,
		afterChange: `[{"name":"X-Probe","value":"b"}]`},
	{name: "endpoint-location", set: []string{"eastus"}, change: []string{"northeurope"},
		place: ofEndpoint + "endpointLocation", afterSet: `"East US"`, afterChange: `"North Europe"`},
	{name: "endpoint-name", set: []string{"one"}, change: []string{"two"},
		place: theEndpoint + "name", afterSet: `"one"`, afterChange: `"two"`},
	{name: "endpoint-status", set: []string{"Disabled"}, change: []string{"Enabled"},
		place: ofEndpoint + "endpointStatus", afterSet: `"Disabled"`, afterChange: `"Enabled"`},
	{name: "endpoint-type", set: []string{"endpoint-type", "Azure", "target-resource-id", addresses + "a"}, change: nested,
		place:       theEndpoint + "type",
		afterSet:    `"Microsoft.Network/trafficManagerProfiles/azureEndpoints"`,
		afterChange: `"Microsoft.Network/trafficManagerProfiles/nestedEndpoints"`},
	{name: "geo-mapping", set: []string{"Germany"}, change: []string{"GEO-EU,US-CA"},
		place: ofEndpoint + "geoMapping", afterSet: `["DE"]`, afterChange: `["GEO-EU","US-CA"]`},
	{name: "health-checks-enabled", set: []string{"false"}, change: []string{"true"},
		place: ofEndpoint + "alwaysServe", afterSet: `"Enabled"`, afterChange: `"Disabled"`},
	{name: "hostname", set: []string{"my-app.example.com"}, change: []string{"another.example.com"},
		place: "tags/externaldns-hostname", afterSet: `"my-app.example.com"`, afterChange: `"another.example.com"`},
	{name: "max-return", beside: []string{"routing-method", "MultiValue", "target", "address"},
		set: []string{"3"}, change: []string{"4"}, place: "properties/maxReturn", afterSet: `3`, afterChange: `4`},
	{name: "min-child-endpoints", beside: nested, set: []string{"2"}, change: []string{"3"},
		place: ofEndpoint + "minChildEndpoints", afterSet: `2`, afterChange: `3`},
	{name: "min-child-endpoints-ipv4", beside: nested, set: []string{"1"}, change: []string{"2"},
		place: ofEndpoint + "minChildEndpointsIPv4", afterSet: `1`, afterChange: `2`},
	{name: "min-child-endpoints-ipv6", beside: nested, set: []string{"1"}, change: []string{"2"},
		place: ofEndpoint + "minChildEndpointsIPv6", afterSet: `1`, afterChange: `2`},
	{name: "monitor-expected-status-codes", set: []string{"301,200-299"}, change: []string{"204"},
		place:       ofMonitor + "expectedStatusCodeRanges",
		afterSet:    `[{"max":299,"min":200},{"max":301,"min":301}]`,
		afterChange: `[{"max":204,"min":204}]`},
	{name: "monitor-headers", set: []string{"X-Probe: a"}, change: []string{"Host: b.example.com; X-Probe: b"},
		place:       ofMonitor + "customHeaders",
		afterSet:    `[{"name":"X-Probe","value":"a"}]`,
		afterChange: `[{"name":"Host","value":"b.example.com"},{"name":"X-Probe","value":"b"}]`},
	{name: "monitor-host", beside: []string{"hostname", "my-app.example.com"}, set: []string{"a.example.com"}, change: []string{"none"},
		place: ofMonitor + "customHeaders", afterSet: `[{"name":"Host","value":"a.example.com"}]`, afterChange: `null`},
	{name: "monitor-interval", set: []string{"10"}, change: []string{"30"},
		place: ofMonitor + "intervalInSeconds", afterSet: `10`, afterChange: `30`},
	{name: "monitor-path", set: []string{"/a"}, change: []string{"/b"},
		place: ofMonitor + "path", afterSet: `"/a"`, afterChange: `"/b"`},
	{name: "monitor-port", set: []string{"8443"}, change: []string{"9443"},
		place: ofMonitor + "port", afterSet: `8443`, afterChange: `9443`},
	{name: "monitor-protocol", set: []string{"HTTP"}, change: []string{"monitor-protocol", "TCP", "monitor-port", "5432"},
		place: ofMonitor + "protocol", afterSet: `"HTTP"`, afterChange: `"TCP"`},
	{name: "monitor-timeout", set: []string{"5"}, change: []string{"9"},
		place: ofMonitor + "timeoutInSeconds", afterSet: `5`, afterChange: `9`},
	{name: "monitor-tolerated-failures", set: []string{"0"}, change: []string{"9"},
		place: ofMonitor + "toleratedNumberOfFailures", afterSet: `0`, afterChange: `9`},
	// Without a wish the priority stays.
	{name: "priority", set: []string{"5"}, change: []string{"7"},
		place: ofEndpoint + "priority", afterSet: `5`, afterChange: `7`, afterRemove: `7`},
	// Nothing of it makes a difference in a profile of this system's.
	{name: "profile-management", set: []string{"manage"}, change: []string{"join"},
		place: "tags/externaldns-managed-by", afterSet: `"external-dns-traffic-manager"`, afterChange: `"external-dns-traffic-manager"`},
	{name: "profile-name", set: []string{"tm-one"}, change: []string{"tm-two"}, moves: true,
		place: "name", afterSet: `"tm-one"`, afterChange: `"tm-two"`},
	{name: "profile-status", set: []string{"Disabled"}, change: []string{"Enabled"},
		place: "properties/profileStatus", afterSet: `"Disabled"`, afterChange: `"Enabled"`},
	// Azure never changes a record type: another one is reported, and without the annotation it stays.
	{name: "record-type", beside: []string{"target", "address"}, serve: []string{"--api-version=2026-09-01"},
		set: []string{"A"}, change: []string{"CNAME"}, place: "properties/recordType",
		afterSet: `"A"`, afterChange: `"A"`, afterRemove: `"A"`},
	// With several groups an object has to name one. The profile that was left keeps its DNS name until it is deleted.
	{name: "resource-group", set: []string{group}, change: []string{"resource-group", otherGroup, "dns-name", "moved"},
		required: true, moves: true, groups: []string{group, otherGroup},
		place: "id", afterSet: profileID(harness.Subscription, group), afterChange: profileID(harness.Subscription, otherGroup)},
	{name: "routing-method", beside: []string{"endpoint-location", "eastus"}, set: []string{"Priority"}, change: []string{"Performance"},
		place: "properties/trafficRoutingMethod", afterSet: `"Priority"`, afterChange: `"Performance"`},
	{name: "subnets", set: []string{"20.0.0.0/24"}, change: []string{"20.0.1.4-20.0.1.9"},
		place:       ofEndpoint + "subnets",
		afterSet:    `[{"first":"20.0.0.0","scope":24}]`,
		afterChange: `[{"first":"20.0.1.4","last":"20.0.1.9"}]`},
	{name: "subscription-id", set: []string{"subscription-id", otherSubscription, "dns-name", "moved"},
		change: []string{harness.Subscription}, moves: true, groups: []string{group, otherSubscription + "/" + group},
		serve: []string{"--subscription-ids=" + otherSubscription}, place: "id",
		afterSet: profileID(otherSubscription, group), afterChange: profileID(harness.Subscription, group)},
	{name: "tags", set: []string{"env=prod"}, change: []string{"env=test,team=web"},
		place: "tags/env", afterSet: `"prod"`, afterChange: `"test"`},
	{name: "target", set: []string{"other.example.com"}, change: []string{"address"},
		place: ofEndpoint + "target", afterSet: `"other.example.com"`, afterChange: `"20.1.113.30"`},
	{name: "target-profile", beside: []string{"endpoint-type", "Nested"}, set: []string{"child-a"}, change: []string{"child-b"},
		required: true, place: ofEndpoint + "targetResourceId",
		afterSet: quoted(child + "child-a"), afterChange: quoted(child + "child-b")},
	// Without it the load balancer's address is looked up; this one is nobody's, and the member stays.
	{name: "target-resource-id", beside: []string{"endpoint-type", "Azure"}, set: []string{addresses + "a"}, change: []string{addresses + "b"},
		required: true, looksUp: true, place: ofEndpoint + "targetResourceId",
		afterSet: quoted(addresses + "a"), afterChange: quoted(addresses + "b")},
	{name: "traffic-view", set: []string{"true"}, change: []string{"Disabled"},
		place: "properties/trafficViewEnrollmentStatus", afterSet: `"Enabled"`, afterChange: `"Disabled"`},
	// Who makes the record of the vanity host stands with it.
	{name: "vanity", beside: []string{"hostname", "my-app.example.com"}, set: []string{"azure-dns"}, change: []string{"dnsendpoint"},
		place: "tags/externaldns-hostname", afterSet: `"my-app.example.com azure-dns"`,
		afterChange: `"my-app.example.com dnsendpoint"`, afterRemove: `"my-app.example.com"`},
	{name: "weight", set: []string{"7"}, change: []string{"9"},
		place: ofEndpoint + "weight", afterSet: `7`, afterChange: `9`},
}

func quoted(text string) string { return `"` + text + `"` }

func profileID(subscription, group string) string {
	return quoted("/subscriptions/" + subscription + "/resourceGroups/" + group +
		"/providers/Microsoft.Network/trafficManagerProfiles/tm-app")
}

// TestEveryAnnotationIsSetChangedAndRemoved counts what it has seen, against the
// table of annotations in the documentation, which is held to the code.
func TestEveryAnnotationIsSetChangedAndRemoved(t *testing.T) {
	seen := map[string][]string{}
	for _, one := range lives {
		t.Run(one.name, func(t *testing.T) {
			one.run(t, func(step string) { seen[one.name] = append(seen[one.name], step) })
		})
	}
	known := documentedAnnotations(t)
	steps := 0
	var table strings.Builder
	for _, name := range known {
		steps += len(seen[name])
		fmt.Fprintf(&table, "\n%-32s %s", name, strings.Join(seen[name], " "))
		if len(seen[name]) != 3 {
			t.Errorf("%s is not set, changed and removed, only %v", name, seen[name])
		}
	}
	for _, one := range lives {
		if !slices.Contains(known, one.name) {
			t.Errorf("there is no annotation %s", one.name)
		}
	}
	t.Logf("%d annotations × {set, change, remove}: %d of %d%s", len(known), steps, 3*len(known), table.String())
}

// documentedAnnotations returns the names in the table of docs/ANNOTATIONS.md.
func documentedAnnotations(t *testing.T) []string {
	t.Helper()
	document, err := os.ReadFile("../docs/ANNOTATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(document), "| annotation | belongs to | meaning |\n")
	rows, _, _ := strings.Cut(rest, "\n\n")
	var names []string
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|").FindAllStringSubmatch(rows, -1) {
		names = append(names, match[1])
	}
	if len(names) < 30 {
		t.Fatalf("the table has only %v", names)
	}
	return names
}

func (l life) run(t *testing.T, count func(step string)) {
	world := harness.NewWorld(t)
	for index, name := range []string{"child-a", "child-b"} {
		world.PutProfile(t, group, name, harness.Foreign(name,
			harness.External("inside", fmt.Sprintf("inside-%d.example.net", index), 1)))
	}
	for _, name := range []string{"a", "b"} {
		world.PutResource(t, addresses+name, name+".eastus.cloudapp.azure.com", "eastus")
	}
	cluster := world.ClusterWith(t, "cluster-east", harness.Setup{Serve: l.serve, Groups: l.groups})
	base := plain("app").With(l.beside...)
	if slices.Contains([]string{"enabled", "endpoint-name", "profile-name"}, l.name) {
		base = base.Without(l.name)
	}
	held := func() string { return world.Held(t, l.groupsOrDefault(), l.place) }
	step := func(name string, service harness.Service, want string) {
		cluster.Apply(t, service)
		cluster.Loop(t)
		if l.moves {
			// The profile that was left is deleted in the background of a later loop.
			for range 3 {
				cluster.Quiesce(t)
				cluster.Loop(t)
			}
			cluster.Quiesce(t)
		}
		if l.name == "vanity" {
			// The loop that first sees it lists the zones of Azure DNS, in the background.
			cluster.Loop(t)
			cluster.Quiesce(t)
		}
		if l.looksUp && name == "remove" {
			cluster.ExpectNoOpWithLookUp(t)
		} else {
			cluster.ExpectNoOp(t)
		}
		wantEqual(t, l.name+" after "+name, held(), want)
		if !t.Failed() && name != "nothing" {
			count(name)
		}
	}
	before := `null`
	if !l.required && !l.first {
		cluster.Apply(t, base)
		cluster.Settle(t)
		before = held()
		step("nothing", base, before)
	}
	step("set", base.With(l.pairs(l.set)...), l.afterSet)
	step("change", base.With(l.pairs(l.change)...), l.afterChange)
	switch {
	case l.required:
		before = l.afterChange
	case l.afterRemove != "":
		before = l.afterRemove
	}
	step("remove", base, before)
}

// pairs returns the annotation with one value, or all that were given.
func (l life) pairs(given []string) []string {
	if len(given) == 1 {
		return []string{l.name, given[0]}
	}
	return given
}

func (l life) groupsOrDefault() []string {
	if l.groups == nil {
		return []string{group}
	}
	return l.groups
}
