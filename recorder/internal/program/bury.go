package program

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pratique/recorder/internal/tracee"
)

// Family is the program's main process and whatever else it leaves behind.
type Family struct {
	Main int
	// Ended delivers the main process's status, once.
	Ended chan syscall.WaitStatus
	// Gone is closed when no process is left.
	Gone chan struct{}
}

const (
	prSetDumpable       = 4
	prSetChildSubreaper = 36
)

// Adopt makes orphans children of this process, where the engine has not done so already by making it PID 1.
func Adopt() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)
}

// KeepOff keeps the program, which is of the same user, from tracing this process: it would stop the recorder, which
// would stop it. Until its execve has been looked at, the program's memory is this process's, and has to be readable; what
// is executed then has a memory of its own.
func KeepOff() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetDumpable, 0, 0)
}

// Reap waits for all processes, and tells what each of them used.
func Reap(main int, ended func(pid int, status syscall.WaitStatus, usage *syscall.Rusage)) *Family {
	f := &Family{Main: main, Ended: make(chan syscall.WaitStatus, 1), Gone: make(chan struct{})}
	go func() {
		defer close(f.Gone)
		for {
			var status syscall.WaitStatus
			var usage syscall.Rusage
			pid, err := syscall.Wait4(-1, &status, 0, &usage)
			switch {
			case err == syscall.EINTR:
				continue
			case err != nil: // ECHILD
				return
			}
			ended(pid, status, &usage)
			if pid == main {
				f.Ended <- status
			}
		}
	}()
	return f
}

// Signal goes to the main process, as it would without a recorder.
func (f *Family) Signal(signal syscall.Signal) {
	_ = syscall.Kill(f.Main, signal)
}

// SignalAll goes to every process of the program.
func (f *Family) SignalAll(signal syscall.Signal) {
	if os.Getpid() == 1 {
		_ = syscall.Kill(-1, signal)
		return
	}
	// Outside of a container, -1 would be the whole machine.
	for _, pid := range descendants(os.Getpid()) {
		_ = syscall.Kill(pid, signal)
	}
}

// End asks the rest to end, and makes it.
func (f *Family) End(grace time.Duration) {
	if f.goneWithin(0) {
		return
	}
	f.SignalAll(syscall.SIGTERM)
	if f.goneWithin(grace) {
		return
	}
	// Again and again: a process may fork between the list and the kill.
	for i := 0; i < 20; i++ {
		f.SignalAll(syscall.SIGKILL)
		if f.goneWithin(100 * time.Millisecond) {
			return
		}
	}
}

func (f *Family) goneWithin(patience time.Duration) bool {
	select {
	case <-f.Gone:
		return true
	case <-time.After(patience):
		return false
	}
}

func descendants(root int) []int {
	children := map[int][]int{}
	for _, pid := range tracee.PIDs() {
		if parent, ok := parentOf(pid); ok {
			children[parent] = append(children[parent], pid)
		}
	}
	var found []int
	for queue := children[root]; len(queue) > 0; queue = queue[1:] {
		found = append(found, queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return found
}

// parentOf reads /proc/<pid>/stat, where the name in parentheses may hold anything.
func parentOf(pid int) (int, bool) {
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(fields[1])
	return parent, err == nil
}
