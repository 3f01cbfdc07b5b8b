package harness

import "syscall"

// childAttributes makes the kernel end a child whose test process was killed,
// for example by `go test -timeout`, which runs no cleanup.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
