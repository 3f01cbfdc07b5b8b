// Package harness runs the program under test and the real ExternalDNS against it.
//
// The program is the one binary of this repository: `emulator` plays Azure
// Traffic Manager on loopback, and one `serve` per cluster is the webhook
// provider. ExternalDNS is not a process here but its own packages, put together
// as its main function puts them together (see [Cluster]).
package harness

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// BinaryVariable names the environment variable that holds the absolute path of
// the binary under test.
const BinaryVariable = "EDTM_BINARY"

// Binary returns the path of the program under test. A test that cannot find it
// fails: a conformance suite that skips itself proves nothing.
func Binary(tb testing.TB) string {
	tb.Helper()
	return executable(tb, BinaryVariable,
		"target/release/external-dns-traffic-manager", "cargo build --release")
}

// executable resolves a path from an environment variable, or else a path
// relative to the root of the repository.
func executable(tb testing.TB, variable, fallback, build string) string {
	tb.Helper()
	path := os.Getenv(variable)
	if path == "" {
		path = filepath.Join(repository(tb), fallback)
	}
	info, err := os.Stat(path)
	if err != nil {
		tb.Fatalf("the binary under test is missing: %v (run `%s` in the repository, or set %s to its absolute path)", err, build, variable)
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		tb.Fatalf("%s is not an executable file", path)
	}
	return path
}

// repository returns the root of the repository, found from this source file so
// that it does not depend on the directory in which `go test` runs a package.
func repository(tb testing.TB) string {
	tb.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		tb.Fatal("the path of the harness's source is unknown; was the test built with -trimpath?")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
