package tracee

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// What is read by address must not be on a stack, which may move.
var (
	text = []byte(strings.Repeat("x", 5000) + "\x00tail")
	one  = []byte("python3\x00")
	two  = []byte("train.py\x00")
	argv = []uintptr{uintptr(unsafe.Pointer(&one[0])), uintptr(unsafe.Pointer(&two[0])), 0}
)

func TestReadOwnMemory(t *testing.T) {
	address := uint64(uintptr(unsafe.Pointer(&text[0])))
	me := uint32(os.Getpid())
	if got, err := ReadString(me, address, make([]byte, 8192)); err != nil || len(got) != 5000 {
		t.Error(len(got), err)
	}
	if got, err := ReadString(me, address, make([]byte, 100)); err != nil || len(got) != 100 {
		t.Error("unbounded: ", len(got), err)
	}
	if _, err := ReadString(me, 8, make([]byte, 100)); err != ErrUnreadable {
		t.Error(err)
	}
	if err := Read(0, address, make([]byte, 1)); err != ErrUnreadable {
		t.Error("thread 0 would be this thread")
	}
}

func TestReadArguments(t *testing.T) {
	got := ReadArguments(uint32(os.Getpid()), uint64(uintptr(unsafe.Pointer(&argv[0]))), 8)
	if got != "python3 train.py" {
		t.Errorf("%q", got)
	}
}

func TestCommandLine(t *testing.T) {
	if got := commandLine([]byte("python3\x00-c\x00print(1)\x00")); got != "python3 -c print(1)" {
		t.Errorf("%q", got)
	}
	if got := commandLine([]byte(strings.Repeat("a", 5000))); len(got) != maxCommandLine {
		t.Error(len(got))
	}
}

func TestGroupLeader(t *testing.T) {
	if got := groupLeader([]byte("Name:\tx\nUmask:\t0022\nState:\tS\nTgid:\t42\nNgid:\t0\n"), 7); got != 42 {
		t.Error(got)
	}
	for _, status := range []string{"", "Name:\tTgid: 9\n", "Name:\tx\nTgid:\tmany\n"} {
		if got := groupLeader([]byte(status), 7); got != 7 {
			t.Errorf("%q: %d", status, got)
		}
	}
}

func TestParseSocketLink(t *testing.T) {
	for link, want := range map[string]uint64{
		"socket:[12345]": 12345, "socket:[]": 0, "socket:[-1]": 0, "pipe:[12]": 0, "/tmp/socket:[1]": 0, "socket:[1": 0,
	} {
		if got := parseSocketLink(link); got != want {
			t.Errorf("%q: %d", link, got)
		}
	}
}

func TestDirectoryForgets(t *testing.T) {
	d := NewDirectory()
	me := uint32(os.Getpid())
	if p := d.Of(me); p.PID != os.Getpid() || p.Command == "" || p.Executable == "" {
		t.Errorf("%+v", p)
	}
	d.Forget(os.Getpid())
	if len(d.entries) != 0 {
		t.Error("not forgotten")
	}
}

func TestLeader(t *testing.T) {
	runtime.LockOSThread() // a thread of our own, which another goroutine may not have
	defer runtime.UnlockOSThread()
	other := make(chan int)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		other <- syscall.Gettid()
	}()
	for _, tid := range []int{os.Getpid(), syscall.Gettid(), <-other} {
		if got := Leader(uint32(tid)); got != os.Getpid() {
			t.Errorf("%d belongs to %d", tid, got)
		}
	}
	if got := Leader(1 << 30); got != 1<<30 {
		t.Error("somebody has what nobody has: ", got)
	}
}

func TestArgumentsAcrossPages(t *testing.T) {
	for offset := pageSize - 40; offset <= pageSize; offset++ {
		array := arena[offset:]
		for i, word := range [][]byte{one, two, one, two, one} {
			copy(array[8*i:], pointerTo(word))
		}
		copy(array[40:], make([]byte, 8))
		if got := ReadArguments(uint32(os.Getpid()), addressOf(array), 8); got != "python3 train.py python3 train.py python3" {
			t.Errorf("%d: %q", offset, got)
		}
	}
}
