package tracee

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is who did something.
type Process struct {
	PID        int
	Command    string
	Executable string
}

// Directory remembers who the threads belong to, so that a busy program does not cost three /proc reads per event.
type Directory struct {
	mu      sync.Mutex
	entries map[uint32]entry
}

type entry struct {
	process Process
	until   time.Time
}

// Thread ids are reused and command lines change; an answer is good for a moment only.
const (
	entryLifetime = 2 * time.Second
	maxEntries    = 1024
)

// NewDirectory returns an empty one.
func NewDirectory() *Directory {
	return &Directory{entries: map[uint32]entry{}}
}

// Of tells which process a thread belongs to.
func (d *Directory) Of(tid uint32) Process {
	now := time.Now()
	d.mu.Lock()
	known, found := d.entries[tid]
	d.mu.Unlock()
	if found && now.Before(known.until) {
		return known.process
	}
	process := Lookup(tid)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.entries) >= maxEntries {
		d.entries = map[uint32]entry{}
	}
	d.entries[tid] = entry{process, now.Add(entryLifetime)}
	return process
}

// Forget drops what was known of a process, because it is about to become another program.
func (d *Directory) Forget(pid int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.entries, uint32(pid)) // its other threads do not outlive that
}

// Lookup reads /proc. What cannot be read stays empty.
func Lookup(tid uint32) Process {
	folder := "/proc/" + strconv.Itoa(int(tid))
	executable, _ := os.Readlink(folder + "/exe")
	var buffer [maxCommandLine + 1]byte
	return Process{
		PID:        Leader(tid),
		Command:    commandLine(readSome(folder+"/cmdline", buffer[:])),
		Executable: strings.TrimSuffix(executable, " (deleted)"),
	}
}

// Leader tells which process a thread belongs to. Most often it is the first, which has the process's own number: whether
// there is such a thread in such a process, signal 0 asks at a tenth of what a look into /proc costs.
func Leader(tid uint32) int {
	if _, _, err := syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(tid), uintptr(tid), 0); err == 0 {
		return int(tid)
	}
	var buffer [1024]byte
	return groupLeader(readSome("/proc/"+strconv.Itoa(int(tid))+"/status", buffer[:]), int(tid))
}

// groupLeader finds "Tgid:" in /proc/<tid>/status.
func groupLeader(status []byte, otherwise int) int {
	_, after, found := bytes.Cut(status, []byte("\nTgid:"))
	if !found {
		return otherwise
	}
	number, _, _ := bytes.Cut(after, []byte("\n"))
	pid, err := strconv.Atoi(strings.TrimSpace(string(number)))
	if err != nil {
		return otherwise
	}
	return pid
}

// readSome fills a buffer from a file of /proc, as far as it goes. The os package would make four more system calls, to find
// out that such a file cannot be waited for; a process under test waits meanwhile.
func readSome(path string, buffer []byte) []byte {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer syscall.Close(fd)
	for {
		n, err := syscall.Read(fd, buffer)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil
		}
		return buffer[:n] // all there is: these files do not come in pieces
	}
}
