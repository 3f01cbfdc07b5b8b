package harness

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Guard looks at Azure all the time: no record ever leads to a profile that does not exist.
type Guard struct {
	emulator *Emulator

	mutex    sync.Mutex
	looks    int
	dangling []string
	stop     chan struct{}
	stopped  chan struct{}
}

// Guard starts to look. The emulator shows profiles and zones as they are at one moment.
func (e *Emulator) Guard(tb testing.TB) *Guard {
	tb.Helper()
	guard := &Guard{emulator: e, stop: make(chan struct{}), stopped: make(chan struct{})}
	go guard.run()
	tb.Cleanup(guard.end)
	return guard
}

func (g *Guard) end() {
	select {
	case <-g.stop:
	default:
		close(g.stop)
	}
	<-g.stopped
}

func (g *Guard) run() {
	defer close(g.stopped)
	for {
		select {
		case <-g.stop:
			return
		case <-time.After(time.Millisecond):
		}
		state, err := g.emulator.Azure()
		g.mutex.Lock()
		g.looks++
		if err != nil {
			g.dangling = append(g.dangling, "nobody could look: "+err.Error())
		}
		for _, record := range state.Dangling() {
			if !slices.Contains(g.dangling, record) {
				g.dangling = append(g.dangling, record)
			}
		}
		g.mutex.Unlock()
	}
}

// Finish ends it, fails the test for every record that led to a free name, and returns how often it has looked.
func (g *Guard) Finish(tb testing.TB) int {
	tb.Helper()
	g.end()
	for _, record := range g.dangling {
		tb.Errorf("a record led to a name that anybody could have registered: %s", record)
	}
	return g.looks
}

// Write is a request that has changed something, in the order of their arrival.
type Write struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Operation string `json:"operation"`
	Status    int    `json:"status"`
}

// Writes returns the last requests of these operations that have succeeded. One whose caller was killed is answered too,
// a moment later.
func (e *Emulator) Writes(tb testing.TB, operations ...string) []Write {
	tb.Helper()
	var requests struct {
		Log []Write `json:"log"`
	}
	for deadline := time.Now().Add(startLimit); ; time.Sleep(pollInterval) {
		requests.Log = nil
		e.must(tb, http.MethodGet, "/_emulator/requests?log=true", nil, &requests)
		open := slices.ContainsFunc(requests.Log, func(write Write) bool { return write.Status == 0 })
		if !open {
			break
		}
		if time.Now().After(deadline) {
			tb.Fatal("a request to Azure is not answered in time")
		}
	}
	return slices.DeleteFunc(requests.Log, func(write Write) bool {
		return !slices.Contains(operations, write.Operation) ||
			(write.Status != http.StatusOK && write.Status != http.StatusCreated)
	})
}

// Of says whether it wrote the record set of this name and type.
func (w Write) Of(kind, name string) bool {
	path, _, _ := strings.Cut(w.Path, "?")
	return strings.HasSuffix(strings.ToLower(path), strings.ToLower("/"+kind+"/"+name))
}
