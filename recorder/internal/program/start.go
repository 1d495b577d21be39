package program

import (
	"math"
	"runtime"
	"runtime/debug"
	"syscall"

	"pratique/recorder/internal/limits"
)

// Prepare must run before Start, as early as possible.
//
// Go forks with CLONE_VFORK: the forking thread stands still until execve succeeds, and the scheduler does not know. But
// that execve is trapped, and waits for other goroutines of this process to answer. So they need processors of their
// own, however few the machine has, and no garbage collection may begin, which would wait for the forking thread, which
// waits for execve, which waits for us.
func Prepare() {
	if runtime.GOMAXPROCS(0) < minProcessors {
		runtime.GOMAXPROCS(minProcessors)
	}
	debug.SetMemoryLimit(math.MaxInt64) // the image's GOMEMLIMIT is not meant for us
	debug.SetGCPercent(-1)
	reserve(enough)
}

const (
	minProcessors = 4
	gcPercent     = 100
)

// Start forks and executes. install runs on the thread that forks, so that the program inherits the filter installed
// there. stdin is what it gets as descriptor 0. That thread is never used for anything else again.
func Start(path string, argv, environment []string, stdin int, install func()) (pid int, err error) {
	type result struct {
		pid int
		err error
	}
	started := make(chan result)
	go func() {
		runtime.LockOSThread()
		install()
		limits.Restore()
		pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{Env: environment, Files: []uintptr{uintptr(stdin), 1, 2}})
		started <- result{pid, err}
		select {} // the filter must not get to other goroutines
	}()
	r := <-started
	KeepOff() // unless that was done as execve was let through
	debug.SetGCPercent(gcPercent)
	return r.pid, r.err
}
