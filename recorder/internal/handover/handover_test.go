package handover

import (
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestRequestsComeOutAsTheyWentIn(t *testing.T) {
	for _, at := range []string{"198.18.0.7:443", "[2001:2::7]:53", "[::1]:65535", "0.0.0.0:0"} {
		want := netip.MustParseAddrPort(at)
		kind, got := decodeRequest(encodeRequest(Datagrams, want))
		if kind != Datagrams || got != want {
			t.Errorf("%s: %c %s", at, kind, got)
		}
	}
}

// collect meets a holder as the recorder does.
func collect(t *testing.T, offer Offer) (Offer, *Opener) {
	t.Helper()
	listener, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = Serve(listener, offer) }()
	got, opener, err := Collect(time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closeAll([]int{got.UDP, got.TCP})
		if opener != nil {
			syscall.Close(opener.fd)
		}
	})
	return got, opener
}

func localhost(t *testing.T, kind Kind) int {
	t.Helper()
	fd, err := Open(kind, netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	return fd
}

func portOf(t *testing.T, fd int) int {
	t.Helper()
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return name.(*syscall.SockaddrInet4).Port
}

func TestHandover(t *testing.T) {
	udp, tcp, tap := localhost(t, Datagrams), localhost(t, Connections), localhost(t, Datagrams)
	got, opener := collect(t, Offer{UDP: udp, TCP: tcp, Tap: tap})
	defer syscall.Close(got.Tap)
	if portOf(t, got.UDP) != portOf(t, udp) || portOf(t, got.TCP) != portOf(t, tcp) || portOf(t, got.Tap) != portOf(t, tap) {
		t.Error("the sockets were mixed up")
	}
	if got.Discover || got.IPv6 || opener != nil {
		t.Error("a black hole answers nobody:", got)
	}
}

func TestMoreSocketsInDiscover(t *testing.T) {
	got, opener := collect(t, Offer{UDP: localhost(t, Datagrams), TCP: localhost(t, Connections), Tap: -1, Discover: true, IPv6: true})
	if !got.Discover || !got.IPv6 || got.Tap != -1 || opener == nil {
		t.Fatal(got, opener)
	}
	fd, err := opener.Open(Connections, netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	taken := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(portOf(t, fd)))
	if _, err := opener.Open(Connections, taken); err != syscall.EADDRINUSE {
		t.Error("a port that is taken:", err)
	}
	again, err := opener.Open(Datagrams, taken)
	if err != nil {
		t.Fatal("after a refusal:", err)
	}
	syscall.Close(again)
}

func TestNobodyElseGetsAnything(t *testing.T) {
	_, _ = collect(t, Offer{UDP: localhost(t, Datagrams), TCP: localhost(t, Connections), Tap: -1})
	if _, _, err := Collect(0); err == nil {
		t.Error("a second client was served")
	}
}

func TestDescriptorsAreNotLost(t *testing.T) {
	before := descriptors(t)
	for i := 0; i < 20; i++ {
		if _, _, err := collectOnce(0); err == nil {
			t.Fatal("nobody is there")
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
