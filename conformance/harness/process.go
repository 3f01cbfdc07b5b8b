package harness

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// startLimit bounds how long a process may take until it answers. It is far
	// above what a start takes, and a test never waits for it unless it fails.
	startLimit = 20 * time.Second
	// stopLimit is how long a process may take to end after SIGTERM.
	stopLimit = 10 * time.Second
	// startAttempts bounds the retries after a lost race for a port.
	startAttempts = 5
	pollInterval  = 10 * time.Millisecond
)

// errEnded says that a process ended before it answered.
var errEnded = errors.New("the process ended")

// Process is one running copy of the program under test.
type Process struct {
	name   string
	cmd    *exec.Cmd
	output *buffer
	ended  chan struct{}
}

// start runs the program with exactly these arguments and settings and no
// inherited environment: the developer's shell must not change a test.
func start(tb testing.TB, name string, environment []string, args ...string) *Process {
	tb.Helper()
	output := &buffer{}
	cmd := exec.Command(Binary(tb), args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + tb.TempDir(), "RUST_BACKTRACE=1"}, environment...)
	cmd.Stdout = output
	cmd.Stderr = output
	cmd.SysProcAttr = childAttributes()
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start %s: %v", name, err)
	}
	process := &Process{name: name, cmd: cmd, output: output, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // The exit status is read from ProcessState.
		close(process.ended)
	}()
	return process
}

// Alive says whether the process still runs.
func (p *Process) Alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Logs returns what the process has printed so far, on both streams.
func (p *Process) Logs() string { return p.output.String() }

// ExitCode waits for the process to end and returns its exit code; -1 means that
// a signal ended it.
func (p *Process) ExitCode(tb testing.TB) int {
	tb.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(startLimit):
		tb.Fatalf("%s still runs; it printed:\n%s", p.name, p.Logs())
		return 0
	}
}

// Stop asks the process to end, as the kubelet does, and returns its exit code.
// A process that does not end in time is killed and reported as -1.
func (p *Process) Stop() int {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // It may have ended already.
	select {
	case <-p.ended:
	case <-time.After(stopLimit):
		p.Kill()
	}
	return p.cmd.ProcessState.ExitCode()
}

// Kill ends the process at once, as a node failure or the OOM killer does.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // It may have ended already.
	<-p.ended
}

// attend ends the process with the test and prints its log if the test failed.
func (p *Process) attend(tb testing.TB) {
	tb.Helper()
	tb.Cleanup(func() {
		p.Kill()
		if tb.Failed() {
			tb.Logf("=== log of %s\n%s", p.name, p.Logs())
		}
	})
}

// await polls until ready returns nil, the process ends or the limit passes.
func (p *Process) await(ready func() error) error {
	deadline := time.Now().Add(startLimit)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		if !p.Alive() {
			return fmt.Errorf("%w with code %d: %w", errEnded, p.cmd.ProcessState.ExitCode(), err)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no answer within %s: %w", startLimit, err)
		}
		time.Sleep(pollInterval)
	}
}

// handedOut are the ports that this process has named: the kernel gives one that
// is closed again to whoever asks next.
var handedOut sync.Map

// freePort returns a loopback port that was free for both TCP and UDP a moment
// ago, and never the same twice. Another process may take it before the caller
// does; callers start again.
func freePort(tb testing.TB) int {
	tb.Helper()
	for range 500 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatalf("find a free port: %v", err)
		}
		port := listener.Addr().(*net.TCPAddr).Port
		packets, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
		_ = listener.Close()
		if err != nil {
			continue
		}
		_ = packets.Close()
		if _, again := handedOut.LoadOrStore(port, true); again {
			continue
		}
		return port
	}
	tb.Fatal("find a free port: none was free for both TCP and UDP")
	return 0
}

// buffer collects output of a process while tests read it.
type buffer struct {
	mutex sync.Mutex
	bytes bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.bytes.Write(p)
}

func (b *buffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.bytes.String()
}

func (b *buffer) reset() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.bytes.Reset()
}
