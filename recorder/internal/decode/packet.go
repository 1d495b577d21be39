package decode

import (
	"encoding/binary"
	"net/netip"
)

// Datagram is a UDP packet as it leaves a device.
type Datagram struct {
	From, To netip.AddrPort
	Payload  []byte // perhaps only its beginning
}

const (
	protocolUDP  = 17
	udpHeader    = 8
	ipv6Header   = 40
	fragmentMask = 0x1fff
)

// ParsePacket decodes an IP packet that carries UDP. The later fragments of one are none: they have no ports.
func ParsePacket(b []byte) (Datagram, bool) {
	if len(b) == 0 {
		return Datagram{}, false
	}
	var from, to netip.Addr
	var body []byte
	switch b[0] >> 4 {
	case 4:
		header := int(b[0]&15) * 4
		if header < 20 || len(b) < header || b[9] != protocolUDP || binary.BigEndian.Uint16(b[6:])&fragmentMask != 0 {
			return Datagram{}, false
		}
		from, _ = netip.AddrFromSlice(b[12:16])
		to, _ = netip.AddrFromSlice(b[16:20])
		body = b[header:]
	case 6:
		if len(b) < ipv6Header || b[6] != protocolUDP {
			return Datagram{}, false
		}
		from, _ = netip.AddrFromSlice(b[8:24])
		to, _ = netip.AddrFromSlice(b[24:40])
		body = b[ipv6Header:]
	default:
		return Datagram{}, false
	}
	if len(body) < udpHeader {
		return Datagram{}, false
	}
	return Datagram{
		From:    netip.AddrPortFrom(from, binary.BigEndian.Uint16(body)),
		To:      netip.AddrPortFrom(to, binary.BigEndian.Uint16(body[2:])),
		Payload: body[udpHeader:],
	}, true
}
