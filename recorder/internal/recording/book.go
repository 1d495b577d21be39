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
	maxLives     = 1000
	maxReads     = 5000
	maxListens   = 200
	maxSet       = 200
	maxReaders   = 20
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

	attempts, contacts, stray, failed, programs, reads, listens, sets register

	strayByPath map[string][]int

	// Up to where lost time is on the account: of each attempt, and of all together.
	attemptLost []covered
	totalLost   covered
}

// NewBook starts a recording. The clock is a parameter for the tests.
func NewBook(head Document, clock func() time.Time) *Book {
	now := clock()
	head.Protocol = Protocol
	head.StartedAt = now.UTC().Format(time.RFC3339)
	head.Contacts = []Contact{}
	head.Attempts, head.StrayWrites, head.FailedWrites, head.Processes = []Attempt{}, []Write{}, []Failure{}, []Started{}
	head.ProcessTree, head.Listens, head.SetUserID = []Life{}, []Listen{}, []Set{}
	head.Input.StdinReaders = []Process{}
	head.Usage = noUsage()
	b := &Book{started: now, clock: clock, document: head, dirty: true, strayByPath: map[string][]int{}}
	dropped := &b.document.Dropped
	b.attempts = newRegister(maxAttempts, &dropped.Attempts)
	b.contacts = newRegister(maxContacts, &dropped.Contacts)
	b.stray = newRegister(maxStray, &dropped.StrayWrites)
	b.failed = newRegister(maxFailed, &dropped.FailedWrites)
	b.programs = newRegister(maxProcesses, &dropped.Processes)
	b.reads = newRegister(maxReads, &dropped.Reads)
	b.listens = newRegister(maxListens, &dropped.Listens)
	b.sets = newRegister(maxSet, &dropped.SetUserID)
	return b
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
	entry := Attempt{Protocol: target.Protocol, Process: by, FirstAt: seconds(b.clock().Sub(b.started))}
	if target.Host != "" {
		entry.Host = &target.Host
	} else {
		entry.Address, entry.Port = &target.Address, &target.Port
	}
	index := enter(b, b.attempts, &b.document.Attempts, target.key(by.Command), by, entry)
	if index < 0 {
		return index
	}
	if index == len(b.attemptLost) {
		b.attemptLost = append(b.attemptLost, covered{})
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
		credit(&b.document.Attempts[attempt].SecondsLost, &b.attemptLost[attempt], from, to)
	}
	credit(&b.document.SecondsLost, &b.totalLost, from, to)
}

// credit adds what of a span was not counted before.
func credit(account *float64, lost *covered, from, to time.Time) {
	lost.add(from, to)
	*account = round(lost.sum.Seconds())
}

// StrayWrite notes a write outside the allowed folders.
func (b *Book) StrayWrite(path, operation string, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	path, by = clean(path), cleanProcess(by)
	key := operation + "\x00" + path + "\x00" + by.Command
	index := enter(b, b.stray, &b.document.StrayWrites, key, by, Write{path, operation, by, 0, nil})
	if index < 0 {
		return
	}
	if b.document.StrayWrites[index].Count++; b.document.StrayWrites[index].Count == 1 {
		b.strayByPath[path] = append(b.strayByPath[path], index)
	}
}

// FailedWrite notes a write that the kernel refused.
func (b *Book) FailedWrite(path, operation, reason string, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	path, by = clean(path), cleanProcess(by)
	key := operation + "\x00" + path + "\x00" + by.Command + "\x00" + reason
	if index := enter(b, b.failed, &b.document.FailedWrites, key, by, Failure{path, operation, by, 0, reason}); index >= 0 {
		b.document.FailedWrites[index].Count++
	}
}

// Withdraw forgets a failure that turned out to be a probe: Path.mkdir(parents=True) tries the innermost folder first.
func (b *Book) Withdraw(path, operation, reason string, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	path, by = clean(path), cleanProcess(by)
	if index, known := b.failed.known[operation+"\x00"+path+"\x00"+by.Command+"\x00"+reason]; known {
		b.document.FailedWrites[index].Count = 0
		b.dirty = true
	}
}

// Program notes that a program was started. The result names it for Used; it is -1 if there was no room.
func (b *Book) Program(command, executable string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	command, executable = clean(command), clean(executable)
	key, fresh := command+"\x00"+executable, Started{Command: command, Executable: executable}
	index := enter(b, b.programs, &b.document.Processes, key, Process{}, fresh)
	if index >= 0 {
		b.document.Processes[index].Count++
	}
	return index
}

// Used adds to the account of a program what one of its processes used.
func (b *Book) Used(program int, cpu time.Duration, peak int64, failed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	if largest := b.document.Usage.Peaks.LargestProcess; peak > 0 && (largest == nil || peak > *largest) {
		b.document.Usage.Peaks.LargestProcess = &peak
	}
	if program < 0 {
		return
	}
	s := &b.document.Processes[program]
	s.CPUSeconds = round(s.CPUSeconds + cpu.Seconds())
	if peak > 0 && (s.PeakMemory == nil || peak > *s.PeakMemory) {
		s.PeakMemory = &peak
	}
	if failed {
		s.Failures++
	}
}

// Born notes a process. The result names it for Became and Died; it is -1 if there was no room.
func (b *Book) Born(life Life) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	life.Command, life.Executable, life.StartedAt = clean(life.Command), clean(life.Executable), round(life.StartedAt)
	if len(b.document.ProcessTree) >= maxLives || !b.room(len(life.Command)+len(life.Executable)) {
		b.document.Dropped.ProcessTree++
		return -1
	}
	b.document.ProcessTree = append(b.document.ProcessTree, life)
	return len(b.document.ProcessTree) - 1
}

// Became notes that a process runs another program now.
func (b *Book) Became(entry int, command, executable string) {
	command, executable = clean(command), clean(executable)
	b.Died(entry, func(l *Life) {
		if b.room(len(command) + len(executable)) {
			l.Command, l.Executable = command, executable
		}
	})
}

// Died changes what is known of a process.
func (b *Book) Died(entry int, change func(*Life)) {
	if entry < 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	l := &b.document.ProcessTree[entry]
	change(l)
	if l.EndedAt != nil {
		ended := round(*l.EndedAt)
		if ended < l.StartedAt {
			ended = l.StartedAt
		}
		l.EndedAt = &ended
	}
	if l.CPUSeconds != nil {
		cpu := round(*l.CPUSeconds)
		l.CPUSeconds = &cpu
	}
}

// ReadFile notes that a file of the data was opened.
func (b *Book) ReadFile(path string, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	path, by = clean(path), cleanProcess(by)
	if index := enter(b, b.reads, &b.document.Reads, path+"\x00"+by.Command, by, Read{path, by, 0}); index >= 0 {
		b.document.Reads[index].Count++
	}
}

// Listening notes a port that was opened.
func (b *Book) Listening(address string, port int, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	by = cleanProcess(by)
	key := address + "\x00" + strconv.Itoa(port) + "\x00" + by.Command
	if index := enter(b, b.listens, &b.document.Listens, key, by, Listen{clean(address), port, by, 0}); index >= 0 {
		b.document.Listens[index].Count++
	}
}

// SetID notes the use of a program that would have had another user's or group's rights.
func (b *Book) SetID(path, kind string, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	path, by = clean(path), cleanProcess(by)
	key := kind + "\x00" + path + "\x00" + by.Command
	if index := enter(b, b.sets, &b.document.SetUserID, key, by, Set{path, kind, by, 0}); index >= 0 {
		b.document.SetUserID[index].Count++
	}
}

// InputRead notes that standard input was read, and by whom if that is known.
func (b *Book) InputRead(by *Process) {
	b.Edit(func(d *Document) {
		yes := true
		d.Input.StdinRead = &yes
		if by == nil || len(d.Input.StdinReaders) >= maxReaders {
			return
		}
		reader := cleanProcess(*by)
		for _, known := range d.Input.StdinReaders {
			if known.PID == reader.PID && known.Command == reader.Command {
				return
			}
		}
		d.Input.StdinReaders = append(d.Input.StdinReaders, reader)
	})
}

// Size notes how large a file is that was written where it should not be, while it can still be told.
func (b *Book) Size(path string, bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	path = clean(path)
	for _, index := range b.strayByPath[path] {
		if w := &b.document.StrayWrites[index]; w.Bytes == nil || bytes > *w.Bytes {
			size := bytes
			w.Bytes, b.dirty = &size, true
		}
	}
}

// StrayPaths lists where something was written that should not be.
func (b *Book) StrayPaths() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	paths := make([]string, 0, len(b.strayByPath))
	for path := range b.strayByPath {
		paths = append(paths, path)
	}
	return paths
}

// TerminalOpened counts an open of /dev/tty.
func (b *Book) TerminalOpened() {
	b.Edit(func(d *Document) { d.Input.TerminalOpens++ })
}

// register finds the entries of one list by what tells them apart, and keeps the list from growing beyond its bound.
type register struct {
	known   map[string]int
	most    int
	dropped *int
}

func newRegister(most int, dropped *int) register { return register{map[string]int{}, most, dropped} }

// enter gives the place of an entry in its list: the one that it has already, or a new one. It is -1 if there is no room, which
// is counted.
func enter[T any](b *Book, r register, list *[]T, key string, by Process, fresh T) int {
	if index, known := r.known[key]; known {
		return index
	}
	if len(*list) >= r.most || !b.room(len(key)+len(by.Executable)) {
		*r.dropped++
		return -1
	}
	index := len(*list)
	r.known[key] = index
	*list = append(*list, fresh)
	return index
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

func noUsage() Usage {
	return Usage{
		Full: []Full{}, Methods: map[string]string{},
		Samples: Samples{
			At: []float64{}, Memory: []*int64{}, Processors: []*float64{}, Scratch: []*int64{}, Outputs: []*int64{},
			SharedMemory: []*int64{}, OpenFiles: []*int64{}, Processes: []*int64{},
		},
	}
}
