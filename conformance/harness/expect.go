package harness

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/plan"
)

// ExpectNoOp runs a loop in which ExternalDNS has to find everything up to date,
// and which may cost one list call per resource group (or one for the whole
// subscription), no other read and no write.
func (c *Cluster) ExpectNoOp(tb testing.TB) {
	tb.Helper()
	c.expectNoOp(tb, 0)
}

// ExpectNoOpWithLookUp is ExpectNoOp for a cluster with an object that leaves its
// public IP address to be looked up, which is one list call more.
func (c *Cluster) ExpectNoOpWithLookUp(tb testing.TB) {
	tb.Helper()
	c.expectNoOp(tb, 1)
}

func (c *Cluster) expectNoOp(tb testing.TB, lookUps int) {
	tb.Helper()
	var loop Loop
	cost := c.emulator.Cost(tb, func() { loop = c.Loop(tb) })
	if loop.Planned != nil {
		tb.Errorf("%s: a loop with nothing to do planned changes: %s", c.Owner, Describe(loop.Planned))
	}
	lists := 1
	if c.Serve != nil && len(c.Serve.settings.Groups) > 0 {
		lists = len(c.Serve.settings.Groups)
	}
	if cost.Writes != 0 || cost.Total != lists+lookUps || cost.Count(ListOperations...) != lists ||
		cost.Count("publicIps.listAll") != lookUps {
		tb.Errorf("%s: a loop with nothing to do is to cost %d list calls, %d look-ups and nothing else; it cost %s",
			c.Owner, lists, lookUps, cost)
	}
	if !c.Serve.Alive() {
		tb.Errorf("%s: serve has ended", c.Owner)
	}
}

// Quiesce waits until the provider makes no more calls to Azure: some of its work
// goes on after its answer.
func (c *Cluster) Quiesce(tb testing.TB) {
	tb.Helper()
	const still = 5
	last, same := -1, 0
	for range 500 {
		if total := c.emulator.Requests(tb).Total; total != last {
			last, same = total, 0
		} else if same++; same == still {
			return
		}
		time.Sleep(pollInterval)
	}
	tb.Errorf("%s: the provider does not come to rest: %s", c.Owner, c.emulator.Requests(tb))
}

// Settle runs a loop and then one with nothing to do.
func (c *Cluster) Settle(tb testing.TB) Loop {
	tb.Helper()
	loop := c.Loop(tb)
	c.ExpectNoOp(tb)
	return loop
}

// Counts is the number of changes of each kind.
type Counts struct{ Create, Update, Delete int }

// Count returns how many changes a plan has; a missing plan has none.
func Count(changes *plan.Changes) Counts {
	if changes == nil {
		return Counts{}
	}
	return Counts{Create: len(changes.Create), Update: len(changes.UpdateNew), Delete: len(changes.Delete)}
}

// Describe writes changes for a failure message.
func Describe(changes *plan.Changes) string {
	if changes == nil {
		return "no change"
	}
	var text strings.Builder
	for _, list := range []struct {
		name      string
		endpoints []*endpoint.Endpoint
	}{
		{"create", changes.Create}, {"update from", changes.UpdateOld},
		{"update to", changes.UpdateNew}, {"delete", changes.Delete},
	} {
		for _, record := range list.endpoints {
			fmt.Fprintf(&text, "\n  %s %s", list.name, DescribeRecord(record))
		}
	}
	return text.String()
}

// DescribeRecord writes everything that the plan compares, and the labels.
func DescribeRecord(record *endpoint.Endpoint) string {
	properties := make([]string, 0, len(record.ProviderSpecific))
	for _, property := range record.ProviderSpecific {
		properties = append(properties, property.Name+"="+property.Value)
	}
	slices.Sort(properties)
	return fmt.Sprintf("%s %s %q ttl=%d %v labels=%v properties=%v",
		record.DNSName, record.RecordType, record.SetIdentifier, record.RecordTTL, record.Targets, record.Labels, properties)
}

// Cost returns the ARM calls that work makes.
func (c *Cluster) Cost(tb testing.TB, work func()) Requests {
	tb.Helper()
	return c.emulator.Cost(tb, work)
}
