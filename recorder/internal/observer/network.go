package observer

import (
	"net/netip"
	"strings"
	"time"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/names"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
	"pratique/recorder/internal/waiting"
)

const dnsPort = 53

// Numbers of i386's socketcall (linux/net.h).
var socketCalls = map[uint64]calls.Call{
	2: calls.Bind, 4: calls.Listen, 3: calls.Connect, 11: calls.SendTo, 16: calls.SendMsg, 20: calls.SendMMsg,
}

// sendmmsg takes up to 1024 messages; a resolver sends two.
const maxMessages = 64

// network examines a call that may reach for another machine.
func (e *event) network(call calls.Call, args [6]uint64) func() {
	fd := int32(args[0])
	switch call {
	case calls.Connect:
		return e.toward(fd, args[1], uint32(args[2]), false)
	case calls.SendTo:
		if args[4] == 0 {
			return nil
		}
		return e.toward(fd, args[4], uint32(args[5]), true)
	case calls.SendMsg:
		return e.messages(fd, args[1], 1, decode.MessageSize(e.abi.PointerSize))
	case calls.SendMMsg:
		return e.messages(fd, args[1], args[2], decode.MMessageSize(e.abi.PointerSize))
	case calls.SocketCall:
		inner, known := socketCalls[args[0]]
		if !known {
			return nil
		}
		buffer := make([]byte, 4*socketCallArguments(inner))
		if tracee.Read(e.TID, args[1], buffer) != nil {
			return e.unreadable()
		}
		args := decode.SocketCallArgs(buffer)
		switch inner {
		case calls.Bind:
			return e.bind(int32(args[0]), args[1], uint32(args[2]))
		case calls.Listen:
			return e.listen(int32(args[0]))
		}
		return e.network(inner, args)
	}
	return nil
}

func socketCallArguments(call calls.Call) int {
	switch call {
	case calls.SendTo:
		return 6
	case calls.SendMMsg:
		return 4
	case calls.Listen:
		return 2
	}
	return 3
}

// messages examines an array of struct msghdr or mmsghdr.
func (e *event) messages(fd int32, array, count uint64, size int) func() {
	if count > maxMessages {
		count = maxMessages
	}
	var commits []func()
	for i := uint64(0); i < count; i++ {
		buffer := make([]byte, size)
		if tracee.Read(e.TID, array+i*uint64(size), buffer) != nil {
			commits = append(commits, e.unreadable())
			break
		}
		message, ok := decode.ParseMessage(buffer, e.abi.PointerSize)
		if !ok {
			break
		}
		if message.Name == 0 {
			// All other messages of this call go the same way, or most likely so.
			commits = append(commits, e.onConnected(fd))
			break
		}
		commits = append(commits, e.toward(fd, message.Name, message.NameLen, true))
	}
	return func() {
		for _, commit := range commits {
			if commit != nil {
				commit()
			}
		}
	}
}

// onConnected handles a message without an address: of interest only on a datagram socket not used so far.
func (e *event) onConnected(fd int32) func() {
	o := e.observer
	if !o.datagrams.any() {
		return nil
	}
	inode := tracee.SocketInode(e.TID, fd)
	socket, found := o.datagrams.of(inode)
	if !found {
		return nil
	}
	by := e.process()
	return func() {
		o.datagrams.forget(inode)
		o.Book.Attempt(target("udp", socket.peer), by)
	}
}

// toward examines an address that a program connects or sends to.
func (e *event) toward(fd int32, pointer uint64, length uint32, sends bool) func() {
	if length > decode.MaxSockaddr {
		return nil // the kernel will refuse it
	}
	buffer := make([]byte, length)
	if len(buffer) == 0 {
		return nil
	}
	if tracee.Read(e.TID, pointer, buffer) != nil {
		return e.unreadable()
	}
	address, ok := decode.ParseSockaddr(buffer)
	if !ok || !address.IsIP() || e.observer.isLocal(address.Host) {
		return nil
	}
	inode := tracee.SocketInode(e.TID, fd)
	if inode == 0 {
		return nil // no socket: the kernel will refuse it
	}
	peer := netip.AddrPortFrom(address.Host, address.Port)
	return e.reach(peer, inode, protocol(tracee.SocketProtocol(e.TID, fd), sends), sends)
}

// reach decides what an address on a socket amounts to.
func (e *event) reach(peer netip.AddrPort, inode uint64, protocol string, sends bool) func() {
	o := e.observer
	by := e.process()
	if peer == o.Nameserver {
		return func() { o.Owners.Note(inode, tracee.Process(by)) } // in time for the query that follows
	}
	if protocol == "udp" && !sends && peer.Port() != dnsPort {
		return func() {
			o.Owners.Note(inode, tracee.Process(by))
			o.datagrams.connect(inode, peer, by)
		}
	}
	return func() {
		o.Owners.Note(inode, tracee.Process(by)) // for whoever hears the other end of it
		o.datagrams.forget(inode)
		if protocol == "udp" {
			o.flows.sends(peer, by)
		}
		if o.Discover != nil {
			o.Discover.Expect(protocol, peer, by)
		}
		if o.Tracker.Waiting(inode) {
			return // asking after a connection on its way, or a query sent again
		}
		attempt := o.Book.Attempt(target(protocol, peer), by)
		switch {
		case protocol == "tcp":
			o.Tracker.Begin(inode, waiting.Connecting, attempt, time.Now())
		case peer.Port() == dnsPort:
			o.Tracker.Begin(inode, waiting.Resolving, attempt, time.Now())
		}
	}
}

func (e *event) unreadable() func() {
	return func() { e.observer.count(func(t *tally) { t.network++ }) }
}

// isLocal tells whether an address cannot be another machine.
func (o *Observer) isLocal(host netip.Addr) bool {
	return host.IsLoopback() || host.IsUnspecified() || o.local[host.WithZone("")]
}

// protocol maps the kernel's name. What is neither (ICMP, raw, SCTP) is filed under what it resembles.
func protocol(name string, sends bool) string {
	switch {
	case strings.HasPrefix(name, "TCP"), strings.HasPrefix(name, "MPTCP"), strings.HasPrefix(name, "SCTP"):
		return "tcp"
	case name == "" && !sends:
		return "tcp"
	}
	return "udp"
}

func (o *Observer) placeholders() *names.Placeholders {
	if o.Discover == nil {
		return nil
	}
	return o.Discover.Placeholders
}

func target(protocol string, peer netip.AddrPort) recording.Target {
	return recording.Target{Protocol: protocol, Address: peer.Addr().String(), Port: int(peer.Port())}
}
