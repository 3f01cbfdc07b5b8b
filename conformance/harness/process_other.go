//go:build !linux

package harness

import "syscall"

// childAttributes asks for nothing: only Linux ends a child with its parent.
func childAttributes() *syscall.SysProcAttr { return nil }
