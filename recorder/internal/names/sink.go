package names

import (
	"encoding/binary"
	"io"
	"net/netip"
	"syscall"
	"time"

	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/handover"
	"pratique/recorder/internal/procnet"
	"pratique/recorder/internal/tracee"
)

// Sink reads what arrives at the name server's sockets.
type Sink struct {
	Lookups *Lookups
	Owners  *Owners
}

const (
	maxDatagram    = 4096
	maxConnections = 16
	// A connection may take this long to bring its query; then it is kept open, silent, as long again.
	connectionLife = 30 * time.Second
	// Marks a number that stands for an unknown socket. Inode numbers of sockets do not get there.
	notAnInode = 1 << 63
)

// Serve reads both sockets until the process ends.
func (s Sink) Serve(sockets handover.Sockets) {
	go s.serveUDP(sockets.UDP)
	go s.serveTCP(sockets.TCP)
}

func (s Sink) serveUDP(fd int) {
	packet := make([]byte, maxDatagram)
	for {
		n, from, err := syscall.Recvfrom(fd, packet, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return
		}
		s.query(packet[:n], procnet.UDP, from)
	}
}

func (s Sink) serveTCP(fd int) {
	slots := make(chan struct{}, maxConnections)
	for {
		slots <- struct{}{}
		connection, from, err := syscall.Accept4(fd, syscall.SOCK_CLOEXEC)
		if err == syscall.EINTR || err == syscall.ECONNABORTED {
			<-slots
			continue
		}
		if err != nil {
			return
		}
		go func() {
			defer func() { <-slots }()
			defer syscall.Close(connection)
			limit := syscall.NsecToTimeval(connectionLife.Nanoseconds())
			_ = syscall.SetsockoptTimeval(connection, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
			reader := stream(connection)
			if packet, err := readFramed(reader); err == nil {
				s.query(packet, procnet.TCP, from)
				_, _ = reader.Read(make([]byte, 1)) // until the client gives up
			}
		}()
	}
}

// readFramed reads a query with its length in front (RFC 1035, 4.2.2).
func readFramed(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint16(length[:]))
	if size > maxDatagram {
		size = maxDatagram
	}
	packet := make([]byte, size)
	_, err := io.ReadFull(r, packet)
	return packet, err
}

func (s Sink) query(packet []byte, protocol procnet.Protocol, from syscall.Sockaddr) {
	question, err := decode.ParseQuestion(packet)
	if err != nil {
		return
	}
	peer, ok := from.(*syscall.SockaddrInet4)
	if !ok {
		return
	}
	client := netip.AddrPortFrom(netip.AddrFrom4(peer.Addr), uint16(peer.Port))
	inode, found := procnet.InodeByLocal(protocol, client)
	if !found {
		// The socket is gone already; nobody can be named, but the name was wanted.
		s.Lookups.Asked(question, notAnInode|uint64(client.Port()), tracee.Process{}, time.Now())
		return
	}
	s.Lookups.Asked(question, inode, s.Owners.Of(inode), time.Now())
}

// stream reads a descriptor as io.Reader.
type stream int

func (s stream) Read(p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(s), p)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
