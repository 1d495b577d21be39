// Package discover impersonates whoever the program wants to reach, listens to how it begins, and hangs up.
package discover

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"pratique/recorder/internal/handover"
	"pratique/recorder/internal/names"
	"pratique/recorder/internal/procnet"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
)

// Bounds of it all.
const (
	maxListeners   = 512
	maxConnections = 64 // at a time
	// A client that comes back at once, time and again, is made to wait, or it would do nothing else.
	patientTimes = 20
	tarryFor     = 250 * time.Millisecond
)

// Opener binds sockets to addresses that are local, all of them being so.
type Opener interface {
	Open(kind handover.Kind, at netip.AddrPort) (int, error)
}

// Sink has a listener for every address and port that was asked for, opened while whoever asked still waits.
type Sink struct {
	Opener       Opener
	Placeholders *names.Placeholders
	Owners       *names.Owners
	Names        names.Sink // answers at other name servers' addresses
	Authority    *Authority // nil: what is said inside TLS stays unheard
	Book         *recording.Book

	mu    sync.Mutex
	known map[key]*place
	slots chan struct{}
	busy  atomic.Int64
}

type key struct {
	kind handover.Kind
	at   netip.AddrPort
}

// place is where we listen.
type place struct {
	at    netip.AddrPort
	times atomic.Int64

	mu   sync.Mutex
	last recording.Process // who came last
}

// Prepare must come first.
func (s *Sink) Prepare() {
	s.known = map[key]*place{}
	s.slots = make(chan struct{}, maxConnections)
}

const dnsPort = 53

// Expect makes sure that somebody listens at an address before a connection, or a datagram, gets there. Datagrams need nobody
// but name servers: the tap sees them.
func (s *Sink) Expect(protocol string, at netip.AddrPort, by recording.Process) {
	kind := handover.Connections
	if protocol == "udp" {
		kind = handover.Datagrams
	}
	if at.Port() == 0 || kind == handover.Datagrams && at.Port() != dnsPort {
		return
	}
	at = netip.AddrPortFrom(at.Addr().WithZone(""), at.Port())
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.known[key{kind, at}]; known != nil {
		known.mu.Lock()
		known.last = by
		known.mu.Unlock()
		return
	}
	if len(s.known) >= maxListeners {
		s.Book.Unheard()
		return
	}
	fd, err := s.Opener.Open(kind, at)
	if err != nil {
		// A server of the job's own has the port, or the address is one that nobody can have. The attempt stands.
		s.Book.Unheard()
		return
	}
	here := &place{at: at, last: by}
	s.known[key{kind, at}] = here
	switch {
	case kind == handover.Datagrams:
		go s.Names.ServeUDP(fd)
	case at.Port() == dnsPort:
		go s.Names.ServeTCP(fd)
	default:
		go s.serve(fd, here)
	}
}

func (s *Sink) serve(fd int, here *place) {
	file := os.NewFile(uintptr(fd), "listener")
	listener, err := net.FileListener(file)
	file.Close()
	if err != nil {
		return
	}
	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(tarryFor) // out of descriptors, for one; that passes
			continue
		}
		select {
		case s.slots <- struct{}{}:
			go func() {
				defer func() { <-s.slots }()
				s.hear(connection, here)
			}()
		default:
			connection.Close()
			s.Book.Unheard()
		}
	}
}

// hear listens to one connection and writes down what it was.
func (s *Sink) hear(connection net.Conn, here *place) {
	defer connection.Close()
	s.busy.Add(1)
	by := s.client(connection, here)
	said := About(s.Placeholders, here.at, "tcp")
	listen(connection, here.at.Port(), s.Authority, &said)
	s.Book.Contact(said, by)
	s.busy.Add(-1)
	if here.times.Add(1) > patientTimes {
		time.Sleep(tarryFor)
	}
}

// client finds out who is at the other end.
func (s *Sink) client(connection net.Conn, here *place) recording.Process {
	if address, ok := connection.RemoteAddr().(*net.TCPAddr); ok {
		peer := address.AddrPort()
		peer = netip.AddrPortFrom(peer.Addr().Unmap().WithZone(""), peer.Port())
		if inode, found := procnet.InodeByLocal(procnet.TCP, peer); found {
			if by := s.Owners.Of(inode); by != (tracee.Process{}) {
				return recording.Process(by)
			}
		}
	}
	here.mu.Lock()
	defer here.mu.Unlock()
	return here.last
}

// About says whom an address stands for: a name, if we made the address up for it.
func About(placeholders *names.Placeholders, at netip.AddrPort, protocol string) recording.Said {
	said := recording.Said{Port: int(at.Port()), Protocol: protocol, Address: at.Addr().String()}
	if placeholders == nil {
		return said
	}
	if name, made := placeholders.Name(at.Addr()); made {
		said.Host, said.Address = name, ""
	}
	return said
}

// Drain waits until the connections that are there have been heard.
func (s *Sink) Drain(patience time.Duration) {
	for deadline := time.Now().Add(patience); s.busy.Load() > 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
}
