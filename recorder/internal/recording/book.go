package recording

import (
	"strconv"
	"sync"
	"time"
)

// The bounds of a recording. A program can do more than anybody wants to read; what is beyond is counted.
const (
	maxAttempts  = 2000
	maxStray     = 5000
	maxFailed    = 5000
	maxProcesses = 2000
	maxString    = 4096
	// All strings together: long paths by the thousand must not make the recorder the one who runs out of memory.
	maxText = 8 << 20
)

// Book collects observations from many goroutines.
type Book struct {
	saving   sync.Mutex
	mu       sync.Mutex
	started  time.Time
	clock    func() time.Time
	document Document
	dirty    bool
	text     int

	attempts map[string]int
	contacts map[string]int
	stray    map[string]int
	failed   map[string]int
	programs map[string]int

	// Up to where lost time is on the account: of each attempt, and of all together.
	attemptTill []time.Time
	totalTill   time.Time
}

// NewBook starts a recording. The clock is a parameter for the tests.
func NewBook(head Document, clock func() time.Time) *Book {
	now := clock()
	head.Protocol = Protocol
	head.StartedAt = now.UTC().Format(time.RFC3339)
	head.Contacts = []Contact{}
	head.Attempts, head.StrayWrites, head.FailedWrites, head.Processes = []Attempt{}, []Write{}, []Failure{}, []Started{}
	return &Book{
		started: now, clock: clock, document: head, dirty: true,
		attempts: map[string]int{}, contacts: map[string]int{}, stray: map[string]int{}, failed: map[string]int{}, programs: map[string]int{},
	}
}

// Edit changes the parts of the document that are not lists.
func (b *Book) Edit(change func(*Document)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.document)
	b.dirty = true
}

// Target is what an attempt wanted to reach: a host by name, or an address and a port.
type Target struct {
	Protocol string
	Host     string
	Address  string
	Port     int
}

func (t Target) key(command string) string {
	return t.Protocol + "\x00" + t.Host + "\x00" + t.Address + "\x00" + strconv.Itoa(t.Port) + "\x00" + command
}

// Attempt counts one. The result names it for Lost; it is -1 if there was no room.
func (b *Book) Attempt(target Target, by Process) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	by = cleanProcess(by)
	target.Host, target.Address = clean(target.Host), clean(target.Address)
	key := target.key(by.Command)
	index, known := b.attempts[key]
	if !known {
		if len(b.document.Attempts) >= maxAttempts || !b.room(len(key)+len(by.Executable)) {
			b.document.Dropped.Attempts++
			return -1
		}
		index = len(b.document.Attempts)
		b.attempts[key] = index
		entry := Attempt{Protocol: target.Protocol, Process: by, FirstAt: seconds(b.clock().Sub(b.started))}
		if target.Host != "" {
			entry.Host = &target.Host
		} else {
			entry.Address, entry.Port = &target.Address, &target.Port
		}
		b.document.Attempts = append(b.document.Attempts, entry)
		b.attemptTill = append(b.attemptTill, time.Time{})
	}
	b.document.Attempts[index].Count++
	b.document.Attempts[index].LastAt = seconds(b.clock().Sub(b.started))
	return index
}

// Lost credits time that an attempt kept its process waiting. Waits side by side (A and AAAA, ten threads for one
// server) count once, in the attempt as in the total.
func (b *Book) Lost(attempt int, from, to time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	if attempt >= 0 && attempt < len(b.document.Attempts) {
		credit(&b.document.Attempts[attempt].SecondsLost, &b.attemptTill[attempt], from, to)
	}
	credit(&b.document.SecondsLost, &b.totalTill, from, to)
}

// credit adds the part of a span that lies after till.
func credit(account *float64, till *time.Time, from, to time.Time) {
	if from.Before(*till) {
		from = *till
	}
	if to.After(from) {
		*account = round(*account + to.Sub(from).Seconds())
		*till = to
	}
}

// StrayWrite notes a write outside the allowed folders.
func (b *Book) StrayWrite(path, operation string, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	path, by = clean(path), cleanProcess(by)
	key := operation + "\x00" + path + "\x00" + by.Command
	if index, known := b.stray[key]; known {
		b.document.StrayWrites[index].Count++
		return
	}
	if len(b.document.StrayWrites) >= maxStray || !b.room(len(key)+len(by.Executable)) {
		b.document.Dropped.StrayWrites++
		return
	}
	b.stray[key] = len(b.document.StrayWrites)
	b.document.StrayWrites = append(b.document.StrayWrites, Write{path, operation, by, 1})
}

// FailedWrite notes a write that the kernel refused.
func (b *Book) FailedWrite(path, operation, reason string, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	path, by = clean(path), cleanProcess(by)
	key := operation + "\x00" + path + "\x00" + by.Command + "\x00" + reason
	if index, known := b.failed[key]; known {
		b.document.FailedWrites[index].Count++
		return
	}
	if len(b.document.FailedWrites) >= maxFailed || !b.room(len(key)+len(by.Executable)) {
		b.document.Dropped.FailedWrites++
		return
	}
	b.failed[key] = len(b.document.FailedWrites)
	b.document.FailedWrites = append(b.document.FailedWrites, Failure{path, operation, by, 1, reason})
}

// Withdraw forgets a failure that turned out to be a probe: Path.mkdir(parents=True) tries the innermost folder first.
func (b *Book) Withdraw(path, operation, reason string, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	path, by = clean(path), cleanProcess(by)
	if index, known := b.failed[operation+"\x00"+path+"\x00"+by.Command+"\x00"+reason]; known {
		b.document.FailedWrites[index].Count = 0
		b.dirty = true
	}
}

// Program notes that a program was executed.
func (b *Book) Program(command, executable string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	command, executable = clean(command), clean(executable)
	key := command + "\x00" + executable
	if index, known := b.programs[key]; known {
		b.document.Processes[index].Count++
		return
	}
	if len(b.document.Processes) >= maxProcesses || !b.room(len(key)) {
		b.document.Dropped.Processes++
		return
	}
	b.programs[key] = len(b.document.Processes)
	b.document.Processes = append(b.document.Processes, Started{command, executable, 1})
}

// TerminalOpened counts an open of /dev/tty.
func (b *Book) TerminalOpened() {
	b.Edit(func(d *Document) { d.Terminal.Opens++ })
}

// room reserves space for the strings of an entry.
func (b *Book) room(bytes int) bool {
	if b.text+bytes > maxText {
		return false
	}
	b.text += bytes
	return true
}

func cleanProcess(p Process) Process {
	return Process{PID: p.PID, Command: clean(p.Command), Executable: clean(p.Executable)}
}

func seconds(d time.Duration) float64 { return round(d.Seconds()) }

// round keeps milliseconds.
func round(s float64) float64 { return float64(int64(s*1000+0.5)) / 1000 }
