// Package observer turns trapped system calls into observations.
package observer

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/census"
	"pratique/recorder/internal/discover"
	"pratique/recorder/internal/input"
	"pratique/recorder/internal/names"
	"pratique/recorder/internal/paths"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/seccomp"
	"pratique/recorder/internal/tracee"
	"pratique/recorder/internal/waiting"
)

// Observer answers notifications. All calls are let through, save the few that would hide others.
type Observer struct {
	ABIs       calls.ABIs
	Directory  *tracee.Directory
	Book       *recording.Book
	Tracker    *waiting.Tracker
	Zones      paths.Zones
	Owners     *names.Owners
	Census     *census.Census
	Stdin      *input.Watch   // nil: whether it is read is not known
	Data       paths.Folder   // the data whose reads are noted; empty: none is
	Ending     func()         // called when the main process ends by itself, before it is gone
	Nameserver netip.AddrPort // not valid: nobody listens there, so its traffic is an attempt like any other
	Lookups    *names.Lookups // of queries to other name servers; nil: none
	Discover   *discover.Sink // nil: nobody answers

	shortcuts *shortcuts // folders where files may be written, and will be
	elsewhere *shortcuts // folders that hold none of the data
	bound     map[uint64]netip.AddrPort
	datagrams connectedDatagrams
	flows     flows
	local     map[netip.Addr]bool
	turn      sync.Mutex   // held by the worker that waits for calls
	inFlight  atomic.Int64 // calls received and not written down yet

	mu     sync.Mutex
	unseen tally
}

// tally counts what could not be decoded.
type tally struct {
	network, writes, foreign, ioURing, x32 int
}

// workers answer side by side: one slow look into /proc must not hold up every process of the program.
const workers = 4

// Prepare is everything that takes system calls. It must be over before the filter is installed.
func (o *Observer) Prepare() {
	o.shortcuts, o.elsewhere = newShortcuts(), newShortcuts()
	o.bound = map[uint64]netip.AddrPort{}
	o.datagrams = newConnectedDatagrams()
	o.flows = newFlows()
	o.local = localAddresses(o.Nameserver.Addr())
}

// Serve starts to answer. It is called on the filtered thread, where a trapped call would wait for ever: there is nobody
// to answer it yet. So it does nothing but start goroutines, which run on other threads.
func (o *Observer) Serve(listener *seccomp.Listener) {
	for i := 0; i < workers; i++ {
		go (&worker{event: event{observer: o}, listener: listener}).serve()
	}
}

// Drain waits until what was received is in the book.
func (o *Observer) Drain(patience time.Duration) {
	for deadline := time.Now().Add(patience); o.inFlight.Load() > 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

// worker answers one call after another.
type worker struct {
	event
	listener *seccomp.Listener
	call     calls.Call
	text     [maxPath]byte
	path     [2 * maxPath]byte
}

// serve takes turns with the other workers: one of them waits for calls and answers those at once that need no look. It
// hands the wait on before it looks at another. If all waited, the kernel would wake a different one for every call, each
// time a thread that has gone cold: that costs as much as the answer.
func (w *worker) serve() {
	turn := &w.observer.turn
	for {
		turn.Lock()
		for {
			if w.listener.Receive(&w.Notification) != nil {
				turn.Unlock()
				return
			}
			w.observer.inFlight.Add(1)
			if !w.answerAtOnce() {
				break
			}
			w.observer.inFlight.Add(-1)
		}
		turn.Unlock()
		w.answer()
		w.observer.inFlight.Add(-1)
	}
}

func (w *worker) answerAtOnce() bool {
	abi, known := w.observer.ABIs.Find(w.Arch)
	if !known {
		w.observer.count(func(t *tally) { t.foreign++ })
		w.listener.Continue(w.ID)
		return true
	}
	w.abi, w.call = abi, abi.Lookup(w.Number)
	if !w.unremarkable() {
		return false
	}
	w.listener.Continue(w.ID)
	return true
}

// answer examines the call while its caller waits, writes it down, and lets it continue: in this order, so that what a
// thread does is written down in the order it is done. If the caller is gone after the look, what was read may come from
// another process with the same id, and is thrown away.
func (w *worker) answer() {
	commit, refuse := w.examine(w.call)
	if commit != nil && w.listener.Valid(w.ID) {
		commit()
	}
	if refuse != 0 {
		w.listener.Refuse(w.ID, refuse)
	} else {
		w.listener.Continue(w.ID)
	}
}

// event is one notification being examined.
type event struct {
	seccomp.Notification
	observer *Observer
	abi      *calls.ABI
}

// examine returns what to write down, if anything, and an error number if the call must not pass.
func (e *event) examine(call calls.Call) (commit func(), refuse syscall.Errno) {
	o := e.observer
	switch call {
	case calls.X32:
		return func() { o.count(func(t *tally) { t.x32++ }) }, syscall.ENOSYS
	case calls.IOUringSetup:
		// Its operations are no system calls. Programs fall back to those when it is missing.
		return func() { o.count(func(t *tally) { t.ioURing++ }) }, syscall.ENOSYS
	case calls.Connect, calls.SendTo, calls.SendMsg, calls.SendMMsg, calls.SocketCall:
		return e.network(call, e.Args), 0
	case calls.Bind:
		return e.bind(int32(e.Args[0]), e.Args[1], uint32(e.Args[2])), 0
	case calls.Listen:
		return e.listen(int32(e.Args[0])), 0
	case calls.Exec, calls.ExecAt:
		return e.exec(call), 0
	case calls.ExitGroup:
		return e.exit(), 0
	default:
		return e.write(call), 0
	}
}

func (e *event) process() recording.Process {
	return recording.Process(e.observer.Directory.Of(e.TID))
}

func (o *Observer) count(change func(*tally)) {
	o.mu.Lock()
	change(&o.unseen)
	o.mu.Unlock()
}

// Coverage says what may have passed unseen.
func (o *Observer) Coverage() (network, writes recording.Status) {
	o.mu.Lock()
	t := o.unseen
	o.mu.Unlock()
	var notes []string
	if t.ioURing > 0 {
		notes = append(notes, fmt.Sprintf("io_uring was answered \"not implemented\" %d times", t.ioURing))
	}
	if t.x32 > 0 {
		notes = append(notes, fmt.Sprintf("%d x32 system calls were answered \"not implemented\"", t.x32))
	}
	return status(t.network, t.foreign, notes), status(t.writes, t.foreign, notes)
}

func status(unreadable, foreign int, notes []string) recording.Status {
	s := recording.Status{Status: recording.Observed}
	if unreadable > 0 {
		s.Status = recording.Partial
		notes = append(notes, fmt.Sprintf("%d system calls came from processes whose memory cannot be read", unreadable))
	}
	if foreign > 0 {
		s.Status = recording.Partial
		notes = append(notes, fmt.Sprintf("%d system calls were of an unknown architecture", foreign))
	}
	s.Reason = strings.Join(notes, "; ")
	return s
}
