// Package procnet reads the kernel's socket tables in /proc/net.
package procnet

import (
	"bufio"
	"encoding/hex"
	"errors"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// TCP states (net/tcp_states.h) that matter here.
const (
	Established = 0x01
	SynSent     = 0x02
)

// Socket is one line of a table.
type Socket struct {
	Local, Remote netip.AddrPort
	State         uint8
	Inode         uint64
	Drops         uint64 // datagrams that found no room; UDP only
}

// A table may hold as many sockets as the program cares to open. Reading stops here.
const maxLines = 20000

// The columns of a UDP table, the last of which counts drops.
const udpFields = 13

var errLine = errors.New("procnet: not a socket")

// ParseLine decodes a line of /proc/net/{tcp,tcp6,udp,udp6}.
func ParseLine(line string) (Socket, error) {
	fields := strings.Fields(line)
	if len(fields) < 10 {
		return Socket{}, errLine
	}
	local, err := parseEndpoint(fields[1])
	if err != nil {
		return Socket{}, err
	}
	remote, err := parseEndpoint(fields[2])
	if err != nil {
		return Socket{}, err
	}
	state, err := strconv.ParseUint(fields[3], 16, 8)
	if err != nil {
		return Socket{}, errLine
	}
	inode, err := strconv.ParseUint(fields[9], 10, 64)
	if err != nil {
		return Socket{}, errLine
	}
	socket := Socket{Local: local, Remote: remote, State: uint8(state), Inode: inode}
	if len(fields) == udpFields {
		socket.Drops, _ = strconv.ParseUint(fields[udpFields-1], 10, 64)
	}
	return socket, nil
}

// parseEndpoint reads "0A00600A:0035": 32-bit words in the machine's byte order (little-endian for us), then the port.
func parseEndpoint(s string) (netip.AddrPort, error) {
	host, port, found := strings.Cut(s, ":")
	if !found {
		return netip.AddrPort{}, errLine
	}
	raw, err := hex.DecodeString(host)
	if err != nil || len(raw) != 4 && len(raw) != 16 {
		return netip.AddrPort{}, errLine
	}
	for i := 0; i < len(raw); i += 4 {
		raw[i], raw[i+1], raw[i+2], raw[i+3] = raw[i+3], raw[i+2], raw[i+1], raw[i]
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, errLine
	}
	address, _ := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(address.Unmap(), uint16(number)), nil
}

// Each calls visit for every socket of a table until it returns false. Lines that cannot be read are skipped: the
// header is one.
func Each(table io.Reader, visit func(Socket) bool) {
	lines := bufio.NewScanner(table)
	for n := 0; n < maxLines && lines.Scan(); n++ {
		socket, err := ParseLine(lines.Text())
		if err == nil && !visit(socket) {
			return
		}
	}
}

// Protocol is a table family: the IPv4 and the IPv6 table of a protocol.
type Protocol string

const (
	TCP Protocol = "tcp"
	UDP Protocol = "udp"
)

// EachSocket reads both tables of a protocol in this network namespace. Without IPv6 there is only one.
func EachSocket(protocol Protocol, visit func(Socket) bool) {
	for _, suffix := range []string{"", "6"} {
		file, err := os.Open("/proc/self/net/" + string(protocol) + suffix)
		if err != nil {
			continue
		}
		more := true
		Each(file, func(s Socket) bool { more = visit(s); return more })
		file.Close()
		if !more {
			return
		}
	}
}

// InodeByLocal finds the socket that sends from an address. A socket not bound to an address matches by its port. It looks
// twice: while others close, the kernel may leave one out.
func InodeByLocal(protocol Protocol, local netip.AddrPort) (inode uint64, found bool) {
	if inode, found = inodeByLocal(protocol, local); !found {
		inode, found = inodeByLocal(protocol, local)
	}
	return inode, found
}

func inodeByLocal(protocol Protocol, local netip.AddrPort) (inode uint64, found bool) {
	EachSocket(protocol, func(s Socket) bool {
		if s.Local.Port() == local.Port() && s.Inode != 0 &&
			(s.Local.Addr() == local.Addr() || s.Local.Addr().IsUnspecified()) {
			inode, found = s.Inode, true
		}
		return !found
	})
	return inode, found
}

// Drops tells how many datagrams a local UDP address had no room for.
func Drops(local netip.AddrPort) (drops uint64) {
	EachSocket(UDP, func(s Socket) bool {
		if s.Local == local {
			drops += s.Drops
		}
		return true
	})
	return drops
}
