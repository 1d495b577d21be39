// Package decode turns bytes from a hostile program's memory, or from the network, into values. Nothing here trusts
// a length it has read.
package decode

import (
	"encoding/binary"
	"net/netip"
)

// Address families (linux/socket.h).
const (
	FamilyUnspec = 0
	FamilyUnix   = 1
	FamilyIPv4   = 2
	FamilyIPv6   = 10
)

// MaxSockaddr is sizeof(struct sockaddr_storage): the kernel takes no more.
const MaxSockaddr = 128

// Sockaddr is an address a program passed. Host and Port are set for the two IP families only.
type Sockaddr struct {
	Family uint16
	Host   netip.Addr
	Port   uint16
}

// IsIP tells whether there is a host and a port.
func (s Sockaddr) IsIP() bool { return s.Host.IsValid() }

// ParseSockaddr decodes struct sockaddr. It refuses what the kernel would refuse as too short. An IPv4 address mapped
// into IPv6 comes out as IPv4: it is the same peer.
func ParseSockaddr(b []byte) (Sockaddr, bool) {
	if len(b) < 2 {
		return Sockaddr{}, false
	}
	s := Sockaddr{Family: binary.LittleEndian.Uint16(b)}
	switch s.Family {
	case FamilyIPv4:
		if len(b) < 16 {
			return Sockaddr{}, false
		}
		s.Port = binary.BigEndian.Uint16(b[2:])
		s.Host = netip.AddrFrom4([4]byte{b[4], b[5], b[6], b[7]})
	case FamilyIPv6:
		if len(b) < 24 { // without the scope id, as the kernel allows
			return Sockaddr{}, false
		}
		s.Port = binary.BigEndian.Uint16(b[2:])
		var a [16]byte
		copy(a[:], b[8:24])
		s.Host = netip.AddrFrom16(a).Unmap()
	}
	return s, true
}
