package input

import (
	"os"
	"syscall"
	"testing"
)

func TestNoticesReadsThatFindNothing(t *testing.T) {
	old, err := syscall.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Dup3(int(null.Fd()), 0, 0); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Dup3(old, 0, 0) }()
	w := New()
	if w == nil {
		t.Fatal("this kernel cannot")
	}
	defer syscall.Close(w.FD())
	if w.Read() {
		t.Error("a read before any")
	}
	if n, err := syscall.Read(w.FD(), make([]byte, 10)); n != 0 || err != nil {
		t.Error("it is not empty", n, err)
	}
	if !w.Read() || w.Read() {
		t.Error("one read is not noticed once")
	}
	if _, err := syscall.Write(w.FD(), []byte("x")); err == nil {
		t.Error("it can be written")
	}
	if w.HeldBy(os.Getpid()) {
		t.Error("descriptor 0 is /dev/null")
	}
}

func TestLeavesOtherInputAlone(t *testing.T) {
	var none *Watch
	if none.FD() != 0 || none.Read() || none.HeldBy(os.Getpid()) {
		t.Error("no watch, and yet it sees")
	}
}
