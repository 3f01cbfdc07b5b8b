package conformance

import (
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

func TestCreateMakesTheProfileWithItsFirstMember(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())

	var loop harness.Loop
	cost := world.Cost(t, func() { loop = cluster.Loop(t) })
	wantCounts(t, loop, harness.Counts{Create: 1})
	if cost.Writes != 1 || cost.Count("profiles.put") != 1 {
		t.Errorf("a new profile with its first member is to cost one write; it cost %s", cost)
	}

	created := world.Profile(t, group, profile)
	wantEqual(t, "the routing method", created.Properties.TrafficRoutingMethod, "Weighted")
	wantEqual(t, "the profile's status", created.Properties.ProfileStatus, "Enabled")
	wantEqual(t, "the DNS name", created.Properties.DNSConfig.FQDN, fqdn)
	wantEqual(t, "the TTL", created.Properties.DNSConfig.TTL, 30)
	wantEqual(t, "the monitor", created.Properties.MonitorConfig, harness.Monitor{Protocol: "HTTPS", Port: 443, Path: "/health"})
	member := world.Member(t, group, profile, "east-us").Properties
	wantEqual(t, "the target", member.Target, "my-app-east.example.com")
	wantEqual(t, "the weight", member.Weight, 70)
	wantEqual(t, "the endpoint's status", member.EndpointStatus, "Enabled")
	cluster.ExpectNoOp(t)
}

// The record that ExternalDNS sees for a member is the same from both sides:
// a CNAME from the source's host to the profile, in a row of its own.
func TestTheRecordOfAMember(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	cluster.Loop(t)
	loop := cluster.Loop(t)
	if len(loop.Desired) != 1 || len(loop.Current) != 1 {
		t.Fatalf("want one record on each side; desired %d, current %d", len(loop.Desired), len(loop.Current))
	}
	if desired, current := harness.DescribeRecord(loop.Desired[0]), harness.DescribeRecord(loop.Current[0]); desired != current {
		t.Logf("the sides differ in what the plan does not compare:\ndesired %s\ncurrent %s", desired, current)
	}
	record := loop.Current[0]
	wantEqual(t, "the name", record.DNSName, "my-app-east.example.com")
	wantEqual(t, "the type", record.RecordType, "CNAME")
	wantEqual(t, "the set identifier", record.SetIdentifier, "east-us")
	wantEqual(t, "the TTL", record.RecordTTL, 0)
	wantEqual(t, "the targets", record.Targets.String(), fqdn)
	wantEqual(t, "the owner", record.Labels["owner"], "cluster-east")
	wantEqual(t, "the resource", record.Labels["resource"], "service/default/my-app-east")
}

func TestAWeightChangeCostsOneEndpointWrite(t *testing.T) {
	world, eastern, western := joined(t)
	for _, cluster := range []struct {
		*harness.Cluster
		service harness.Service
	}{{eastern, east()}, {western, west()}} {
		cluster.Apply(t, cluster.service.With("weight", "50"))
		var loop harness.Loop
		cost := world.Cost(t, func() { loop = cluster.Loop(t) })
		wantCounts(t, loop, harness.Counts{Update: 1})
		if cost.Writes != 1 || cost.Count("endpoints.put", "endpoints.patch") != 1 {
			t.Errorf("%s: a weight change is to cost one endpoint write and no other; it cost %s", cluster.Owner, cost)
		}
	}
	eastern.ExpectNoOp(t)
	western.ExpectNoOp(t)
	wantEqual(t, "east's weight", world.Member(t, group, profile, "east-us").Properties.Weight, 50)
	wantEqual(t, "west's weight", world.Member(t, group, profile, "west-us").Properties.Weight, 50)
}

func TestEveryEndpointAnnotationFollowsItsChange(t *testing.T) {
	world, eastern, _ := joined(t)
	before := world.Member(t, group, profile, "west-us")
	for _, test := range []struct {
		name, value string
		check       func(harness.EndpointProperties) bool
	}{
		{"weight", "1", func(p harness.EndpointProperties) bool { return p.Weight == 1 }},
		{"weight", "1000", func(p harness.EndpointProperties) bool { return p.Weight == 1000 }},
		{"weight", "0", func(p harness.EndpointProperties) bool { return p.EndpointStatus == "Disabled" }},
		{"weight", "70", func(p harness.EndpointProperties) bool { return p.EndpointStatus == "Enabled" && p.Weight == 70 }},
		{"priority", "7", func(p harness.EndpointProperties) bool { return p.Priority == 7 }},
		{"endpoint-status", "disabled", func(p harness.EndpointProperties) bool { return p.EndpointStatus == "Disabled" }},
		{"endpoint-status", "Enabled", func(p harness.EndpointProperties) bool { return p.EndpointStatus == "Enabled" }},
		{"endpoint-location", "northeurope", func(p harness.EndpointProperties) bool { return p.EndpointLocation == "North Europe" }},
		{"health-checks-enabled", "false", func(p harness.EndpointProperties) bool { return p.AlwaysServe == "Enabled" }},
		{"health-checks-enabled", "true", func(p harness.EndpointProperties) bool { return p.AlwaysServe == "Disabled" }},
		{"target", "other.example.com", func(p harness.EndpointProperties) bool { return p.Target == "other.example.com" }},
		{"target", "hostname", func(p harness.EndpointProperties) bool { return p.Target == "my-app-east.example.com" }},
	} {
		t.Run(test.name+"="+test.value, func(t *testing.T) {
			eastern.Apply(t, east().With(test.name, test.value))
			wantCounts(t, eastern.Settle(t), harness.Counts{Update: 1})
			if member := world.Member(t, group, profile, "east-us"); !test.check(member.Properties) {
				t.Errorf("Azure holds %+v", member.Properties)
			}
		})
	}
	wantUntouched(t, before, world.Member(t, group, profile, "west-us"))
}

func TestEverySettingFollowsItsChangeAndKeepsTheMembers(t *testing.T) {
	world, eastern, western := joined(t)
	for _, test := range []struct {
		name, value string
		check       func(harness.ProfileProperties) bool
	}{
		{"dns-ttl", "60", func(p harness.ProfileProperties) bool { return p.DNSConfig.TTL == 60 }},
		{"monitor-path", "/ready", func(p harness.ProfileProperties) bool { return p.MonitorConfig.Path == "/ready" }},
		{"monitor-port", "8443", func(p harness.ProfileProperties) bool { return p.MonitorConfig.Port == 8443 }},
		{"monitor-protocol", "http", func(p harness.ProfileProperties) bool { return p.MonitorConfig.Protocol == "HTTP" }},
		{"routing-method", "priority", func(p harness.ProfileProperties) bool { return p.TrafficRoutingMethod == "Priority" }},
		{"routing-method", "PERFORMANCE", func(p harness.ProfileProperties) bool { return p.TrafficRoutingMethod == "Performance" }},
	} {
		t.Run(test.name+"="+test.value, func(t *testing.T) {
			// Both clusters say the same, as one team would roll it out.
			eastern.Apply(t, east().With(test.name, test.value))
			western.Apply(t, west().With(test.name, test.value))
			var cost harness.Requests
			cost = world.Cost(t, func() {
				eastern.Loop(t)
				western.Loop(t)
			})
			if cost.Count("profiles.put") != 0 || cost.Count("profiles.delete") != 0 {
				t.Errorf("a changed setting is to be patched; it cost %s", cost)
			}
			eastern.ExpectNoOp(t)
			western.ExpectNoOp(t)
			changed := world.Profile(t, group, profile)
			if !test.check(changed.Properties) {
				t.Errorf("Azure holds %+v", changed.Properties)
			}
			wantEqual(t, "the number of endpoints", len(changed.Properties.Endpoints), 2)
			wantEqual(t, "the DNS name", changed.Properties.DNSConfig.FQDN, fqdn)
		})
	}
}

func TestRemovingTheAnnotationRemovesTheMember(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(harness.Service) harness.Service
	}{
		{"enabled removed", func(s harness.Service) harness.Service { return s.Without("enabled") }},
		{"enabled false", func(s harness.Service) harness.Service { return s.With("enabled", "false") }},
		{"all annotations removed", func(s harness.Service) harness.Service { s.TM = nil; return s }},
		{"no address any more", func(s harness.Service) harness.Service { s.Addresses = nil; return s }},
		{"no host any more", func(s harness.Service) harness.Service { s.Hosts = nil; return s }},
	} {
		t.Run(test.name, func(t *testing.T) {
			world, eastern, western := joined(t)
			before := world.Member(t, group, profile, "west-us")
			eastern.Apply(t, test.change(east()))
			wantCounts(t, eastern.Settle(t), harness.Counts{Delete: 1})
			if world.Profile(t, group, profile).Endpoint("east-us") != nil {
				t.Error("the endpoint is still there")
			}
			wantUntouched(t, before, world.Member(t, group, profile, "west-us"))
			western.ExpectNoOp(t)
		})
	}
}

func TestDeletingTheLastServiceDeletesTheProfile(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east")
	cluster.Apply(t, east())
	cluster.Settle(t)
	cluster.Delete(t, east())
	wantCounts(t, cluster.Loop(t), harness.Counts{Delete: 1})
	wantNoProfiles(t, world, cluster)
}

// A deleted profile frees its global name for anyone, while a CNAME may still
// point there; so it is kept for a while, disabled, and a member that comes back
// revives it.
func TestAnEmptyProfileIsKeptForItsGraceAndRevived(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.ClusterWith(t, "cluster-east", harness.Setup{Serve: []string{"--profile-grace=1h"}})
	cluster.Apply(t, east())
	cluster.Settle(t)
	cluster.Delete(t, east())
	wantCounts(t, cluster.Settle(t), harness.Counts{Delete: 1})
	kept := world.Profile(t, group, profile)
	wantEqual(t, "the status of the empty profile", kept.Properties.ProfileStatus, "Disabled")
	wantEqual(t, "the number of endpoints", len(kept.Properties.Endpoints), 0)

	cluster.Apply(t, east())
	wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
	wantEqual(t, "the status of the revived profile", world.Profile(t, group, profile).Properties.ProfileStatus, "Enabled")
	wantEqual(t, "the weight", world.Member(t, group, profile, "east-us").Properties.Weight, 70)
}

func TestRenamingMovesTheMember(t *testing.T) {
	for _, test := range []struct {
		name              string
		change            func(harness.Service) harness.Service
		profile, endpoint string
	}{
		{
			"endpoint renamed", func(s harness.Service) harness.Service { return s.With("endpoint-name", "east-us-2") },
			profile, "east-us-2",
		},
		{
			"profile renamed", func(s harness.Service) harness.Service { return s.With("profile-name", "my-app-v2") },
			"my-app-v2", "east-us",
		},
		{
			"host renamed", func(s harness.Service) harness.Service { s.Hosts = []string{"east.example.com"}; return s },
			profile, "east-us",
		},
		{
			"service renamed", nil,
			profile, "east-us",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := harness.NewWorld(t)
			cluster := world.Cluster(t, "cluster-east")
			cluster.Apply(t, east())
			cluster.Settle(t)
			if test.change == nil {
				cluster.Delete(t, east())
				renamed := east()
				renamed.Name = "another-name"
				cluster.Apply(t, renamed)
			} else {
				cluster.Apply(t, test.change(east()))
			}
			// A move may need two loops, because Azure refuses some orders.
			cluster.Loop(t)
			cluster.Loop(t)
			cluster.Quiesce(t)
			cluster.ExpectNoOp(t)
			if names := world.ProfileNames(t, group); len(names) != 1 || names[0] != test.profile {
				t.Errorf("Azure has the profiles %v, want only %s", names, test.profile)
			}
			if names := world.Profile(t, group, test.profile).EndpointNames(); len(names) != 1 || names[0] != test.endpoint {
				t.Errorf("the profile has the endpoints %v, want only %s", names, test.endpoint)
			}
		})
	}
}

// wantUntouched fails the test if an endpoint changed.
func wantUntouched(t *testing.T, before, after harness.Endpoint) {
	t.Helper()
	if harness.Differs(before, after) {
		t.Errorf("the endpoint %s was touched:\nbefore %+v\nafter  %+v", before.Name, before.Properties, after.Properties)
	}
}
