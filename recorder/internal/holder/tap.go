package holder

import "syscall"

// openTap opens a socket that sees the datagrams that leave any device of the namespace. Its filter comes first, so that it
// never sees anything else.
func openTap() (int, error) {
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err = syscall.AttachLsf(fd, outgoingDatagrams); err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: allProtocols})
	}
	if err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

const (
	allProtocols   = 0x0300 // htons(ETH_P_ALL)
	outgoing       = 4      // PACKET_OUTGOING; what comes in at lo has gone out there before
	packetTypeAt   = 0xfffff000 + 4
	snapLength     = 1024
	loopbackNet    = 127
	classIPv4      = 0x40
	classIPv6      = 0x60
	opLoadWord     = syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS
	opLoadByte     = syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS
	opIfEqual      = syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K
	opMask         = syscall.BPF_ALU | syscall.BPF_AND | syscall.BPF_K
	opReturn       = syscall.BPF_RET | syscall.BPF_K
	ipv4ProtocolAt = 9
	ipv4ToAt       = 16
	ipv6ProtocolAt = 6
	ipv6ToAt       = 24
)

// outgoingDatagrams takes UDP that goes out, but not to 127.0.0.0/8 or ::1: the job's own processes may talk as much as they
// like.
var outgoingDatagrams = []syscall.SockFilter{
	{Code: opLoadWord, K: packetTypeAt},
	{Code: opIfEqual, Jf: 18, K: outgoing},
	{Code: opLoadByte, K: 0},
	{Code: opMask, K: 0xf0},
	{Code: opIfEqual, Jf: 4, K: classIPv4},
	{Code: opLoadByte, K: ipv4ProtocolAt},
	{Code: opIfEqual, Jf: 13, K: syscall.IPPROTO_UDP},
	{Code: opLoadByte, K: ipv4ToAt},
	{Code: opIfEqual, Jt: 11, Jf: 12, K: loopbackNet},
	{Code: opIfEqual, Jf: 10, K: classIPv6},
	{Code: opLoadByte, K: ipv6ProtocolAt},
	{Code: opIfEqual, Jf: 8, K: syscall.IPPROTO_UDP},
	{Code: opLoadWord, K: ipv6ToAt},
	{Code: opIfEqual, Jf: 7, K: 0},
	{Code: opLoadWord, K: ipv6ToAt + 4},
	{Code: opIfEqual, Jf: 5, K: 0},
	{Code: opLoadWord, K: ipv6ToAt + 8},
	{Code: opIfEqual, Jf: 3, K: 0},
	{Code: opLoadWord, K: ipv6ToAt + 12},
	{Code: opIfEqual, Jf: 1, K: 1},
	{Code: opReturn, K: 0},
	{Code: opReturn, K: snapLength},
}
