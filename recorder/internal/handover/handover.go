// Package handover passes the name server's sockets from the holder of the network namespace, which may bind port 53,
// to the recorder, which may not. They meet on an abstract unix socket: its name is scoped to the network namespace, so
// no folder needs to be shared.
package handover

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

const meetingPoint = "@pratique-recorder"

// Sockets are the two descriptors that receive queries.
type Sockets struct{ UDP, TCP int }

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

// Serve gives the sockets to the first client. That is the recorder, which comes before the program is started;
// nobody else gets them.
func Serve(listener int, sockets Sockets) error {
	defer syscall.Close(listener)
	client, _, err := syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
	for err == syscall.EINTR {
		client, _, err = syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
	}
	if err != nil {
		return err
	}
	defer syscall.Close(client)
	rights := syscall.UnixRights(sockets.UDP, sockets.TCP)
	return syscall.Sendmsg(client, []byte{0}, rights, nil, 0)
}

// Collect asks for the sockets until patience runs out.
func Collect(patience time.Duration) (Sockets, error) {
	deadline := time.Now().Add(patience)
	for {
		sockets, err := collectOnce(patience)
		if err == nil || time.Now().After(deadline) {
			return sockets, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func collectOnce(patience time.Duration) (Sockets, error) {
	none := Sockets{-1, -1}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return none, err
	}
	defer syscall.Close(fd)
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: meetingPoint}); err != nil {
		return none, fmt.Errorf("no holder answers: %w", err)
	}
	limit := syscall.NsecToTimeval(patience.Nanoseconds())
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
	control := make([]byte, syscall.CmsgSpace(2*4))
	_, n, _, _, err := syscall.Recvmsg(fd, make([]byte, 1), control, syscall.MSG_CMSG_CLOEXEC)
	if err != nil {
		return none, err
	}
	messages, err := syscall.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) != 1 {
		return none, errors.New("the holder sent no sockets")
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 2 {
		return none, errors.New("the holder sent no sockets")
	}
	return Sockets{UDP: fds[0], TCP: fds[1]}, nil
}
