package tap

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"pratique/recorder/internal/decode"
)

// A packet socket takes a privilege; a pair of datagram sockets hands over packets just as well.
func TestTap(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pair[1])
	var mu sync.Mutex
	var seen []string
	tap := New(pair[0], func(d decode.Datagram) {
		mu.Lock()
		seen = append(seen, d.To.String()+" "+string(d.Payload))
		mu.Unlock()
	})
	packet := append([]byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 96, 0, 10, 192, 0, 2, 20, 0x9c, 0x40, 0x1f, 0xbd, 0, 0, 0, 0}, "x:1|c"...)
	send := func(b []byte) {
		if err := syscall.Sendmsg(pair[1], b, nil, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	send([]byte("no packet"))
	send(packet)
	tap.Drain()
	if len(seen) != 1 || seen[0] != "192.0.2.20:8125 x:1|c" {
		t.Error(seen)
	}
	go tap.Run()
	send(packet)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		mu.Lock()
		n := len(seen)
		mu.Unlock()
		if n == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it was not awake")
		}
	}
	if tap.Lost() != 0 {
		t.Error("nothing was lost")
	}
}
