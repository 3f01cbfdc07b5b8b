package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// Emulator is a running `emulator`: Azure Traffic Manager on loopback.
type Emulator struct {
	*Process
	// ARM is the base URL of the ARM REST API and of the control API.
	ARM string
	// DNS is the address on which the data plane answers, UDP and TCP.
	DNS string

	client *http.Client
}

// Suffix is the domain under which the emulator gives profiles their names.
const Suffix = "trafficmanager.net"

// StartEmulator starts an emulator with no profiles. Probes are off, so health
// changes only when a test says so.
func StartEmulator(tb testing.TB, flags ...string) *Emulator {
	tb.Helper()
	var failure error
	for range startAttempts {
		arm := fmt.Sprintf("127.0.0.1:%d", freePort(tb))
		dns := fmt.Sprintf("127.0.0.1:%d", freePort(tb))
		arguments := append([]string{
			"emulator", "--arm-listen", arm, "--dns-listen", dns, "--dns-suffix", Suffix, "--no-probes",
		}, flags...)
		emulator := &Emulator{
			Process: start(tb, "emulator", nil, arguments...),
			ARM:     "http://" + arm,
			DNS:     dns,
			client:  &http.Client{Timeout: 10 * time.Second},
		}
		failure = emulator.await(func() error {
			return emulator.call(http.MethodGet, "/_emulator/requests", nil, nil)
		})
		if failure == nil {
			emulator.attend(tb)
			return emulator
		}
		emulator.Kill()
		if !lostPort(failure, emulator.Logs()) {
			tb.Fatalf("start the emulator: %v\n%s", failure, emulator.Logs())
		}
	}
	tb.Fatalf("start the emulator: %v", failure)
	return nil
}

// lostPort says whether a process ended because somebody else took its port
// between our choice and its bind.
func lostPort(failure error, logs string) bool {
	return errors.Is(failure, errEnded) && strings.Contains(strings.ToLower(logs), "in use")
}

// ListOperations are the operations that list profiles, of a resource group or of
// the whole subscription.
var ListOperations = []string{"profiles.list", "profiles.listAll"}

// Requests is what the emulator counted since the last reset.
type Requests struct {
	Total      int                  `json:"total"`
	Reads      int                  `json:"reads"`
	Writes     int                  `json:"writes"`
	Operations map[string]Operation `json:"operations"`
}

// Operation is what the emulator counted for one operation.
type Operation struct {
	Count int `json:"count"`
}

// Count returns how often the named operations were called.
func (r Requests) Count(operations ...string) int {
	count := 0
	for _, operation := range operations {
		count += r.Operations[operation].Count
	}
	return count
}

// Only fails the test if any operation was called that is not named.
func (r Requests) Only(tb testing.TB, operations ...string) {
	tb.Helper()
	for operation, calls := range r.Operations {
		if calls.Count > 0 && !slices.Contains(operations, operation) {
			tb.Errorf("Azure was called with %s, %d times; only %v was expected: %s", operation, calls.Count, operations, r)
		}
	}
}

func (r Requests) String() string {
	text, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Requests returns the ARM calls since the last reset.
func (e *Emulator) Requests(tb testing.TB) Requests {
	tb.Helper()
	var requests Requests
	e.must(tb, http.MethodGet, "/_emulator/requests", nil, &requests)
	return requests
}

// ResetRequests starts the count again.
func (e *Emulator) ResetRequests(tb testing.TB) {
	tb.Helper()
	e.must(tb, http.MethodDelete, "/_emulator/requests", nil, nil)
}

// Cost returns the ARM calls that work makes.
func (e *Emulator) Cost(tb testing.TB, work func()) Requests {
	tb.Helper()
	e.ResetRequests(tb)
	work()
	return e.Requests(tb)
}

// State returns the emulator's whole state, as text to show in a failure.
func (e *Emulator) State(tb testing.TB) string {
	tb.Helper()
	var state json.RawMessage
	e.must(tb, http.MethodGet, "/_emulator/state", nil, &state)
	return string(state)
}

// Health is a state to which a test can force an endpoint.
type Health string

const (
	// Online makes an endpoint take part in answers.
	Online Health = "Online"
	// Degraded takes an endpoint out of the answers.
	Degraded Health = "Degraded"
)

// SetHealth forces the health of an endpoint, whatever its probes say.
func (e *Emulator) SetHealth(tb testing.TB, profile, endpoint string, health Health) {
	tb.Helper()
	e.must(tb, http.MethodPut, "/_emulator/health/"+profile+"/"+endpoint,
		map[string]string{"status": string(health)}, nil)
}

// must calls the emulator and fails the test on any error.
func (e *Emulator) must(tb testing.TB, method, path string, body, into any) {
	tb.Helper()
	if err := e.call(method, path, body, into); err != nil {
		tb.Fatalf("%s %s: %v", method, path, err)
	}
}

// StatusError is an answer that is no success.
type StatusError struct {
	Code int
	Body string
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d: %s", e.Code, e.Body) }

// call sends one request to the ARM port and decodes the answer.
func (e *Emulator) call(method, path string, body, into any) error {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, e.ARM+path, reader)
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := e.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return &StatusError{Code: response.StatusCode, Body: string(text)}
	}
	if into == nil || len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, into)
}
