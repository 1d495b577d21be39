package observer

import (
	"net/netip"
	"syscall"
)

// localAddresses lists the namespace's own addresses: talking to oneself is no network attempt. The name server's
// address is local only because a silent stand-in listens there.
func localAddresses(nameserver netip.Addr) map[netip.Addr]bool {
	local := map[netip.Addr]bool{}
	table, err := syscall.NetlinkRIB(syscall.RTM_GETADDR, syscall.AF_UNSPEC)
	if err != nil {
		return local
	}
	messages, err := syscall.ParseNetlinkMessage(table)
	if err != nil {
		return local
	}
	for _, message := range messages {
		if message.Header.Type != syscall.RTM_NEWADDR {
			continue
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(&message)
		if err != nil {
			continue
		}
		for _, a := range attributes {
			if a.Attr.Type != syscall.IFA_ADDRESS && a.Attr.Type != syscall.IFA_LOCAL {
				continue
			}
			if address, ok := netip.AddrFromSlice(a.Value); ok && address != nameserver {
				local[address] = true
			}
		}
	}
	return local
}
