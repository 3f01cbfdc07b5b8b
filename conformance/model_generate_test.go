package conformance

import (
	"math/rand/v2"

	"sigs.k8s.io/external-dns/endpoint"
)

// generator makes cases in which names, types and owners collide often, because
// that is where a plan decides something. The same seed makes the same cases.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator {
	return generator{rand.New(rand.NewPCG(seed, 0))}
}

func pick[T any](g generator, values ...T) T { return values[g.IntN(len(values))] }

// chance is true in one of n cases.
func (g generator) chance(n int) bool { return g.IntN(n) == 0 }

func (g generator) host() string {
	return pick(g, "a.example.com", "A.Example.com", "a.example.com.", "b.example.com", "*.example.com",
		"example.com", "c.example.org", "bücher.example.com", "xn--bcher-kva.example.com", " d.example.com ", "a.b.example.com",
		"a-a.example.com", "cname-b.example.com")
}

func (g generator) recordType() string {
	return pick(g, "A", "A", "A", "AAAA", "AAAA", "CNAME", "CNAME", "CNAME", "TXT", "SRV", "MX", "NS")
}

func (g generator) targets(recordType string) []string {
	var pool []string
	switch recordType {
	case "A":
		pool = []string{"203.0.113.1", "203.0.113.2", "203.0.113.10"}
	case "AAAA":
		pool = []string{"2001:db8::1", "2001:DB8:0::1", "2001:db8::2"}
	case "CNAME":
		return []string{pick(g, "x.example.net", "X.example.net", "x.example.net.", "y.example.net")}
	case "TXT":
		pool = []string{`"v=spf1 -all"`, `"x"`}
	default:
		pool = []string{"0 50 443 x.example.net", "10 mail.example.net"}
	}
	count := 1 + g.IntN(len(pool))
	targets := make([]string, 0, count)
	for _, i := range g.Perm(len(pool))[:count] {
		targets = append(targets, pool[i])
	}
	return targets
}

func (g generator) owner() string { return pick(g, "", "o1", "o1", "o1", "o2") }

func (g generator) record() *endpoint.Endpoint {
	recordType := g.recordType()
	record := &endpoint.Endpoint{
		DNSName:       g.host(),
		RecordType:    recordType,
		Targets:       g.targets(recordType),
		SetIdentifier: pick(g, "", "", "east", "west", "East"),
		RecordTTL:     endpoint.TTL(pick(g, 0, 0, 60, 300)),
		Labels:        endpoint.NewLabels(),
	}
	if owner := g.owner(); owner != "" {
		record.Labels[endpoint.OwnerLabelKey] = owner
	}
	if !g.chance(3) {
		record.Labels[endpoint.ResourceLabelKey] = pick(g, "service/default/a", "service/default/b", "ingress/default/a")
	}
	for range g.IntN(3) {
		record.ProviderSpecific = append(record.ProviderSpecific, endpoint.ProviderSpecificProperty{
			Name:  pick(g, "webhook/traffic-manager-weight", "webhook/traffic-manager-priority", "alias", "txt/force-update", ""),
			Value: pick(g, "1", "2", "true", ""),
		})
	}
	return record
}

func (g generator) records(most int) []*endpoint.Endpoint {
	records := make([]*endpoint.Endpoint, g.IntN(most+1))
	for i := range records {
		records[i] = g.record()
	}
	return records
}

// desired makes records that often resemble the current ones.
func (g generator) desired(current []*endpoint.Endpoint, most int) []*endpoint.Endpoint {
	desired := g.records(most)
	for _, record := range current {
		if g.chance(3) {
			continue
		}
		likeness := record.DeepCopy()
		delete(likeness.Labels, endpoint.OwnerLabelKey)
		switch g.IntN(8) {
		case 0:
			likeness.Targets = g.targets(likeness.RecordType)
		case 1:
			likeness.RecordTTL = endpoint.TTL(pick(g, 0, 60, 300))
		case 2:
			likeness.ProviderSpecific = nil
		case 3:
			likeness.DNSName = g.host()
		case 4:
			likeness.RecordType = g.recordType()
			likeness.Targets = g.targets(likeness.RecordType)
		}
		desired = append(desired, likeness)
	}
	return desired
}
