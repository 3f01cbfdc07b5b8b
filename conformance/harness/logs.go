package harness

import (
	"io"
	"testing"

	"github.com/sirupsen/logrus"
	"k8s.io/klog/v2"
)

// captured is the test whose ExternalDNS log is being collected.
var captured testing.TB

// CaptureLogs collects what ExternalDNS logs during a test and prints it if the
// test fails. ExternalDNS logs through process-wide loggers, so tests that run
// loops do not run in parallel.
func CaptureLogs(tb testing.TB) {
	tb.Helper()
	if captured == tb {
		return
	}
	captured = tb
	output := &buffer{}
	logrus.SetOutput(output)
	logrus.SetLevel(logrus.DebugLevel)
	klog.LogToStderr(false)
	klog.SetOutput(output)
	tb.Cleanup(func() {
		captured = nil
		if tb.Failed() {
			tb.Logf("=== log of ExternalDNS\n%s", output.String())
		}
	})
}

// DiscardLogs drops what ExternalDNS logs during a test that runs thousands of
// loops.
func DiscardLogs(tb testing.TB) {
	tb.Helper()
	captured = nil
	logrus.SetOutput(io.Discard)
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
}
