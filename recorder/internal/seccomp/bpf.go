package seccomp

import "pratique/recorder/internal/calls"

// Instruction is struct sock_filter: one step of classic BPF.
type Instruction struct {
	Code   uint16
	Jt, Jf uint8
	K      uint32
}

// The few operations the filter needs (linux/bpf_common.h).
const (
	opLoad      = 0x20 // BPF_LD|BPF_W|BPF_ABS
	opJump      = 0x05 // BPF_JMP|BPF_JA
	opIfEqual   = 0x15 // BPF_JMP|BPF_JEQ|BPF_K
	opIfAtLeast = 0x35 // BPF_JMP|BPF_JGE|BPF_K
	opIfBits    = 0x45 // BPF_JMP|BPF_JSET|BPF_K
	opReturn    = 0x06 // BPF_RET|BPF_K
)

// What the filter answers (linux/seccomp.h).
const (
	retAllow  = 0x7fff0000
	retNotify = 0x7fc00000
)

// Offsets in struct seccomp_data. All our architectures are little-endian.
const (
	offNumber = 0
	offArch   = 4
	offArgs   = 16
)

func argLow(i int) uint32  { return uint32(offArgs + 8*i) }
func argHigh(i int) uint32 { return uint32(offArgs + 8*i + 4) }

// Build makes the filter: what is in the tables is reported, all else is allowed. An unknown architecture is
// reported as well, so that it can at least be counted.
//
// Nothing but the architecture and the number decides about calls that are not listed; the kernel notices that and
// keeps them in a bitmap, so they cost next to nothing.
func Build(abis []calls.ABI) []Instruction {
	var program []Instruction
	for _, abi := range abis {
		block := abiBlock(abi)
		program = append(program,
			Instruction{Code: opLoad, K: offArch},
			Instruction{Code: opIfEqual, Jt: 1, K: abi.AuditArch},
			// A conditional jump reaches 255 instructions, this one any distance.
			Instruction{Code: opJump, K: uint32(len(block))},
		)
		program = append(program, block...)
	}
	return append(program, Instruction{Code: opReturn, K: retNotify})
}

// abiBlock always returns, so nothing runs on past its end.
func abiBlock(abi calls.ABI) []Instruction {
	block := []Instruction{{Code: opLoad, K: offNumber}}
	if abi.HasX32 {
		block = append(block,
			Instruction{Code: opIfAtLeast, Jf: 1, K: calls.X32Bit},
			Instruction{Code: opReturn, K: retNotify})
	}
	for _, e := range abi.Entries {
		action := entryAction(e.Test)
		block = append(block, Instruction{Code: opIfEqual, Jf: uint8(len(action)), K: e.Number})
		block = append(block, action...)
	}
	return append(block, Instruction{Code: opReturn, K: retAllow})
}

func entryAction(test calls.Test) []Instruction {
	switch test.Kind {
	case calls.AnyBit:
		return []Instruction{
			{Code: opLoad, K: argLow(test.Arg)},
			{Code: opIfBits, Jf: 1, K: test.Mask},
			{Code: opReturn, K: retNotify},
			{Code: opReturn, K: retAllow},
		}
	case calls.NonZero:
		return []Instruction{
			{Code: opLoad, K: argLow(test.Arg)},
			{Code: opIfEqual, Jf: 2, K: 0},
			{Code: opLoad, K: argHigh(test.Arg)},
			{Code: opIfEqual, Jt: 1, K: 0},
			{Code: opReturn, K: retNotify},
			{Code: opReturn, K: retAllow},
		}
	}
	return []Instruction{{Code: opReturn, K: retNotify}}
}
