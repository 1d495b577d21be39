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
	"pratique/recorder/internal/discover"
	"pratique/recorder/internal/names"
	"pratique/recorder/internal/paths"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/seccomp"
	"pratique/recorder/internal/tracee"
	"pratique/recorder/internal/waiting"
)

// Observer answers notifications. All calls are let through, save the few that would hide others.
type Observer struct {
	ABIs       []calls.ABI
	Book       *recording.Book
	Tracker    *waiting.Tracker
	Zones      paths.Zones
	Owners     *names.Owners
	Nameserver netip.AddrPort // not valid: nobody listens there, so its traffic is an attempt like any other
	Lookups    *names.Lookups // of queries to other name servers; nil: none
	Discover   *discover.Sink // nil: nobody answers

	directory *tracee.Directory
	datagrams connectedDatagrams
	flows     flows
	local     map[netip.Addr]bool
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
	o.directory = tracee.NewDirectory()
	o.datagrams = newConnectedDatagrams()
	o.flows = newFlows()
	o.local = localAddresses(o.Nameserver.Addr())
}

// Serve starts to answer. It is called on the filtered thread, where a trapped call would wait for ever: there is nobody
// to answer it yet. So it does nothing but start goroutines, which run on other threads.
func (o *Observer) Serve(listener *seccomp.Listener) {
	for i := 0; i < workers; i++ {
		go func() {
			for {
				n, err := listener.Receive()
				if err != nil {
					return
				}
				o.inFlight.Add(1)
				o.answer(listener, n)
				o.inFlight.Add(-1)
			}
		}()
	}
}

// Drain waits until what was received is in the book.
func (o *Observer) Drain(patience time.Duration) {
	for deadline := time.Now().Add(patience); o.inFlight.Load() > 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

// answer examines the call while its caller waits, writes it down, and lets it continue: in this order, so that what a
// thread does is written down in the order it is done. If the caller is gone after the look, what was read may come from
// another process with the same id, and is thrown away.
func (o *Observer) answer(listener *seccomp.Listener, n seccomp.Notification) {
	e := event{observer: o, Notification: n}
	commit, refuse := e.examine()
	if commit != nil && listener.Valid(n) {
		commit()
	}
	if refuse != 0 {
		listener.Refuse(n, refuse)
	} else {
		listener.Continue(n)
	}
}

// event is one notification being examined.
type event struct {
	seccomp.Notification
	observer *Observer
	abi      calls.ABI
}

// examine returns what to write down, if anything, and an error number if the call must not pass.
func (e *event) examine() (commit func(), refuse syscall.Errno) {
	o := e.observer
	abi, known := calls.Find(o.ABIs, e.Arch)
	if !known {
		return func() { o.count(func(t *tally) { t.foreign++ }) }, 0
	}
	e.abi = abi
	switch call := abi.Lookup(e.Number); call {
	case calls.X32:
		return func() { o.count(func(t *tally) { t.x32++ }) }, syscall.ENOSYS
	case calls.IOUringSetup:
		// Its operations are no system calls. Programs fall back to those when it is missing.
		return func() { o.count(func(t *tally) { t.ioURing++ }) }, syscall.ENOSYS
	case calls.Connect, calls.SendTo, calls.SendMsg, calls.SendMMsg, calls.SocketCall:
		return e.network(call, e.Args), 0
	case calls.Exec, calls.ExecAt:
		return e.exec(call), 0
	default:
		return e.write(call), 0
	}
}

func (e *event) process() recording.Process {
	return recording.Process(e.observer.directory.Of(e.TID))
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
