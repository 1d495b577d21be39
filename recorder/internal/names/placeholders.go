package names

import (
	"encoding/binary"
	"net/netip"
	"sync"
)

// Placeholders are addresses that stand for names. They are of the ranges for measurements (RFC 2544, RFC 5180), which occur
// nowhere else, so that a later connection to one can be told from one to an address that the program had by itself.
type Placeholders struct {
	ipv6 bool

	mu     sync.Mutex
	byName map[string]uint16
	names  []string
}

const maxPlaceholders = 4096

var (
	firstIPv4 = netip.MustParseAddr("198.18.0.1").As4()
	firstIPv6 = netip.MustParseAddr("2001:2::1").As16()
)

// NewPlaceholders returns an empty one. Without IPv6 there are addresses of IPv4 only.
func NewPlaceholders(ipv6 bool) *Placeholders {
	return &Placeholders{ipv6: ipv6, byName: map[string]uint16{}}
}

// For gives a name its two addresses, the same ones each time. They are not valid if there are none left; the second is not
// without IPv6.
func (p *Placeholders) For(name string) (ipv4, ipv6 netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	index, known := p.byName[name]
	if !known {
		if len(p.names) >= maxPlaceholders {
			return ipv4, ipv6
		}
		index = uint16(len(p.names))
		p.byName[name] = index
		p.names = append(p.names, name)
	}
	low := firstIPv4
	binary.BigEndian.PutUint16(low[2:], binary.BigEndian.Uint16(low[2:])+index)
	ipv4 = netip.AddrFrom4(low)
	if p.ipv6 {
		high := firstIPv6
		binary.BigEndian.PutUint16(high[14:], binary.BigEndian.Uint16(high[14:])+index)
		ipv6 = netip.AddrFrom16(high)
	}
	return ipv4, ipv6
}

// Name tells which name an address stands for.
func (p *Placeholders) Name(address netip.Addr) (string, bool) {
	var index uint16
	switch address = address.Unmap(); {
	case address.Is4():
		raw := address.As4()
		if raw[0] != firstIPv4[0] || raw[1] != firstIPv4[1] {
			return "", false
		}
		index = binary.BigEndian.Uint16(raw[2:]) - binary.BigEndian.Uint16(firstIPv4[2:])
	case address.Is6():
		raw := address.As16()
		if string(raw[:14]) != string(firstIPv6[:14]) {
			return "", false
		}
		index = binary.BigEndian.Uint16(raw[14:]) - binary.BigEndian.Uint16(firstIPv6[14:])
	default:
		return "", false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if int(index) >= len(p.names) {
		return "", false
	}
	return p.names[index], true
}
