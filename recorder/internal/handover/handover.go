// Package handover passes sockets from the holder of the network namespace, which may open them, to the recorder, which may
// not. They meet on an abstract unix socket: its name is scoped to the network namespace, so no folder needs to be
// shared.
package handover

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

const meetingPoint = "@pratique-recorder"

// Offer is what the holder has for the recorder.
type Offer struct {
	UDP, TCP int  // receive queries for names
	Tap      int  // sees the datagrams that leave; -1 where the holder may not open one
	Discover bool // every address is local, and more sockets may be asked for
	IPv6     bool // IPv6 works
}

// Listen opens the meeting point.
func Listen() (listener int, err error) {
	listener, err = syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err = syscall.Bind(listener, &syscall.SockaddrUnix{Name: meetingPoint}); err == nil {
		err = syscall.Listen(listener, 1)
	}
	if err != nil {
		syscall.Close(listener)
		return -1, err
	}
	return listener, nil
}

// Bits of the first byte that the holder sends.
const (
	bitDiscover = 1 << iota
	bitIPv6
	bitTap
)

// Serve gives the sockets to the first client, and opens more for it as long as it stays. That is the recorder, which comes
// before the program is started; nobody else gets anything.
func Serve(listener int, offer Offer) error {
	client, _, err := syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
	for err == syscall.EINTR {
		client, _, err = syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
	}
	syscall.Close(listener)
	if err != nil {
		return err
	}
	defer syscall.Close(client)
	what, fds := byte(0), []int{offer.UDP, offer.TCP}
	if offer.Discover {
		what |= bitDiscover
	}
	if offer.IPv6 {
		what |= bitIPv6
	}
	if offer.Tap >= 0 {
		what |= bitTap
		fds = append(fds, offer.Tap)
	}
	if err := syscall.Sendmsg(client, []byte{what}, syscall.UnixRights(fds...), nil, 0); err != nil || !offer.Discover {
		return err
	}
	return serveRequests(client)
}

// Collect asks for the sockets until patience runs out. The second result asks for more, where that is possible.
func Collect(patience time.Duration) (Offer, *Opener, error) {
	deadline := time.Now().Add(patience)
	for {
		offer, opener, err := collectOnce(patience)
		if err == nil || time.Now().After(deadline) {
			return offer, opener, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

var errNothing = errors.New("the holder sent no sockets")

func collectOnce(patience time.Duration) (offer Offer, opener *Opener, err error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return offer, nil, err
	}
	defer func() {
		if opener == nil {
			syscall.Close(fd)
		}
	}()
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: meetingPoint}); err != nil {
		return offer, nil, fmt.Errorf("no holder answers: %w", err)
	}
	limit := syscall.NsecToTimeval(patience.Nanoseconds())
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
	what, fds, err := receive(fd)
	if err != nil {
		return offer, nil, err
	}
	offer = Offer{Tap: -1, Discover: what&bitDiscover != 0, IPv6: what&bitIPv6 != 0}
	switch {
	case len(fds) == 3 && what&bitTap != 0:
		offer.Tap = fds[2]
	case len(fds) != 2:
		closeAll(fds)
		return offer, nil, errNothing
	}
	offer.UDP, offer.TCP = fds[0], fds[1]
	if offer.Discover {
		opener = &Opener{fd: fd}
	}
	return offer, opener, nil
}

const maxDescriptors = 3

// receive takes one byte and the descriptors that come with it.
func receive(fd int) (what byte, fds []int, err error) {
	var first [1]byte
	control := make([]byte, syscall.CmsgSpace(maxDescriptors*4))
	var n, size int
	for {
		n, size, _, _, err = syscall.Recvmsg(fd, first[:], control, syscall.MSG_CMSG_CLOEXEC)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		return 0, nil, err
	}
	if n != 1 {
		return 0, nil, errNothing
	}
	messages, err := syscall.ParseSocketControlMessage(control[:size])
	if err != nil {
		return 0, nil, err
	}
	for i := range messages {
		some, err := syscall.ParseUnixRights(&messages[i])
		if err != nil {
			closeAll(fds)
			return 0, nil, err
		}
		fds = append(fds, some...)
	}
	return first[0], fds, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		syscall.Close(fd)
	}
}
