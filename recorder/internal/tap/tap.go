// Package tap watches the datagrams that leave the network namespace. It sees what no system call with an address tells of: data
// written to a connected socket.
package tap

import (
	"os"
	"sync"
	"syscall"
	"unsafe"

	"pratique/recorder/internal/decode"
)

const snapLength = 1024 // the holder's filter cuts here

// Tap reads a packet socket whose filter lets datagrams through only.
type Tap struct {
	file   *os.File
	handle func(decode.Datagram)
	mu     sync.Mutex // held from taking a packet until it is dealt with
	buffer [snapLength]byte
}

// New takes the socket over.
func New(fd int, handle func(decode.Datagram)) *Tap {
	_ = syscall.SetNonblock(fd, true) // it is a socket, so it can
	t := &Tap{file: os.NewFile(uintptr(fd), "tap"), handle: handle}
	t.Lost() // what went before is none of ours
	return t
}

// Run handles packets until the process ends.
func (t *Tap) Run() {
	raw, err := t.file.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Read(func(fd uintptr) bool {
		t.drain(int(fd))
		return false
	})
}

// Drain handles what is there already.
func (t *Tap) Drain() {
	if raw, err := t.file.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { t.drain(int(fd)) })
	}
}

func (t *Tap) drain(fd int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		n, _, err := syscall.Recvfrom(fd, t.buffer[:], syscall.MSG_DONTWAIT)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return
		}
		if datagram, ok := decode.ParsePacket(t.buffer[:n]); ok {
			t.handle(datagram)
		}
	}
}

const (
	solPacket        = 263
	packetStatistics = 6
)

// Lost tells how many datagrams found no room since it was last asked.
func (t *Tap) Lost() (lost uint32) {
	raw, err := t.file.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		var statistics struct{ packets, drops uint32 }
		size := uint32(unsafe.Sizeof(statistics))
		_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, solPacket, packetStatistics,
			uintptr(unsafe.Pointer(&statistics)), uintptr(unsafe.Pointer(&size)), 0)
		if errno == 0 {
			lost = statistics.drops
		}
	})
	return lost
}
