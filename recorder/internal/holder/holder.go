// Package holder owns the network namespace that the program under test joins. It needs CAP_NET_ADMIN and
// CAP_NET_BIND_SERVICE, so that the program needs nothing.
package holder

import (
	"fmt"
	"net/netip"
	"syscall"

	"pratique/recorder/internal/handover"
)

// State is the line that the holder prints when it is ready.
type State struct {
	Ready  bool   `json:"ready"`
	IPv4   bool   `json:"ipv4"`
	IPv6   bool   `json:"ipv6"` // connections hang; if not, Reason says what they do instead
	Reason string `json:"reason"`
}

// Prepare makes the namespace a black hole with a silent name server and offers the server's sockets.
func Prepare(nameserver netip.Addr) (State, error) {
	if err := blackHoleIPv4(nameserver); err != nil {
		return State{Reason: err.Error()}, err
	}
	state := State{IPv4: true}
	if err := blackHoleIPv6(); err != nil {
		state.Reason = err.Error()
	} else {
		state.IPv6 = true
	}
	if err := offerNameServer(nameserver); err != nil {
		state.Reason = err.Error()
		return state, err
	}
	state.Ready = true
	return state, nil
}

func offerNameServer(nameserver netip.Addr) error {
	udp, err := bind(syscall.SOCK_DGRAM, nameserver)
	if err != nil {
		return fmt.Errorf("udp %s:53 cannot be bound: %w", nameserver, err)
	}
	tcp, err := bind(syscall.SOCK_STREAM, nameserver)
	if err == nil {
		err = syscall.Listen(tcp, 16)
	}
	if err != nil {
		return fmt.Errorf("tcp %s:53 cannot be bound: %w", nameserver, err)
	}
	listener, err := handover.Listen()
	if err != nil {
		return fmt.Errorf("the sockets cannot be offered: %w", err)
	}
	// The holder keeps its copies: if the recorder is killed, the port must not start to refuse.
	go func() { _ = handover.Serve(listener, handover.Sockets{UDP: udp, TCP: tcp}) }()
	return nil
}

func bind(kind int, address netip.Addr) (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, kind|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	return fd, syscall.Bind(fd, &syscall.SockaddrInet4{Port: 53, Addr: address.As4()})
}
