package tracee

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
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
	for tid, e := range d.entries {
		if e.process.PID == pid {
			delete(d.entries, tid)
		}
	}
}

// Lookup reads /proc. What cannot be read stays empty.
func Lookup(tid uint32) Process {
	folder := "/proc/" + strconv.Itoa(int(tid))
	executable, _ := os.Readlink(folder + "/exe")
	return Process{
		PID:        groupLeader(readSome(folder+"/status", 1024), int(tid)),
		Command:    commandLine(readSome(folder+"/cmdline", maxCommandLine+1)),
		Executable: strings.TrimSuffix(executable, " (deleted)"),
	}
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

func readSome(path string, limit int64) []byte {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	content, _ := io.ReadAll(io.LimitReader(file, limit))
	return content
}
