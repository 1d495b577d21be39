// Package input notices whether the program reads standard input, without being asked at every read.
package input

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

// Watch is an empty file in memory that takes the place of /dev/null as standard input. To a program both are the same:
// no terminal, and every read ends at once. But the kernel notes the time of each read, even of one that finds nothing;
// /dev/null keeps no such note. The one difference is that the file says it is a file.
type Watch struct {
	mu   sync.Mutex
	fd   int
	last syscall.Timespec
}

const (
	name     = "stdin"
	link     = "/memfd:" + name + " (deleted)"
	nullFile = 1<<8 | 3 // its device number

	allowSealing = 2
	closeOnExec  = 1
	addSeals     = 1033
	allSeals     = 0xf
)

// New makes one, if standard input is /dev/null or closed. Otherwise, or if the kernel cannot, it returns nil.
func New() *Watch {
	var about syscall.Stat_t
	err := syscall.Fstat(0, &about)
	if err == nil && (about.Mode&syscall.S_IFMT != syscall.S_IFCHR || about.Rdev != nullFile) || err != nil && err != syscall.EBADF {
		return nil
	}
	text := append([]byte(name), 0)
	made, _, errno := syscall.Syscall(sysMemfdCreate, uintptr(unsafe.Pointer(&text[0])), allowSealing|closeOnExec, 0)
	if errno != 0 {
		return nil
	}
	defer syscall.Close(int(made))
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, made, addSeals, allSeals); errno != 0 {
		return nil
	}
	// Opened once more, for reading only.
	fd, err := syscall.Open("/proc/self/fd/"+strconv.Itoa(int(made)), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	w := &Watch{fd: fd}
	if w.last, err = w.accessed(); err != nil {
		syscall.Close(fd)
		return nil
	}
	return w
}

// FD is what the program gets as descriptor 0.
func (w *Watch) FD() int {
	if w == nil {
		return 0
	}
	return w.fd
}

func (w *Watch) accessed() (syscall.Timespec, error) {
	var about syscall.Stat_t
	err := syscall.Fstat(w.fd, &about)
	return about.Atim, err
}

// Read tells whether anybody has read since the last call.
func (w *Watch) Read() bool {
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now, err := w.accessed()
	if err != nil || now == w.last {
		return false
	}
	w.last = now
	return true
}

// HeldBy tells whether a process still has it as its standard input.
func (w *Watch) HeldBy(pid int) bool {
	target, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/fd/0")
	return err == nil && w != nil && strings.HasPrefix(target, link)
}
