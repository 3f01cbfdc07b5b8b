package conformance

import (
	"strings"
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

func TestDomainFilterReachesTheClient(t *testing.T) {
	world := harness.NewWorld(t)
	for _, test := range []struct {
		name      string
		flags     []string
		matches   []string
		unmatched []string
	}{
		{
			name:    "no filter matches everything",
			matches: []string{"app.example.com", "example.org", "*.example.net"},
		},
		{
			name:      "include",
			flags:     []string{"--domain-filter=example.com,example.org"},
			matches:   []string{"app.example.com", "example.com", "example.org"},
			unmatched: []string{"app.example.net", "notexample.com"},
		},
		{
			name:      "include subdomains only",
			flags:     []string{"--domain-filter=.example.com"},
			matches:   []string{"app.example.com"},
			unmatched: []string{"example.com"},
		},
		{
			name:      "exclude",
			flags:     []string{"--exclude-domain-filter=internal.example.com"},
			matches:   []string{"app.example.com", "example.org"},
			unmatched: []string{"internal.example.com", "db.internal.example.com"},
		},
		{
			name:      "include and exclude",
			flags:     []string{"--domain-filter=example.com", "--exclude-domain-filter=internal.example.com"},
			matches:   []string{"app.example.com"},
			unmatched: []string{"db.internal.example.com", "example.org"},
		},
		{
			name:      "regular expression",
			flags:     []string{`--regexp-domain-filter=^app-[0-9]+\.example\.com$`},
			matches:   []string{"app-1.example.com"},
			unmatched: []string{"app-x.example.com", "app-1.example.com.evil.org"},
		},
		{
			name:      "regular expression with exclusion",
			flags:     []string{`--regexp-domain-filter=example\.com$`, `--regexp-domain-filter-exclusion=^db\.`},
			matches:   []string{"app.example.com"},
			unmatched: []string{"db.example.com", "app.example.org"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cluster := world.ClusterWith(t, "cluster-east", harness.Setup{Serve: test.flags})
			for _, host := range test.matches {
				if !cluster.Filter().Match(host) {
					t.Errorf("the filter does not match %s", host)
				}
			}
			for _, host := range test.unmatched {
				if cluster.Filter().Match(host) {
					t.Errorf("the filter matches %s", host)
				}
			}
		})
	}
}

func TestHostsOutsideTheDomainFilterAreLeftAlone(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.ClusterWith(t, "cluster-east", harness.Setup{Serve: []string{"--domain-filter=example.com"}})
	outside := plain("outside")
	outside.Hosts = []string{"outside.example.org"}
	cluster.Apply(t, outside)
	cluster.Apply(t, plain("inside"))
	wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
	if names := world.ProfileNames(t, group); len(names) != 1 || names[0] != "tm-inside" {
		t.Errorf("Azure has the profiles %v, want only tm-inside", names)
	}
}

// ExternalDNS applies its own --domain-filter after the provider's answer, so a
// member outside of it neither appears nor loops.
func TestExternalDNSOwnDomainFilterNarrowsFurther(t *testing.T) {
	world := harness.NewWorld(t)
	cluster := world.Cluster(t, "cluster-east", "--domain-filter=example.com")
	outside := plain("outside")
	outside.Hosts = []string{"outside.example.org"}
	cluster.Apply(t, outside)
	cluster.Apply(t, plain("inside"))
	wantCounts(t, cluster.Settle(t), harness.Counts{Create: 1})
	if world.FindProfile(t, group, "tm-outside") != nil {
		t.Error("a host outside ExternalDNS's filter has got a profile")
	}
}

func TestNegotiationNeedsNoAzure(t *testing.T) {
	world := harness.NewWorld(t)
	world.Kill()
	cluster := world.ClusterWith(t, "cluster-east", harness.Setup{Serve: []string{"--domain-filter=example.com"}})
	if cluster.Filter().Match("app.example.org") {
		t.Error("the filter is not in force")
	}
	if loop := cluster.Attempt(t); loop.Err == nil {
		t.Error("a loop succeeded although Azure cannot be reached")
	}
}

func TestWrongSettingsAreReportedTogetherAtStart(t *testing.T) {
	code, output := harness.RunServe(t, nil,
		"--subscription-id=not-a-uuid", "--deadline=soon", "--server-port=70000",
		"--domain-filter=example.com", "--regexp-domain-filter=x")
	wantEqual(t, "the exit code", code, 2)
	for _, flag := range []string{"--owner-id", "--subscription-id", "--deadline", "--server-port", "--regexp-domain-filter"} {
		if !strings.Contains(output, flag) {
			t.Errorf("the output does not name %s:\n%s", flag, output)
		}
	}
}
