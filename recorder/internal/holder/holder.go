// Package holder prepares the network namespace that the program under test joins. It needs CAP_NET_ADMIN,
// CAP_NET_BIND_SERVICE and CAP_NET_RAW, so that the program needs nothing.
package holder

import (
	"fmt"
	"net/netip"

	"pratique/recorder/internal/handover"
)

// State is the line that the holder prints when it is ready.
type State struct {
	Ready  bool   `json:"ready"`
	IPv4   bool   `json:"ipv4"`
	IPv6   bool   `json:"ipv6"` // connections hang, or are answered; if not, Reason says what they do instead
	Reason string `json:"reason"`
}

// Mode is what becomes of traffic for other machines.
type Mode uint8

const (
	BlackHole Mode = iota // nobody answers
	Discover              // the recorder does, whoever is asked for
)

// Prepare sets the routes up and offers the sockets that only we may open.
func Prepare(nameserver netip.Addr, mode Mode) (State, error) {
	ipv4, ipv6 := blackHoleIPv4, blackHoleIPv6
	if mode == Discover {
		ipv4, ipv6 = everywhereIPv4, everywhereIPv6
	}
	err := raiseLoopback(nameserver)
	if err == nil {
		err = ipv4()
	}
	if err != nil {
		return State{Reason: err.Error()}, err
	}
	state := State{IPv4: true}
	if err := ipv6(); err != nil {
		state.Reason = err.Error()
	} else {
		state.IPv6 = true
	}
	if err := offer(nameserver, handover.Offer{Discover: mode == Discover, IPv6: state.IPv6}); err != nil {
		state.Reason = err.Error()
		return state, err
	}
	state.Ready = true
	return state, nil
}

func offer(nameserver netip.Addr, offer handover.Offer) error {
	server := netip.AddrPortFrom(nameserver, 53)
	var err error
	if offer.UDP, err = handover.Open(handover.Datagrams, server); err != nil {
		return fmt.Errorf("udp %s cannot be bound: %w", server, err)
	}
	if offer.TCP, err = handover.Open(handover.Connections, server); err != nil {
		return fmt.Errorf("tcp %s cannot be bound: %w", server, err)
	}
	if offer.Tap, err = openTap(); err != nil {
		offer.Tap = -1 // the recorder says what it cannot see without
	}
	listener, err := handover.Listen()
	if err != nil {
		return fmt.Errorf("the sockets cannot be offered: %w", err)
	}
	// The holder keeps its copies: if the recorder is killed, the port must not start to refuse.
	go func() { _ = handover.Serve(listener, offer) }()
	return nil
}
