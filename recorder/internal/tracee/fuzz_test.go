package tracee

import (
	"bytes"
	"encoding/binary"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// The memory of a program under test may hold anything. We are our own target here.

var arena = make([]byte, 3*pageSize) // not on a stack, which may move

func addressOf(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }

func FuzzReadText(f *testing.F) {
	f.Add([]byte("/scratch/a\x00rest"), uint16(0), uint16(4096))
	f.Add(bytes.Repeat([]byte("x"), 5000), uint16(4090), uint16(300))
	f.Add([]byte{}, uint16(4095), uint16(1))
	f.Fuzz(func(t *testing.T, content []byte, offset, limit uint16) {
		start := int(offset) % pageSize
		n := copy(arena[start:], content)
		if start+n < len(arena) {
			arena[start+n] = 0
		}
		into := make([]byte, int(limit)%5000)
		length, ok := ReadText(uint32(os.Getpid()), addressOf(arena[start:]), into)
		want := content[:n]
		if end := bytes.IndexByte(want, 0); end >= 0 {
			want = want[:end]
		}
		fits := len(want) < len(into)
		if fits != ok || fits && length != len(want) || !fits && length != len(into) {
			t.Fatalf("%d %v: %d of %d", length, ok, len(want), len(into))
		}
		if !bytes.Equal(into[:length], want[:length]) {
			t.Fatal("other bytes")
		}
		runtime.KeepAlive(content)
	})
}

func FuzzReadArguments(f *testing.F) {
	f.Add([]byte{}, 8)
	f.Add(bytes.Repeat([]byte{0xff}, 64), 4)
	f.Add(pointerTo(arena), 8)
	f.Fuzz(func(t *testing.T, pointers []byte, size int) {
		if size != 4 {
			size = 8
		}
		array := append(append([]byte{}, pointers...), make([]byte, 8)...)
		line := ReadArguments(uint32(os.Getpid()), addressOf(array), size)
		if len(line) > maxCommandLine {
			t.Fatal(len(line))
		}
		runtime.KeepAlive(array)
	})
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (a) b) Z 7 0 0 0 -1 0 0 0 0 0 150 50 0 0 20 0 3 0 4200 1000 25 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 9"))
	f.Add([]byte("1 ("))
	f.Add([]byte(") 1 ("))
	f.Fuzz(func(t *testing.T, line []byte) {
		s, ok := parseStat(line)
		if ok && (s.CPU < 0 || s.Start < 0 || s.Resident < 0 || s.Threads < 0) {
			t.Fatalf("%+v", s)
		}
		if field(line, "VmHWM:")<<10 < 0 {
			t.Fatal("less than nothing")
		}
		_ = groupLeader(line, 1)
		_ = commandLine(line)
		_ = parseSocketLink(string(line))
	})
}

func TestParseStat(t *testing.T) {
	line := "42 (a) R 1) Z 7 0 0 0 -1 0 0 0 0 0 150 50 0 0 20 0 3 0 4200 1000 25 " + strings.Repeat("0 ", 27) + "9"
	s, ok := parseStat([]byte(line))
	want := Stat{PID: 42, Parent: 7, Zombie: true, CPU: 2 * time.Second, Threads: 3, Start: 42 * time.Second, Resident: 25 * pageSize, Status: 9, Ended: true}
	if !ok || s != want || s.Status.Signal() != 9 {
		t.Errorf("%+v", s)
	}
	if got := field([]byte("Name:\tVmHWM: 1\nVmHWM:\t    1234 kB\n"), "VmHWM:"); got != 1234 {
		t.Error(got)
	}
	me, ok := ReadStat(os.Getpid())
	me.AddPeak()
	if !ok || me.PID != os.Getpid() || me.Parent != os.Getppid() || me.Peak < me.Resident/2 || me.Ended {
		t.Errorf("%+v", me)
	}
}

func pointerTo(b []byte) []byte {
	pointer := make([]byte, 8)
	binary.LittleEndian.PutUint64(pointer, addressOf(b))
	return pointer
}
