package observer

import (
	"net/netip"
	"sync"
	"time"

	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/discover"
	"pratique/recorder/internal/procnet"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
)

// connectedDatagrams are UDP sockets that were connected but, as far as we know, not used. glibc connects one to each
// address of a name merely to learn which source address the kernel would choose (RFC 3484), so a connect alone is no
// attempt; the first message that names no address is, and so is the first datagram that leaves.
type connectedDatagrams struct {
	mu      *sync.Mutex
	sockets map[uint64]connected
}

type connected struct {
	peer netip.AddrPort
	by   recording.Process
}

const maxConnectedDatagrams = 1024

func newConnectedDatagrams() connectedDatagrams {
	return connectedDatagrams{mu: &sync.Mutex{}, sockets: map[uint64]connected{}}
}

func (c connectedDatagrams) connect(inode uint64, peer netip.AddrPort, by recording.Process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sockets) >= maxConnectedDatagrams {
		for someone := range c.sockets {
			delete(c.sockets, someone)
			break
		}
	}
	c.sockets[inode] = connected{peer, by}
}

func (c connectedDatagrams) any() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sockets) > 0
}

// of finds a socket.
func (c connectedDatagrams) of(inode uint64) (connected, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	socket, found := c.sockets[inode]
	return socket, found
}

// to finds a socket by its peer, for a datagram whose own socket is gone already.
func (c connectedDatagrams) to(peer netip.AddrPort) (inode uint64, socket connected, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for inode, socket = range c.sockets {
		if socket.peer == peer {
			return inode, socket, true
		}
	}
	return 0, connected{}, false
}

func (c connectedDatagrams) forget(inode uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sockets, inode)
}

// flows are pairs of addresses between which a datagram was seen: the first one tells all. Of a socket that is gone before its
// datagram is looked at, the receiver still tells who it was.
type flows struct {
	mu      *sync.Mutex
	seen    map[[2]netip.AddrPort]bool
	senders map[netip.AddrPort]recording.Process
}

const maxFlows = 4096

func newFlows() flows {
	return flows{mu: &sync.Mutex{}, seen: map[[2]netip.AddrPort]bool{}, senders: map[netip.AddrPort]recording.Process{}}
}

// sends notes who is about to send to somebody.
func (f flows) sends(to netip.AddrPort, by recording.Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.senders) >= maxFlows {
		for someone := range f.senders {
			delete(f.senders, someone)
			break
		}
	}
	f.senders[to] = by
}

func (f flows) sender(to netip.AddrPort) recording.Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.senders[to]
}

func (f flows) isNew(from, to netip.AddrPort) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	pair := [2]netip.AddrPort{from, to}
	if f.seen[pair] {
		return false
	}
	if len(f.seen) >= maxFlows {
		for old := range f.seen {
			delete(f.seen, old)
			break
		}
	}
	f.seen[pair] = true
	return true
}

// Datagram takes note of a datagram that has left for another machine. Those that name an address were counted by their system
// call; the first of a connected socket is counted here.
func (o *Observer) Datagram(d decode.Datagram) {
	if d.To == o.Nameserver || d.From.Port() == dnsPort || o.isLocal(d.To.Addr()) {
		return // queries have their own reader, and answers to them are ours
	}
	question, err := decode.ParseQuestion(d.Payload)
	isQuery := err == nil && d.To.Port() == dnsPort
	if !isQuery && !o.flows.isNew(d.From, d.To) {
		return
	}
	inode, open := procnet.InodeByLocal(procnet.UDP, d.From)
	socket, unused := o.datagrams.of(inode)
	if !open {
		inode, socket, unused = o.datagrams.to(d.To)
	}
	if unused && socket.peer == d.To {
		o.datagrams.forget(inode)
		o.Book.Attempt(target("udp", d.To), socket.by)
	}
	by := socket.by
	if by == (recording.Process{}) && open {
		by = recording.Process(o.Owners.Of(inode))
	}
	if by == (recording.Process{}) {
		by = o.flows.sender(d.To)
	}
	if isQuery && o.Lookups != nil && o.Discover == nil { // when discovering, somebody answers there and takes note
		o.Lookups.Asked(question, inode, tracee.Process(by), time.Now())
	}
	said := discover.About(o.placeholders(), d.To, "udp")
	said.Kind = decode.DatagramKind(d.Payload, d.To.Port())
	o.Book.Contact(said, by)
}
