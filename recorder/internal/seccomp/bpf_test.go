package seccomp

import (
	"encoding/binary"
	"fmt"
	"testing"

	"pratique/recorder/internal/calls"
)

// interpret runs a filter as the kernel would, on struct seccomp_data.
func interpret(t *testing.T, program []Instruction, arch, number uint32, args [6]uint64) uint32 {
	t.Helper()
	data := make([]byte, 64)
	binary.LittleEndian.PutUint32(data[0:], number)
	binary.LittleEndian.PutUint32(data[4:], arch)
	for i, a := range args {
		binary.LittleEndian.PutUint64(data[16+8*i:], a)
	}
	var accumulator uint32
	for pc := 0; pc < len(program); pc++ {
		i := program[pc]
		jump := func(condition bool) {
			if condition {
				pc += int(i.Jt)
			} else {
				pc += int(i.Jf)
			}
		}
		switch i.Code {
		case opLoad:
			accumulator = binary.LittleEndian.Uint32(data[i.K:])
		case opJump:
			pc += int(i.K)
		case opIfEqual:
			jump(accumulator == i.K)
		case opIfAtLeast:
			jump(accumulator >= i.K)
		case opIfBits:
			jump(accumulator&i.K != 0)
		case opReturn:
			return i.K
		default:
			t.Fatalf("unknown instruction %#x", i.Code)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

func TestFilterReportsWhatTheTablesSay(t *testing.T) {
	for _, goarch := range []string{"amd64", "arm64"} {
		abis := calls.For(goarch)
		program := Build(abis)
		if len(program) > 4096 {
			t.Fatalf("%d instructions: the kernel takes 4096", len(program))
		}
		for _, abi := range abis {
			for number := uint32(0); number < 600; number++ {
				listed := abi.Lookup(number) != calls.None
				var on [6]uint64
				for i := range on {
					on[i] = ^uint64(0)
				}
				if got := interpret(t, program, abi.AuditArch, number, on) == retNotify; got != listed {
					t.Errorf("%s %d: reported %v, listed %v", abi.Name, number, got, listed)
				}
			}
		}
	}
}

func TestFilterTests(t *testing.T) {
	abis := calls.For("amd64")
	program := Build(abis)
	const amd64 = 0xC000003E
	open := func(flags uint64) [6]uint64 { return [6]uint64{0, 0, flags} }
	send := func(address uint64) [6]uint64 { return [6]uint64{0, 0, 0, 0, address} }
	cases := []struct {
		what   string
		arch   uint32
		number uint32
		args   [6]uint64
		want   uint32
	}{
		{"openat for reading", amd64, 257, open(0o2000000), retAllow},
		{"openat O_PATH", amd64, 257, open(0o10000000), retAllow},
		{"openat for writing", amd64, 257, open(0o1), retNotify},
		{"openat for both", amd64, 257, open(0o2), retNotify},
		{"openat O_CREAT", amd64, 257, open(0o100), retNotify},
		{"openat O_TRUNC", amd64, 257, open(0o1000), retNotify},
		{"openat with rubbish above 32 bits", amd64, 257, open(1 << 33), retAllow},
		{"sendto without address", amd64, 44, send(0), retAllow},
		{"sendto with address", amd64, 44, send(0x7ffd00001000), retNotify},
		{"sendto with a page-aligned high address", amd64, 44, send(0x700000000), retNotify},
		{"read", amd64, 0, open(0), retAllow},
		{"x32 read", amd64, calls.X32Bit, open(0), retNotify},
		{"a number of -1", amd64, 0xffffffff, open(0), retNotify},
		{"i386 open for writing", 0x40000003, 5, [6]uint64{0, 1}, retNotify},
		{"i386 open for reading", 0x40000003, 5, [6]uint64{0, 0}, retAllow},
		{"unknown architecture", 0x12345678, 0, open(0), retNotify},
	}
	for _, c := range cases {
		if got := interpret(t, program, c.arch, c.number, c.args); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.what, got, c.want)
		}
	}
}

func TestTablesListNoNumberTwice(t *testing.T) {
	for _, goarch := range []string{"amd64", "arm64"} {
		for _, abi := range calls.For(goarch) {
			seen := map[uint32]bool{}
			for _, e := range abi.Entries {
				if seen[e.Number] {
					t.Error(fmt.Sprint(abi.Name, " lists ", e.Number, " twice"))
				}
				seen[e.Number] = true
			}
		}
	}
}
