// Package census keeps an account of the program's processes: who started whom, what each used, and how it ended.
package census

import (
	"sync"
	"syscall"
	"time"
	"unsafe"

	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
)

// Census knows the processes that are alive. What is known of the dead is in the book.
type Census struct {
	mu    sync.Mutex
	book  *recording.Book
	boot  time.Duration // the machine's age when the recording started
	began time.Time
	self  int
	main  int
	alive map[int]*member
	now   func() time.Duration // the machine's age
}

// member is one of them.
type member struct {
	start    time.Duration // tells it from another process with the same id
	entry    int           // in the book, -1 if there was no room
	program  int           // what it runs, in the book
	cpu      time.Duration
	peak     int64
	threads  int
	parent   int
	lastSeen time.Time
	counted  time.Duration // of its time, what its former programs have on their accounts
	done     bool          // its end is in the book, but the kernel may still show it
}

// A fork bomb is cut short by the engine's limit on processes; this is for where there is none.
const maxMembers = 16384

// New starts one. The recorder itself does not count.
func New(book *recording.Book, self int) *Census {
	return &Census{book: book, boot: uptime(), began: time.Now(), self: self, alive: map[int]*member{}, now: uptime}
}

const clockBoottime = 7

func uptime() time.Duration {
	var now syscall.Timespec
	if _, _, err := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockBoottime, uintptr(unsafe.Pointer(&now)), 0); err != 0 {
		return 0
	}
	return time.Duration(now.Nano())
}

// SetMain names the main process, whose parent is the recorder.
func (c *Census) SetMain(pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.main = pid
}

// Executed notes that a process is about to become another program.
func (c *Census) Executed(pid int, command, executable string) {
	stat, ok := tracee.ReadStat(pid)
	c.mu.Lock()
	defer c.mu.Unlock()
	program := c.book.Program(command, executable)
	if !ok {
		return
	}
	before := c.alive[stat.PID]
	m := c.member(stat, func() (int, string, string) { return program, command, executable })
	if m == nil || m.done {
		return
	}
	m.peak = 0 // it begins with new memory; what it has now is its parent's, if it has just been forked
	if m != before {
		return
	}
	// What it has used so far was used by what it was before.
	c.book.Used(m.program, stat.CPU-m.counted, 0, false)
	m.counted, m.program = stat.CPU, program
	c.book.Became(m.entry, command, executable)
}

// member finds or adds a process. describe says what it runs if it is new.
func (c *Census) member(s tracee.Stat, describe func() (program int, command, executable string)) *member {
	m := c.alive[s.PID]
	if m != nil && m.start != s.Start {
		if !m.done {
			c.lose(m) // its id was given to another one
		}
		m = nil
	}
	if m == nil {
		if len(c.alive) >= maxMembers {
			c.bury()
		}
		if len(c.alive) >= maxMembers {
			return nil
		}
		program, command, executable := describe()
		parent := s.Parent
		if s.PID == c.main || parent == c.self && c.main == 0 {
			parent = 0
		}
		began := s.Start - c.boot
		if began < 0 {
			began = 0 // the kernel counts in hundredths of a second
		}
		entry := c.book.Born(recording.Life{
			PID: s.PID, Parent: parent, Command: command, Executable: executable, StartedAt: began.Seconds(), Measured: recording.Sampled,
		})
		m = &member{start: s.Start, entry: entry, program: program, parent: parent}
		c.alive[s.PID] = m
	}
	if s.Threads > m.threads {
		m.threads = s.Threads
	}
	if s.CPU > m.cpu {
		m.cpu = s.CPU
	}
	if s.Peak > m.peak {
		m.peak = s.Peak
	}
	if s.Resident > m.peak {
		m.peak = s.Resident
	}
	return m
}

// described is for a process that did not execute anything itself: it runs what its parent runs.
func (c *Census) described(who func() tracee.Process) func() (int, string, string) {
	return func() (int, string, string) {
		by := who()
		return c.book.Program(by.Command, by.Executable), by.Command, by.Executable
	}
}

// bury forgets those whose end is in the book.
func (c *Census) bury() {
	for pid, m := range c.alive {
		if m.done {
			delete(c.alive, pid)
		}
	}
}

// Exiting notes that a process ends by itself. It is called while the process waits, so that all is still there.
func (c *Census) Exiting(stat tracee.Stat, code int, who func() tracee.Process) {
	stat.AddPeak()
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.member(stat, c.described(who))
	if m == nil || m.done {
		return
	}
	code &= 0xff
	c.finish(m, end{code: &code, measured: recording.AtExit})
}

// Reaped notes what wait4 said of a child of the recorder: the main process or an orphan.
func (c *Census) Reaped(pid int, status syscall.WaitStatus, usage *syscall.Rusage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.alive[pid]
	if m == nil || m.done {
		delete(c.alive, pid) // from here on its id may be given to another one
		return
	}
	m.cpu = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	if peak := int64(usage.Maxrss) << 10; peak > m.peak {
		m.peak = peak
	}
	c.finish(m, endOf(status, recording.ByWait))
	delete(c.alive, pid)
}

type end struct {
	code     *int
	signal   *string
	measured recording.Measured
	unseen   bool
}

func endOf(status syscall.WaitStatus, measured recording.Measured) end {
	e := end{measured: measured}
	if status.Signaled() {
		name := recording.SignalName(status.Signal())
		e.signal = &name
	} else {
		code := status.ExitStatus()
		e.code = &code
	}
	return e
}

func (c *Census) finish(m *member, e end) {
	m.done = true
	failed := e.signal != nil || e.code != nil && *e.code != 0
	cpu := m.cpu - m.counted
	if cpu < 0 {
		cpu = 0
	}
	c.book.Used(m.program, cpu, m.peak, failed)
	at := c.now() - c.boot
	if e.unseen && !m.lastSeen.IsZero() {
		at = m.lastSeen.Sub(c.began)
	}
	c.book.Died(m.entry, func(l *recording.Life) {
		seconds := at.Seconds()
		l.EndedAt, l.ExitCode, l.Signal, l.Measured = &seconds, e.code, e.signal, e.measured
		m.tell(l)
	})
}

func (m *member) tell(l *recording.Life) {
	cpu := m.cpu.Seconds()
	l.CPUSeconds, l.Threads = &cpu, m.threads
	if m.peak > 0 {
		peak := m.peak
		l.PeakMemory = &peak
	}
}

// lose is for a process whose end nobody saw: a signal ended it, and somebody else waited for it.
func (c *Census) lose(m *member) {
	c.finish(m, end{measured: recording.Sampled, unseen: true})
}

// Totals are what one look at all processes gives.
type Totals struct {
	Processes, Threads int64
	Resident           int64
	CPU                time.Duration // of those alive
	PIDs               []int
}

// Look reads all processes. It costs a file for each, and another one for its peak.
func (c *Census) Look(directory *tracee.Directory) Totals {
	var t Totals
	now := time.Now()
	seen := map[int]bool{}
	for _, stat := range c.family() {
		seen[stat.PID] = true
		if stat.Ended {
			c.zombie(stat)
			continue
		}
		stat.AddPeak()
		t.Processes++
		t.Threads += int64(stat.Threads)
		t.Resident += stat.Resident
		t.CPU += stat.CPU
		t.PIDs = append(t.PIDs, stat.PID)
		id := uint32(stat.PID)
		c.mu.Lock()
		if m := c.member(stat, c.described(func() tracee.Process { return directory.Of(id) })); m != nil {
			m.lastSeen = now
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for pid, m := range c.alive {
		if seen[pid] {
			continue
		}
		if _, ok := tracee.ReadStat(pid); ok {
			continue // it began since the list was made
		}
		if !m.done {
			c.lose(m)
		}
		delete(c.alive, pid)
	}
	return t
}

// family lists the recorder's descendants: outside of a container there are others.
func (c *Census) family() []tracee.Stat {
	children := map[int][]tracee.Stat{}
	for _, pid := range tracee.PIDs() {
		if stat, ok := tracee.ReadStat(pid); ok {
			children[stat.Parent] = append(children[stat.Parent], stat)
		}
	}
	found := children[c.self]
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i].PID]...)
	}
	return found
}

// zombie is a process that has ended and is not waited for yet. The recorder's own children it waits for itself.
func (c *Census) zombie(s tracee.Stat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.alive[s.PID]; m != nil && !m.done && m.start == s.Start && s.Parent != c.self {
		if s.CPU > m.cpu {
			m.cpu = s.CPU
		}
		c.finish(m, endOf(s.Status, recording.Sampled))
	}
}

// Close writes down what those used that are still alive.
func (c *Census) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.alive {
		if m.done {
			continue
		}
		c.book.Used(m.program, m.cpu-m.counted, m.peak, false)
		c.book.Died(m.entry, m.tell)
	}
	c.alive = map[int]*member{}
}
