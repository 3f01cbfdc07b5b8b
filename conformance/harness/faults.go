package harness

import (
	"net/http"
	"testing"
)

// Fault is a rule by which ARM calls fail. What is left empty matches every call.
type Fault struct {
	// Operation is a name such as `profiles.list`, a family such as `endpoints.*`,
	// or `reads` or `writes`.
	Operation     string `json:"operation,omitempty"`
	ResourceGroup string `json:"resourceGroup,omitempty"`
	Profile       string `json:"profile,omitempty"`
	Endpoint      string `json:"endpoint,omitempty"`
	// When is `before` the effect (default) or `after` it.
	When string `json:"when,omitempty"`
	// Delay is a duration such as `200ms`.
	Delay string `json:"delay,omitempty"`
	// Status is what the caller gets; with Reset it gets nothing at all.
	Status     int    `json:"status,omitempty"`
	RetryAfter string `json:"retryAfter,omitempty"`
	Reset      bool   `json:"reset,omitempty"`
	// Calls is how many calls the rule applies to; 0 means all.
	Calls int `json:"calls,omitempty"`
	// Fraction is the share of calls it applies to, drawn with Seed; 0 means all.
	Fraction float64 `json:"fraction,omitempty"`
	Seed     int     `json:"seed,omitempty"`
}

// Break puts faults in force in place of the ones before.
func (e *Emulator) Break(tb testing.TB, faults ...Fault) {
	tb.Helper()
	e.must(tb, http.MethodPut, "/_emulator/faults", map[string]any{"rules": faults}, nil)
}

// Heal ends all faults.
func (e *Emulator) Heal(tb testing.TB) {
	tb.Helper()
	e.must(tb, http.MethodDelete, "/_emulator/faults", nil, nil)
}
