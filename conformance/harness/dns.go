package harness

import (
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Ask sends one question to the emulator's data plane and returns the answer.
func (e *Emulator) Ask(tb testing.TB, network, name string, kind uint16) *dns.Msg {
	tb.Helper()
	question := new(dns.Msg)
	question.SetQuestion(dns.Fqdn(name), kind)
	client := &dns.Client{Net: network, Timeout: 5 * time.Second}
	answer, _, err := client.Exchange(question, e.DNS)
	if err != nil {
		tb.Fatalf("ask for %s over %s: %v", name, network, err)
	}
	return answer
}

// Targets asks n times over UDP and counts the names to which the profile sends.
func (e *Emulator) Targets(tb testing.TB, profile string, n int) map[string]int {
	tb.Helper()
	counts := map[string]int{}
	for range n {
		for _, record := range e.Ask(tb, "udp", profile+"."+Suffix, dns.TypeA).Answer {
			if alias, ok := record.(*dns.CNAME); ok {
				counts[alias.Target]++
			}
		}
	}
	return counts
}
