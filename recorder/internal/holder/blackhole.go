package holder

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
)

// raiseLoopback makes the name server's address local.
func raiseLoopback(nameserver netip.Addr) error {
	if err := request(syscall.RTM_NEWLINK, 0, linkMessage(loopbackIndex, syscall.IFF_UP)); err != nil {
		return fmt.Errorf("lo cannot be brought up: %w", err)
	}
	address := nameserver.As4()
	if err := create(syscall.RTM_NEWADDR, addressMessage(syscall.AF_INET, address[:], loopbackIndex)); err != nil {
		return fmt.Errorf("%s cannot be added to lo: %w", nameserver, err)
	}
	return nil
}

// blackHoleIPv4 sends everything to lo, where packets for strangers are dropped: connections hang until they time out,
// datagrams vanish, nothing is ever refused.
func blackHoleIPv4() error {
	if err := create(syscall.RTM_NEWROUTE, defaultRouteMessage(syscall.AF_INET, loopbackIndex)); err != nil {
		return fmt.Errorf("the default route cannot be set: %w", err)
	}
	return nil
}

// A unique local address (RFC 4193) for the source of IPv6 packets.
var sourceIPv6 = netip.MustParseAddr("fd70:7261:7469:7175::1").As16()

const (
	deviceName, deviceIndex = "pratique0", 1001
	peerName, peerIndex     = "pratique1", 1002
)

// blackHoleIPv6 does the same for IPv6. A route through lo will not do: the kernel turns it into a reject route, and a
// connection fails with "network unreachable" when the first packet is sent again, after a second. It takes another
// device, of a kind that the kernel may or may not have.
func blackHoleIPv6() error {
	if err := raiseIPv6(); err != nil {
		return err
	}
	if err := addSilentDevice(); err != nil {
		_ = create(syscall.RTM_NEWROUTE, defaultRouteMessage(syscall.AF_INET6, loopbackIndex))
		return fmt.Errorf("no device swallows packets (%w): IPv6 connections fail after a second", err)
	}
	if err := create(syscall.RTM_NEWROUTE, defaultRouteMessage(syscall.AF_INET6, deviceIndex)); err != nil {
		return fmt.Errorf("the IPv6 default route cannot be set: %w", err)
	}
	return nil
}

// raiseIPv6 gives IPv6 packets an address to come from.
func raiseIPv6() error {
	if setting, err := os.ReadFile("/proc/sys/net/ipv6/conf/lo/disable_ipv6"); err != nil {
		return errors.New("this kernel has no IPv6")
	} else if strings.TrimSpace(string(setting)) != "0" {
		return errors.New("IPv6 is switched off in this network namespace: connections fail at once")
	}
	if err := create(syscall.RTM_NEWADDR, addressMessage(syscall.AF_INET6, sourceIPv6[:], loopbackIndex)); err != nil {
		return fmt.Errorf("no IPv6 address can be added: %w", err)
	}
	return nil
}

// addSilentDevice prefers a dummy. A veth pair with both ends here does as well, if nobody asks for neighbours: what
// comes out at the other end is for nobody.
func addSilentDevice() error {
	const up = syscall.IFF_UP | syscall.IFF_NOARP
	err := create(syscall.RTM_NEWLINK, deviceMessage("dummy", deviceName, deviceIndex, "", 0))
	if err == nil {
		return request(syscall.RTM_NEWLINK, 0, linkMessage(deviceIndex, up))
	}
	if veth := create(syscall.RTM_NEWLINK, deviceMessage("veth", deviceName, deviceIndex, peerName, peerIndex)); veth != nil {
		return fmt.Errorf("dummy: %v, veth: %w", err, veth)
	}
	if err := request(syscall.RTM_NEWLINK, 0, linkMessage(peerIndex, up)); err != nil {
		return err
	}
	return request(syscall.RTM_NEWLINK, 0, linkMessage(deviceIndex, up))
}
