package harness

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Serve is a running `serve`: one cluster's webhook provider.
type Serve struct {
	*Process
	// URL is what ExternalDNS gets as --webhook-provider-url.
	URL string
	// Operations is the base URL of /healthz, /readyz and /metrics.
	Operations string

	settings ServeSettings
	client   *http.Client
}

// ServeSettings are the flags of a `serve`.
type ServeSettings struct {
	// Owner becomes --owner-id.
	Owner string
	// ARM becomes --arm-endpoint.
	ARM string
	// Groups become --resource-groups; none means the whole subscription.
	Groups []string
	// Flags, written `--name=value`, replace the ones of the harness.
	Flags []string
	// Omit are flags, written `--name`, that are not given at all.
	Omit []string
	// Environment are variables, written `NAME=value`.
	Environment []string
}

// StartServe starts a webhook provider and waits until it answers, which it does
// whether or not Azure can be reached.
func StartServe(tb testing.TB, settings ServeSettings) *Serve {
	tb.Helper()
	serve := &Serve{settings: settings, client: &http.Client{Timeout: 15 * time.Second}}
	serve.launch(tb, 0, 0)
	tb.Cleanup(func() {
		serve.Kill()
		if tb.Failed() {
			tb.Logf("=== log of serve %s\n%s", settings.Owner, serve.Logs())
		}
	})
	return serve
}

// launch starts the process on the given ports, or on free ones for 0.
func (s *Serve) launch(tb testing.TB, api, operations int) {
	tb.Helper()
	var failure error
	for range startAttempts {
		apiPort, operationsPort := api, operations
		if api == 0 {
			apiPort, operationsPort = freePort(tb), freePort(tb)
		}
		s.URL = fmt.Sprintf("http://127.0.0.1:%d", apiPort)
		s.Operations = fmt.Sprintf("http://127.0.0.1:%d", operationsPort)
		s.Process = start(tb, "serve "+s.settings.Owner, s.settings.Environment,
			s.settings.arguments(apiPort, operationsPort)...)
		failure = s.await(func() error {
			if _, err := s.get(s.Operations + "/healthz"); err != nil {
				return err
			}
			_, err := s.get(s.URL + "/")
			return err
		})
		if failure == nil {
			return
		}
		s.Kill()
		if api == 0 && lostPort(failure, s.Logs()) {
			continue
		}
		break
	}
	tb.Fatalf("start serve %s: %v\n%s", s.settings.Owner, failure, s.Logs())
}

// arguments returns the command line.
func (s ServeSettings) arguments(api, operations int) []string {
	flags := []string{
		"--owner-id=" + s.Owner,
		"--subscription-id=" + Subscription,
		"--resource-groups=" + strings.Join(s.Groups, ","),
		"--arm-endpoint=" + s.ARM,
		"--credential=none",
		"--server-host=127.0.0.1",
		"--server-port=" + strconv.Itoa(api),
		"--metrics-host=127.0.0.1",
		"--metrics-port=" + strconv.Itoa(operations),
		"--log-level=debug",
		"--profile-grace=0s",
		// Calls are counted; whoever looks at health asks for it.
		"--health-interval=0s",
		"--vanity-check=false",
	}
	flags = slices.DeleteFunc(override(flags, s.Flags), func(flag string) bool {
		return slices.Contains(s.Omit, flagName(flag))
	})
	return append([]string{"serve"}, flags...)
}

// override returns flags of the form `--name=value`, in which a name given again
// in replacements has its value from there.
func override(flags, replacements []string) []string {
	kept := slices.DeleteFunc(slices.Clone(flags), func(flag string) bool {
		return slices.ContainsFunc(replacements, func(other string) bool { return flagName(other) == flagName(flag) })
	})
	return append(kept, replacements...)
}

// flagName returns `--name` of `--name=value`.
func flagName(flag string) string {
	name, _, _ := strings.Cut(flag, "=")
	return name
}

// RunServe runs a `serve` that is expected to end by itself, and returns its exit
// code and what it printed.
func RunServe(tb testing.TB, environment []string, flags ...string) (int, string) {
	tb.Helper()
	process := start(tb, "serve", environment, append([]string{"serve"}, flags...)...)
	process.attend(tb)
	return process.ExitCode(tb), process.Logs()
}

// Restart ends the process at once and starts it again on the same ports, as a
// rescheduled pod whose URL does not change.
func (s *Serve) Restart(tb testing.TB) {
	tb.Helper()
	s.Kill()
	before := s.Logs()
	api, operations := portOf(tb, s.URL), portOf(tb, s.Operations)
	s.launch(tb, api, operations)
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("=== log of serve %s before its restart\n%s", s.settings.Owner, before)
		}
	})
}

func portOf(tb testing.TB, url string) int {
	tb.Helper()
	port, err := strconv.Atoi(url[strings.LastIndex(url, ":")+1:])
	if err != nil {
		tb.Fatalf("read the port of %s: %v", url, err)
	}
	return port
}

// get returns the body of a 200.
func (s *Serve) get(url string) (string, error) {
	response, err := s.client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", &StatusError{Code: response.StatusCode, Body: string(text)}
	}
	return string(text), nil
}

// Ready returns the status of /readyz.
func (s *Serve) Ready(tb testing.TB) int {
	tb.Helper()
	status, _, _ := s.Send(tb, http.MethodGet, s.Operations+"/readyz", "")
	return status
}

// MediaType is the media type of the webhook protocol.
const MediaType = "application/external.dns.webhook+json;version=1"

// Send sends a request that ExternalDNS of this version would not send, and
// returns status, headers and body. A transport error fails the test, because it
// ends the ExternalDNS process.
func (s *Serve) Send(tb testing.TB, method, url, body string) (int, http.Header, string) {
	tb.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	request.Header.Set("Accept", MediaType)
	request.Header.Set("Content-Type", MediaType)
	response, err := s.client.Do(request)
	if err != nil {
		tb.Fatalf("%s %s: %v", method, url, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		tb.Fatalf("%s %s: %v", method, url, err)
	}
	return response.StatusCode, response.Header, string(text)
}

// Metric adds up the samples of a metric whose label set contains every label
// given as `name="value"`. A metric with no such sample is 0.
func (s *Serve) Metric(tb testing.TB, name string, labels ...string) float64 {
	tb.Helper()
	text, err := s.get(s.Operations + "/metrics")
	if err != nil {
		tb.Fatalf("GET /metrics: %v", err)
	}
	sum := 0.0
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		value, ok := sample(lines.Text(), name, labels)
		if ok {
			sum += value
		}
	}
	return sum
}

// sample reads one line of the exposition format.
func sample(line, name string, labels []string) (float64, bool) {
	rest, found := strings.CutPrefix(line, name)
	if !found || rest == "" || (rest[0] != '{' && rest[0] != ' ') {
		return 0, false
	}
	end := strings.LastIndex(rest, "}")
	for _, label := range labels {
		if end < 0 || !strings.Contains(rest[:end], label) {
			return 0, false
		}
	}
	fields := strings.Fields(rest[end+1:])
	if len(fields) == 0 {
		return 0, false
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	return value, err == nil
}
