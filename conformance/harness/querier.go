package harness

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Querier asks for a name all the time and checks every answer: it has to lead from the name to a profile, from there
// to a member, and from there to the member's address.
type Querier struct {
	server  string
	name    string
	members map[string]string

	mutex sync.Mutex
	// taken counts how often the counts were taken: a question that was asked before does not count after.
	taken    int
	counts   map[string]int
	asked    int
	failures []Failure
	stop     chan struct{}
	stopped  chan struct{}
}

// Failure is a question without the answer that it should have.
type Failure struct {
	At  time.Time
	Why string
}

func (f Failure) String() string { return f.At.Format("15:04:05.000") + " " + f.Why }

// Query starts to ask for a name. The members are their addresses by their hosts.
func (e *Emulator) Query(tb testing.TB, name string, members map[string]string) *Querier {
	tb.Helper()
	querier := &Querier{
		server: e.DNS, name: name, members: members, counts: map[string]int{},
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go querier.run()
	tb.Cleanup(querier.Stop)
	return querier
}

// Stop ends it. It may be called again.
func (q *Querier) Stop() {
	select {
	case <-q.stop:
	default:
		close(q.stop)
	}
	<-q.stopped
}

func (q *Querier) run() {
	defer close(q.stopped)
	for {
		select {
		case <-q.stop:
			return
		case <-time.After(time.Millisecond):
		}
		q.mutex.Lock()
		taken := q.taken
		q.mutex.Unlock()
		member, err := q.ask()
		q.mutex.Lock()
		q.asked++
		switch {
		case err != nil:
			q.failures = append(q.failures, Failure{At: time.Now(), Why: err.Error()})
		case taken == q.taken:
			q.counts[member]++
		}
		q.mutex.Unlock()
	}
}

// ask returns the host of the member that one answer leads to.
func (q *Querier) ask() (string, error) {
	question := new(dns.Msg)
	question.SetQuestion(dns.Fqdn(q.name), dns.TypeA)
	client := &dns.Client{Timeout: 5 * time.Second}
	answer, _, err := client.Exchange(question, q.server)
	if err != nil {
		return "", err
	}
	if answer.Rcode != dns.RcodeSuccess || len(answer.Answer) != 3 {
		return "", fmt.Errorf("%s with %d records: %v", dns.RcodeToString[answer.Rcode], len(answer.Answer), answer.Answer)
	}
	vanity, first := answer.Answer[0].(*dns.CNAME)
	chosen, second := answer.Answer[1].(*dns.CNAME)
	address, third := answer.Answer[2].(*dns.A)
	if !first || !second || !third || vanity.Hdr.Name != dns.Fqdn(q.name) ||
		vanity.Target != chosen.Hdr.Name || chosen.Target != address.Hdr.Name {
		return "", fmt.Errorf("the records do not lead from one to the next: %v", answer.Answer)
	}
	host := strings.TrimSuffix(chosen.Target, ".")
	if want := q.members[host]; want == "" || address.A.String() != want {
		return "", fmt.Errorf("%s has the address %s, want %q", host, address.A, want)
	}
	return host, nil
}

// Take returns what was asked since the last time: how often each member was answered, and the failures.
func (q *Querier) Take() (map[string]int, []Failure) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	counts, failures := q.counts, q.failures
	q.counts, q.failures = map[string]int{}, nil
	q.taken++
	return counts, failures
}

// Answers waits until so many more questions were asked, and returns what they were answered. A failure fails the test.
func (q *Querier) Answers(tb testing.TB, questions int) map[string]int {
	tb.Helper()
	q.Clean(tb)
	q.wait(tb, questions)
	counts, failures := q.Take()
	report(tb, failures)
	return counts
}

// Clean fails the test if a question has failed since the last time.
func (q *Querier) Clean(tb testing.TB) {
	tb.Helper()
	_, failures := q.Take()
	report(tb, failures)
}

func (q *Querier) wait(tb testing.TB, questions int) {
	tb.Helper()
	q.mutex.Lock()
	wanted := q.asked + questions
	q.mutex.Unlock()
	deadline := time.Now().Add(startLimit + time.Duration(questions)*10*time.Millisecond)
	for {
		q.mutex.Lock()
		asked := q.asked
		q.mutex.Unlock()
		if asked >= wanted {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("%d of %d questions were asked in time", asked, wanted)
		}
		time.Sleep(pollInterval)
	}
}

// Asked returns how many questions there were.
func (q *Querier) Asked() int {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return q.asked
}

func report(tb testing.TB, failures []Failure) {
	tb.Helper()
	for index, failure := range failures {
		if index == 5 {
			tb.Errorf("and %d more", len(failures)-index)
			return
		}
		tb.Errorf("a question had no answer: %s", failure)
	}
}
