package observer

import (
	"net/netip"
	"strings"

	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/tracee"
)

const maxBound = 1024

// bind remembers where a socket is to be found, in case it listens.
func (e *event) bind(fd int32, pointer uint64, length uint32) func() {
	if length > decode.MaxSockaddr || length == 0 {
		return nil
	}
	buffer := make([]byte, length)
	if tracee.Read(e.TID, pointer, buffer) != nil {
		return e.unreadable()
	}
	address, ok := decode.ParseSockaddr(buffer)
	if !ok || !address.IsIP() {
		return nil
	}
	inode := tracee.SocketInode(e.TID, fd)
	o := e.observer
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(o.bound) >= maxBound {
			o.bound = map[uint64]netip.AddrPort{}
		}
		o.bound[inode] = netip.AddrPortFrom(address.Host, address.Port)
	}
}

// listen notes a port for others. One that only this machine can reach is the job's own affair.
func (e *event) listen(fd int32) func() {
	protocol := tracee.SocketProtocol(e.TID, fd)
	if !strings.HasPrefix(protocol, "TCP") && !strings.HasPrefix(protocol, "MPTCP") && !strings.HasPrefix(protocol, "SCTP") {
		return nil
	}
	o := e.observer
	o.mu.Lock()
	at, found := o.bound[tracee.SocketInode(e.TID, fd)]
	o.mu.Unlock()
	if !found {
		at = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
		if strings.HasSuffix(protocol, "v6") {
			at = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
		}
	}
	if at.Addr().IsLoopback() {
		return nil
	}
	by := e.process()
	return func() { o.Book.Listening(at.Addr().String(), int(at.Port()), by) }
}
