//go:build !go1.21

package limits

import "syscall"

// Up to Go 1.20 packages are initialized in the order of their imports, so this one, which imports nothing but syscall
// and which main imports first, sees the limit before package os does.
var asGiven, known = read()

func read() (limit syscall.Rlimit, ok bool) {
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return limit, err == nil
}

// Restore is for the moment before the program is started.
func Restore() {
	if known {
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &asGiven)
	}
}
