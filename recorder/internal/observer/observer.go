// Package observer turns trapped system calls into observations.
package observer

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"syscall"

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
	Starting   func()         // called when the program has been looked at and is about to run
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
	crew      crew
	starting  sync.Once

	mu     sync.Mutex
	unseen tally
}

// tally counts what could not be decoded.
type tally struct {
	network, writes, foreign, ioURing, x32 int
}

// Prepare is everything that takes system calls. It must be over before the filter is installed.
func (o *Observer) Prepare() {
	o.shortcuts, o.elsewhere = newShortcuts(), newShortcuts()
	o.bound = map[uint64]netip.AddrPort{}
	o.datagrams = newConnectedDatagrams()
	o.flows = newFlows()
	o.local = localAddresses(o.Nameserver.Addr())
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
