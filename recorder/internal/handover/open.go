package handover

import (
	"net/netip"
	"sync"
	"syscall"
)

// Kind is a sort of socket.
type Kind byte

const (
	Connections Kind = 't'
	Datagrams   Kind = 'u'
)

// backlog is how many connections may wait to be accepted.
const backlog = 64

// Open binds a socket to an address, and listens if it is for connections.
func Open(kind Kind, at netip.AddrPort) (int, error) {
	family, address := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()})
	if at.Addr().Is4() {
		family, address = syscall.AF_INET, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	sort := syscall.SOCK_STREAM
	if kind == Datagrams {
		sort = syscall.SOCK_DGRAM
	}
	fd, err := syscall.Socket(family, sort|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err = syscall.Bind(fd, address); err == nil && kind == Connections {
		err = syscall.Listen(fd, backlog)
	}
	if err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// A request is the kind, the address as IPv6 has it, and the port. The answer is an error number, with a socket if that is 0.
const requestSize = 1 + 16 + 2

func encodeRequest(kind Kind, at netip.AddrPort) [requestSize]byte {
	var b [requestSize]byte
	b[0] = byte(kind)
	address := at.Addr().As16()
	copy(b[1:], address[:])
	b[17], b[18] = byte(at.Port()>>8), byte(at.Port())
	return b
}

func decodeRequest(b [requestSize]byte) (Kind, netip.AddrPort) {
	var address [16]byte
	copy(address[:], b[1:])
	return Kind(b[0]), netip.AddrPortFrom(netip.AddrFrom16(address).Unmap(), uint16(b[17])<<8|uint16(b[18]))
}

// serveRequests opens what the client asks for until it leaves.
func serveRequests(client int) error {
	for {
		var request [requestSize]byte
		n, _, err := syscall.Recvfrom(client, request[:], syscall.MSG_WAITALL)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n != requestSize {
			return err
		}
		fd, err := Open(decodeRequest(request))
		if err != nil {
			number, _ := err.(syscall.Errno)
			err = syscall.Sendmsg(client, []byte{byte(number)}, nil, nil, 0)
		} else {
			err = syscall.Sendmsg(client, []byte{0}, syscall.UnixRights(fd), nil, 0)
			syscall.Close(fd)
		}
		if err != nil {
			return err
		}
	}
}

// Opener asks the holder for sockets.
type Opener struct {
	mu     sync.Mutex
	fd     int
	broken error // after a failure, answers and questions may no longer belong together
}

// Open has the holder bind a socket to any address and port.
func (o *Opener) Open(kind Kind, at netip.AddrPort) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return -1, o.broken
	}
	request := encodeRequest(kind, at)
	if o.broken = syscall.Sendmsg(o.fd, request[:], nil, nil, syscall.MSG_NOSIGNAL); o.broken != nil {
		return -1, o.broken
	}
	number, fds, err := receive(o.fd)
	switch {
	case err != nil:
		o.broken = err
		return -1, err
	case number != 0:
		closeAll(fds)
		return -1, syscall.Errno(number)
	case len(fds) != 1:
		closeAll(fds)
		return -1, errNothing
	}
	return fds[0], nil
}
