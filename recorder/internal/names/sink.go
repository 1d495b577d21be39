package names

import (
	"encoding/binary"
	"io"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/procnet"
	"pratique/recorder/internal/tracee"
)

// Sink reads what arrives at a name server's sockets. Without Answers it is silent.
type Sink struct {
	Lookups *Lookups
	Owners  *Owners
	Answers *Answers
}

const (
	maxDatagram    = 4096
	maxConnections = 16
	// A connection may take this long to bring its query; then it is kept open, silent, as long again.
	connectionLife = 30 * time.Second
	// Marks a number that stands for an unknown socket. Inode numbers of sockets do not get there.
	notAnInode = 1 << 63
)

// ServeUDP reads a socket until the process ends.
func (s Sink) ServeUDP(fd int) {
	packet := make([]byte, maxDatagram)
	control := make([]byte, syscall.CmsgSpace(int(unsafe.Sizeof(syscall.Timespec{}))))
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	for {
		n, size, _, from, err := syscall.Recvmsg(fd, packet, control, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return
		}
		if answer := s.query(packet[:n], procnet.UDP, from, arrival(control[:size], time.Now())); answer != nil {
			_ = syscall.Sendto(fd, answer, 0, from)
		}
	}
}

// ServeTCP accepts at a socket until the process ends.
func (s Sink) ServeTCP(fd int) {
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
				if answer := s.query(packet, procnet.TCP, from, time.Now()); answer != nil {
					_ = syscall.Sendmsg(connection, frame(answer), nil, nil, syscall.MSG_NOSIGNAL)
				}
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

// A query may lie in its socket for a while, on a machine that has much to do; whoever asked waits already.
const longestDelay = 5 * time.Second

// arrival tells when the kernel took a packet in. Its clock may be set meanwhile, ours for differences is not.
func arrival(control []byte, now time.Time) time.Time {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return now
	}
	for _, m := range messages {
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			stamp := time.Unix(int64(binary.LittleEndian.Uint64(m.Data)), int64(binary.LittleEndian.Uint64(m.Data[8:])))
			if delay := now.Round(0).Sub(stamp); delay > 0 && delay < longestDelay {
				return now.Add(-delay)
			}
		}
	}
	return now
}

// frame puts the length in front.
func frame(answer []byte) []byte {
	return append([]byte{byte(len(answer) >> 8), byte(len(answer))}, answer...)
}

// query notes what is asked for and returns the answer, nil for none.
func (s Sink) query(packet []byte, protocol procnet.Protocol, from syscall.Sockaddr, at time.Time) []byte {
	question, err := decode.ParseQuestion(packet)
	if err != nil {
		return nil
	}
	client, ok := addrPort(from)
	if !ok {
		return nil
	}
	if inode, found := procnet.InodeByLocal(protocol, client); found {
		s.Lookups.Asked(question, inode, s.Owners.Of(inode), at)
	} else {
		// The socket is gone already; nobody can be named, but the name was wanted.
		s.Lookups.Asked(question, notAnInode|uint64(client.Port()), tracee.Process{}, at)
	}
	if s.Answers == nil {
		return nil
	}
	answer, _ := s.Answers.To(packet, question)
	return answer
}

func addrPort(a syscall.Sockaddr) (netip.AddrPort, bool) {
	switch a := a.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)), true
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port)), true
	}
	return netip.AddrPort{}, false
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
