package harness

import (
	"io"
	"sync"
	"testing"

	"github.com/sirupsen/logrus"
	"k8s.io/klog/v2"
)

// logs is what ExternalDNS has logged. Its loggers belong to the process, so tests
// that run at the same time share them.
var logs struct {
	mutex  sync.Mutex
	output buffer
	tests  map[testing.TB]bool
}

// CaptureLogs collects what ExternalDNS logs during a test and prints it if the
// test fails.
func CaptureLogs(tb testing.TB) {
	tb.Helper()
	logs.mutex.Lock()
	defer logs.mutex.Unlock()
	if logs.tests[tb] {
		return
	}
	if len(logs.tests) == 0 {
		logs.tests = map[testing.TB]bool{}
		logs.output.reset()
		redirect(&logs.output)
	}
	logs.tests[tb] = true
	start := len(logs.output.String())
	tb.Cleanup(func() {
		logs.mutex.Lock()
		defer logs.mutex.Unlock()
		delete(logs.tests, tb)
		if tb.Failed() {
			tb.Logf("=== log of ExternalDNS\n%s", logs.output.String()[start:])
		}
	})
}

// DiscardLogs drops what ExternalDNS logs during a test that runs thousands of
// loops.
func DiscardLogs(tb testing.TB) {
	tb.Helper()
	logs.mutex.Lock()
	defer logs.mutex.Unlock()
	redirect(io.Discard)
}

func redirect(output io.Writer) {
	logrus.SetOutput(output)
	logrus.SetLevel(logrus.DebugLevel)
	klog.LogToStderr(false)
	klog.SetOutput(output)
}
