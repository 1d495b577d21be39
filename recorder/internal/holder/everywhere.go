package holder

import (
	"fmt"
	"syscall"
)

// Every address becomes this machine's own, so that whoever is asked for can be impersonated. It takes no firewall and no
// other device, and works without root on the host.

func everywhereIPv4() error {
	if err := create(syscall.RTM_NEWROUTE, localRouteMessage(syscall.AF_INET)); err != nil {
		return fmt.Errorf("the addresses cannot be made local: %w", err)
	}
	return nil
}

func everywhereIPv6() error {
	if err := raiseIPv6(); err != nil {
		return err
	}
	if err := create(syscall.RTM_NEWROUTE, localRouteMessage(syscall.AF_INET6)); err != nil {
		return fmt.Errorf("the IPv6 addresses cannot be made local: %w", err)
	}
	return nil
}
