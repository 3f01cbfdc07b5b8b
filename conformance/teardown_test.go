package conformance

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"external-dns-traffic-manager/conformance/harness"
)

// crash is where serve is killed: in the middle of a call that ends something.
type crash struct {
	// operation is the call; empty for any moment.
	operation string
	// when is whether the call takes effect late, or its answer is late.
	when string
}

func (c crash) String() string {
	if c.operation == "" {
		return "any moment"
	}
	return fmt.Sprintf("%s %s", c.when, c.operation)
}

// kills is how often serve is killed. A restart makes the end later, never sooner, so that it has to be left alone at
// some time.
const kills = 3

// The last members go, and with them the record of the vanity host, and then the profile: in this order, whenever and
// wherever serve is killed. Nobody can ever register a name to which users are led.
func TestATeardownNeverLeavesTheNameToAnybody(t *testing.T) {
	for _, crash := range []crash{
		{}, {"recordSets.delete", "before"}, {"recordSets.delete", "after"},
		{"profiles.delete", "before"}, {"profiles.delete", "after"}, {"profiles.patch", "after"},
	} {
		t.Run(crash.String(), func(t *testing.T) { tearDown(t, harness.AzureDNS, crash) })
	}
}

// The same where the record is deleted by somebody else, and late.
func TestATeardownWithDNSEndpointsNeverLeavesTheNameToAnybody(t *testing.T) {
	harness.NeedAPIServer(t)
	for _, crash := range []crash{
		{}, {"profiles.delete", "before"}, {"profiles.delete", "after"}, {"profiles.patch", "after"},
	} {
		t.Run(crash.String(), func(t *testing.T) { tearDown(t, harness.DNSEndpoint, crash) })
	}
}

func tearDown(t *testing.T, mode harness.Mode, crash crash) {
	t.Helper()
	world, eastern, western := chain(t, mode)
	guard := world.Guard(t)
	if crash.operation != "" {
		world.Break(t, harness.Fault{Operation: crash.operation, When: crash.when, Delay: "150ms"})
	}
	eastern.Delete(t, east())
	western.Delete(t, west())
	sites := []*harness.Site{eastern, western}
	teardown := &teardown{world: world, sites: sites, crash: crash, random: rand.New(rand.NewPCG(1, 2))}
	if mode == harness.DNSEndpoint {
		teardown.withoutRecords(t)
	}
	teardown.untilGone(t)
	looks := guard.Finish(t)
	wantOrder(t, world)
	t.Logf("killed %d times, looked %d times", teardown.killed, looks)
}

// teardown is the end of a profile, in which serve is killed.
type teardown struct {
	world  *harness.World
	sites  []*harness.Site
	crash  crash
	random *rand.Rand
	killed int
}

// withoutRecords runs the webhook's part for longer than its grace and the TTL. The ExternalDNS that has to delete the
// CNAME does not run, so the profile to which it leads stays.
func (d *teardown) withoutRecords(t *testing.T) {
	t.Helper()
	for range 2 {
		for begun := time.Now(); time.Since(begun) < 2*time.Second; {
			d.round(t, func(site *harness.Site) { site.Members.Loop(t) })
		}
		d.restart(t)
	}
	state := azure(t, d.world)
	wantEqual(t, "the record that nobody has deleted yet", state.CNAME("my-app"), fqdn)
	wantEqual(t, "the number of profiles to which it can lead", len(state.Profiles), 1)
	for _, site := range d.sites {
		site.Records.Loop(t)
	}
	d.restart(t)
}

// restart starts every serve again: one that has seen a reason to keep a profile looks again after a minute, and one
// that was just started looks at once.
func (d *teardown) restart(t *testing.T) {
	t.Helper()
	for _, site := range d.sites {
		site.Members.Serve.Restart(t)
	}
}

// untilGone runs both parts until nothing is left.
func (d *teardown) untilGone(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		d.round(t, func(site *harness.Site) { site.Leave(t) })
		if state := azure(t, d.world); len(state.Profiles) == 0 && state.CNAME("my-app") == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the profile is not gone in time: %s", d.world.State(t))
		}
	}
	if d.killed == 0 {
		t.Errorf("serve was never killed at %s: the test shows nothing", d.crash)
	}
	d.world.Heal(t)
	wantQuiet(t, d.sites...)
}

// round runs a loop of each site. What ends something is done in the background after it, in the middle of which serve
// is killed.
func (d *teardown) round(t *testing.T, loop func(*harness.Site)) {
	t.Helper()
	for _, site := range d.sites {
		before := d.world.Requests(t).Count(d.crash.operation)
		loop(site)
		switch {
		case d.killed == kills:
		case d.crash.operation == "":
			time.Sleep(time.Duration(d.random.IntN(20)) * time.Millisecond)
			site.Members.Serve.Restart(t)
			d.killed++
		case begins(t, d.world, d.crash.operation, before):
			site.Members.Serve.Restart(t)
			d.killed++
		}
		site.Members.Quiesce(t)
	}
}

// begins waits for a call that serve makes in the background, and says whether it has come before serve was at rest.
func begins(t *testing.T, world *harness.World, operation string, before int) bool {
	t.Helper()
	total := -1
	for quiet := time.Now(); time.Since(quiet) < 100*time.Millisecond; {
		requests := world.Requests(t)
		if requests.Count(operation) > before {
			return true
		}
		if requests.Total != total {
			total, quiet = requests.Total, time.Now()
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

// wantOrder reads what Azure was asked: the record was deleted before the profile, and not made again.
func wantOrder(t *testing.T, world *harness.World) {
	t.Helper()
	record := false
	deleted := 0
	for _, write := range world.Writes(t, "recordSets.put", "recordSets.delete", "profiles.put", "profiles.delete") {
		switch write.Operation {
		case "profiles.delete":
			deleted++
			if record {
				t.Errorf("the profile was deleted while the record was there")
			}
		case "recordSets.put", "recordSets.delete":
			if write.Of("CNAME", "my-app") {
				record = write.Operation == "recordSets.put"
			}
		}
	}
	if deleted == 0 || record {
		t.Errorf("the profile was deleted %d times, the record is there: %v", deleted, record)
	}
}
