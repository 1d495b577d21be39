// Package waiting measures how long sockets keep the program waiting. The network namespace does the holding: a
// connection hangs in SYN_SENT, a lookup keeps its UDP socket open. Watching the kernel's socket tables tells how long,
// for blocking and non-blocking programs alike, without delaying either.
package waiting

import (
	"sync"
	"time"

	"pratique/recorder/internal/procnet"
)

// Kind says what counts as still waiting.
type Kind uint8

const (
	Connecting Kind = iota // while the TCP socket is in SYN_SENT
	Resolving              // while the socket of a DNS query exists
)

// Book is where waits are credited.
type Book interface {
	Lost(attempt int, from, to time.Time)
}

type wait struct {
	kind     Kind
	attempt  int
	credited time.Time // up to here the time is on the attempt's account
	renewed  time.Time // the last query or connect
	seen     bool      // the kernel's table has shown it
	absent   time.Time // since when the tables do not, zero if they do
}

const (
	// Interval is how often the tables are read while something waits. It is the accuracy of the seconds.
	Interval = 150 * time.Millisecond
	maxWaits = 4096
	// A connect is noticed just before the kernel performs it.
	graceToAppear = 2 * Interval
	// Some resolvers keep a socket for later. No resolver waits longer than this for an answer.
	resolverPatience = 30 * time.Second
)

// Tracker holds the sockets that wait, by inode.
type Tracker struct {
	mu    sync.Mutex
	waits map[uint64]*wait
	book  Book
	wake  chan struct{}
}

// NewTracker returns an idle one.
func NewTracker(book Book) *Tracker {
	return &Tracker{waits: map[uint64]*wait{}, book: book, wake: make(chan struct{}, 1)}
}

// Begin starts the clock of a socket. It does nothing for one that waits already.
func (t *Tracker) Begin(inode uint64, kind Kind, attempt int, now time.Time) {
	if inode == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.waits[inode]; known != nil && known.kind == kind && known.attempt == attempt {
		known.renewed = now
		return
	}
	if len(t.waits) >= maxWaits {
		return
	}
	t.waits[inode] = &wait{kind: kind, attempt: attempt, credited: now, renewed: now}
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Seen says that the kernel's table has shown a socket just now: it need not be shown again for its wait to count.
func (t *Tracker) Seen(inode uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.waits[inode]; known != nil {
		known.seen = true
	}
}

// Waiting tells whether this socket is on the way to this attempt's target already: asking again is no new attempt.
func (t *Tracker) Waiting(inode uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return inode != 0 && t.waits[inode] != nil
}

// Run samples while anything waits and sleeps otherwise.
func (t *Tracker) Run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-t.wake:
		}
		for t.pending() > 0 {
			select {
			case <-stop:
				return
			case <-time.After(Interval):
			}
			t.Sample(time.Now())
		}
	}
}

func (t *Tracker) pending() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waits)
}

// Sample reads the tables once and credits the time since the last sample.
func (t *Tracker) Sample(now time.Time) {
	tcp, udp := map[uint64]uint8{}, map[uint64]uint8{}
	read := func() {
		procnet.EachSocket(procnet.TCP, func(s procnet.Socket) bool { tcp[s.Inode] = s.State; return true })
		procnet.EachSocket(procnet.UDP, func(s procnet.Socket) bool { udp[s.Inode] = s.State; return true })
	}
	if read(); t.misses(tcp, udp) {
		// The kernel hands a table out by the page, counting from the start each time. A socket that goes away in
		// between makes another one, which is still there, drop out of sight.
		read()
	}
	t.settle(tcp, udp, now)
}

// misses tells whether a socket that waits is in neither table.
func (t *Tracker) misses(tcp, udp map[uint64]uint8) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for inode := range t.waits {
		_, isTCP := tcp[inode]
		if _, isUDP := udp[inode]; !isTCP && !isUDP {
			return true
		}
	}
	return false
}

// Finish credits what is still open when the program has ended.
func (t *Tracker) Finish(now time.Time) {
	t.Sample(now)
	t.Sample(now) // what was absent once is now absent twice
}

// end estimates when a wait ended: some time after it was last seen, and before it was found to be over. On a busy machine
// that may be long.
func (w *wait) end(now time.Time) time.Time {
	found := now
	if !w.absent.IsZero() {
		found = w.absent
	}
	return w.credited.Add(found.Sub(w.credited) / 2)
}

func (t *Tracker) settle(tcp, udp map[uint64]uint8, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for inode, w := range t.waits {
		alive := false
		state, isTCP := tcp[inode]
		_, isUDP := udp[inode]
		switch w.kind {
		case Connecting:
			alive = isTCP && state == procnet.SynSent
		case Resolving:
			alive = isUDP || isTCP && (state == procnet.SynSent || state == procnet.Established)
		}
		w.seen = w.seen || alive
		impatient := w.kind == Resolving && now.Sub(w.renewed) > resolverPatience
		switch {
		case w.seen && !isTCP && !isUDP && w.absent.IsZero():
			w.absent = now // for the second time it counts: see Sample
		case w.seen:
			till := now
			if !alive {
				till = w.end(now)
			}
			w.absent = time.Time{}
			t.book.Lost(w.attempt, w.credited, till)
			w.credited = till
			if !alive || impatient {
				delete(t.waits, inode)
			}
		case now.Sub(w.renewed) > graceToAppear:
			delete(t.waits, inode) // it failed at once, nothing was lost
		}
	}
}
