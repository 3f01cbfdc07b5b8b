package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"sigs.k8s.io/external-dns/controller"
	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider"
	registryfactory "sigs.k8s.io/external-dns/registry/factory"

	"external-dns-traffic-manager/conformance/harness"
)

// The demo and the property tests of this repository drive the provider with a
// model of ExternalDNS. These tests hold the model to the real one.

const (
	modelSeed  = 20260822
	modelCases = 6000
	// modelRetries is how often the real plan is asked again when it differs. It
	// leaves some ties to the order of Go's maps; the model is right if it gives
	// one of the answers that the real one gives.
	modelRetries = 64
)

// planCase is one line for plan_model.
type planCase struct {
	Current                []*endpoint.Endpoint `json:"current,omitempty"`
	Records                []*endpoint.Endpoint `json:"records,omitempty"`
	Desired                []*endpoint.Endpoint `json:"desired"`
	OwnerID                string               `json:"ownerId"`
	OldOwnerID             string               `json:"oldOwnerId,omitempty"`
	Policy                 string               `json:"policy"`
	ManagedRecordTypes     []string             `json:"managedRecordTypes"`
	ExcludeRecordTypes     []string             `json:"excludeRecordTypes"`
	DomainFilter           json.RawMessage      `json:"domainFilter"`
	Registry               string               `json:"registry,omitempty"`
	TXTPrefix              string               `json:"txtPrefix,omitempty"`
	TXTSuffix              string               `json:"txtSuffix,omitempty"`
	TXTWildcardReplacement string               `json:"txtWildcardReplacement,omitempty"`
}

// registryAnswer is one answer of plan_model --registry.
type registryAnswer struct {
	Current []*endpoint.Endpoint `json:"current"`
	Changes *plan.Changes        `json:"changes"`
}

func (g generator) settings() planCase {
	filters := []string{
		`{}`, `{}`, `{"include":["example.com"]}`, `{"exclude":["b.example.com"]}`,
		`{"include":[".example.com"],"exclude":["a.example.com"]}`, `{"regexInclude":"^a"}`,
		`{"regexInclude":"example","regexExclude":"^b"}`,
	}
	return planCase{
		OwnerID:            pick(g, "o1", "o1", "o1", "o2"),
		OldOwnerID:         pick(g, "", "", "", "o2"),
		Policy:             pick(g, "sync", "sync", "upsert-only", "create-only"),
		ManagedRecordTypes: pick(g, []string{"A", "AAAA", "CNAME"}, []string{"A", "AAAA", "CNAME"}, []string{"A", "TXT", "SRV"}),
		ExcludeRecordTypes: pick(g, []string{}, []string{}, []string{"AAAA"}),
		DomainFilter:       json.RawMessage(pick(g, filters...)),
	}
}

func (c planCase) filter(t *testing.T) *endpoint.DomainFilter {
	t.Helper()
	filter := &endpoint.DomainFilter{}
	if err := json.Unmarshal(c.DomainFilter, filter); err != nil {
		t.Fatal(err)
	}
	return filter
}

func TestTheModelOfThePlanAgreesWithTheRealOne(t *testing.T) {
	harness.DiscardLogs(t)
	g := newGenerator(modelSeed)
	cases := make([]planCase, modelCases)
	for i := range cases {
		cases[i] = g.settings()
		cases[i].OwnerID = pick(g, cases[i].OwnerID, "")
		cases[i].Current = g.records(6)
		cases[i].Desired = g.desired(cases[i].Current, 4)
	}
	real := func(question planCase) []string {
		result := (&plan.Plan{
			Policies:       []plan.Policy{plan.Policies[question.Policy]},
			Current:        copyRecords(question.Current),
			Desired:        copyRecords(question.Desired),
			DomainFilter:   endpoint.MatchAllDomainFilters{question.filter(t)},
			ManagedRecords: question.ManagedRecordTypes,
			ExcludeRecords: question.ExcludeRecordTypes,
			OwnerID:        question.OwnerID,
			OldOwnerID:     question.OldOwnerID,
		}).Calculate()
		return changesText(result.Changes)
	}
	tally := newTally()
	for i, answer := range harness.AskModel[planCase, plan.Changes](t, "", cases) {
		tally.compare(t, i, cases[i], changesText(&answer), func() []string { return real(cases[i]) })
	}
	tally.report(t)
}

func TestTheModelOfTheRegistriesAgreesWithTheRealOnes(t *testing.T) {
	harness.DiscardLogs(t)
	g := newGenerator(modelSeed + 1)
	cases := make([]planCase, modelCases)
	for i := range cases {
		question := g.settings()
		question.Registry = pick(g, "txt", "txt", "txt", "noop")
		switch g.IntN(5) {
		case 0:
			question.TXTPrefix = pick(g, "p-", "%{record_type}-p.", "Own.")
		case 1:
			question.TXTSuffix = pick(g, "-s", "-%{record_type}-s")
		}
		question.TXTWildcardReplacement = pick(g, "", "", "any")
		question.Records = g.records(5)
		for _, record := range question.Records {
			if g.chance(2) {
				delete(record.Labels, endpoint.OwnerLabelKey)
			}
		}
		question.Records = append(question.Records, g.ownership(t, question)...)
		question.Desired = g.desired(question.Records, 4)
		cases[i] = question
	}
	tally := newTally()
	for i, answer := range harness.AskModel[planCase, registryAnswer](t, "--registry", cases) {
		tally.compare(t, i, cases[i], registryText(answer), func() []string { return registryText(realRegistry(t, cases[i])) })
	}
	tally.report(t)
}

// ownership makes TXT records as the real registry writes them, and damages some.
func (g generator) ownership(t *testing.T, question planCase) []*endpoint.Endpoint {
	t.Helper()
	if g.chance(3) {
		return nil
	}
	writer := question
	writer.Registry, writer.OwnerID, writer.OldOwnerID, writer.Policy = "txt", pick(g, "o1", "o1", "o2"), "", "sync"
	writer.DomainFilter, writer.ExcludeRecordTypes = json.RawMessage(`{}`), nil
	writer.Desired, writer.Records = question.Records, nil
	if g.chance(4) {
		writer.TXTPrefix, writer.TXTSuffix = "", ""
	}
	answer := realRegistry(t, writer)
	if answer.Changes == nil {
		return nil
	}
	var ownership []*endpoint.Endpoint
	for _, record := range answer.Changes.Create {
		if record.RecordType != endpoint.RecordTypeTXT || record.Labels[endpoint.OwnedRecordLabelKey] == "" || g.chance(4) {
			continue
		}
		switch g.IntN(12) {
		case 0:
			record.Targets = nil
		case 1:
			record.Targets = endpoint.Targets{`"heritage=somebody-else"`}
		case 2:
			record.SetIdentifier = "west"
		case 3:
			record.Targets = endpoint.Targets{`heritage=external-dns,external-dns/owner=o2`}
		case 4:
			record.Labels = nil
		}
		ownership = append(ownership, record)
	}
	return ownership
}

// realRegistry runs the real controller once with the real registry over a
// provider that only holds records.
func realRegistry(t *testing.T, question planCase) registryAnswer {
	t.Helper()
	store := &store{records: copyRecords(question.Records)}
	config := &externaldns.Config{
		Registry:               question.Registry,
		TXTOwnerID:             question.OwnerID,
		TXTOwnerOld:            question.OldOwnerID,
		TXTPrefix:              question.TXTPrefix,
		TXTSuffix:              question.TXTSuffix,
		TXTWildcardReplacement: question.TXTWildcardReplacement,
		ManagedDNSRecordTypes:  question.ManagedRecordTypes,
		ExcludeDNSRecordTypes:  question.ExcludeRecordTypes,
	}
	registry, err := registryfactory.Select(config, store)
	if err != nil {
		t.Fatal(err)
	}
	recorder := &noting{Registry: registry}
	err = (&controller.Controller{
		Source:             fixed(copyRecords(question.Desired)),
		Registry:           recorder,
		Policy:             plan.Policies[question.Policy],
		DomainFilter:       question.filter(t),
		ManagedRecordTypes: question.ManagedRecordTypes,
		ExcludeRecordTypes: question.ExcludeRecordTypes,
		TXTOwnerOld:        question.OldOwnerID,
	}).RunOnce(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return registryAnswer{Current: recorder.current, Changes: store.changes}
}

// store is a provider that holds records and notes changes.
type store struct {
	provider.BaseProvider
	records []*endpoint.Endpoint
	changes *plan.Changes
}

func (s *store) Records(context.Context) ([]*endpoint.Endpoint, error) { return s.records, nil }

func (s *store) ApplyChanges(_ context.Context, changes *plan.Changes) error {
	s.changes = changes
	return nil
}

func TestTheModelOfTheDomainFilterAgreesWithTheRealOne(t *testing.T) {
	type question struct {
		Filter json.RawMessage `json:"filter"`
		Names  []string        `json:"names"`
	}
	g := newGenerator(modelSeed + 2)
	entries := []string{"example.com", ".example.com", "b.example.com", "Example.ORG.", " example.com ", "", "bücher.example.com", "xn--bcher-kva.example.com", "com"}
	expressions := []string{"", "^a", `example\.com$`, `^(a|b)\.`, `[a-z`, `\d`, `(?i)A\.EXAMPLE`}
	list := func() []string {
		values := []string{}
		for range g.IntN(3) {
			values = append(values, pick(g, entries...))
		}
		return values
	}
	cases := make([]question, modelCases)
	for i := range cases {
		filter := map[string]any{}
		if !g.chance(4) {
			filter[pick(g, "include", "exclude")] = list()
		}
		if g.chance(3) {
			filter["exclude"] = list()
		}
		if g.chance(4) {
			filter = map[string]any{}
		}
		if g.chance(3) {
			filter[pick(g, "regexInclude", "regexExclude")] = pick(g, expressions...)
		}
		text, err := json.Marshal(filter)
		if err != nil {
			t.Fatal(err)
		}
		cases[i] = question{Filter: text}
		for range 6 {
			cases[i].Names = append(cases[i].Names, g.host())
		}
	}
	tally := newTally()
	for i, answer := range harness.AskModel[question, json.RawMessage](t, "--filter", cases) {
		model := string(answer)
		var refused struct{ Error string }
		if json.Unmarshal(answer, &refused) == nil && refused.Error != "" {
			model = "refused"
		}
		tally.compare(t, i, cases[i], []string{model}, func() []string {
			filter := &endpoint.DomainFilter{}
			if err := json.Unmarshal(cases[i].Filter, filter); err != nil {
				return []string{"refused"}
			}
			matches := []bool{}
			for _, name := range cases[i].Names {
				matches = append(matches, filter.Match(name))
			}
			text, err := json.Marshal(matches)
			if err != nil {
				t.Fatal(err)
			}
			return []string{string(text)}
		})
	}
	tally.report(t)
}

// tally counts how the model fared.
type tally struct{ equal, chance, different int }

func newTally() *tally { return &tally{} }

// compare holds an answer of the model to the real one's.
func (c *tally) compare(t *testing.T, number int, question any, model []string, real func() []string) {
	t.Helper()
	answer := real()
	if slices.Equal(model, answer) {
		c.equal++
		return
	}
	for range modelRetries {
		if slices.Equal(model, real()) {
			c.chance++
			return
		}
	}
	c.different++
	if c.different <= 5 {
		text, err := json.Marshal(question)
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("case %d: %s\nthe model answers %q\nthe real one    %q", number, text, model, answer)
	}
}

func (c *tally) report(t *testing.T) {
	t.Helper()
	t.Logf("%d answers are equal, %d are one of those that the real one gives by chance, %d differ", c.equal, c.chance, c.different)
	if c.different > 0 {
		t.Fail()
	}
}

// changesText writes changes so that only what matters has an effect.
func changesText(changes *plan.Changes) []string {
	if changes == nil {
		return nil
	}
	lines := []string{}
	for _, record := range changes.Create {
		lines = append(lines, "create "+harness.DescribeRecord(record))
	}
	for _, record := range changes.Delete {
		lines = append(lines, "delete "+harness.DescribeRecord(record))
	}
	for i, record := range changes.UpdateNew {
		lines = append(lines, fmt.Sprintf("update %s to %s", harness.DescribeRecord(changes.UpdateOld[i]), harness.DescribeRecord(record)))
	}
	slices.Sort(lines)
	return lines
}

func registryText(answer registryAnswer) []string {
	lines := []string{}
	for _, record := range answer.Current {
		lines = append(lines, "current "+harness.DescribeRecord(record))
	}
	slices.Sort(lines)
	return append(lines, changesText(answer.Changes)...)
}

func copyRecords(records []*endpoint.Endpoint) []*endpoint.Endpoint {
	copies := make([]*endpoint.Endpoint, len(records))
	for i, record := range records {
		copies[i] = record.DeepCopy()
	}
	return copies
}
