package main

import (
	"fmt"
	"net/netip"

	"pratique/recorder/internal/discover"
	"pratique/recorder/internal/handover"
	"pratique/recorder/internal/names"
	"pratique/recorder/internal/procnet"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tap"
)

// meetHolder gets what only the holder of the network namespace can open. It must be over before the program starts.
func (s *session) meetHolder() {
	go s.tracker.Run(s.saving)
	status := recording.Status{Status: recording.NotObserved, Reason: "no name server was given"}
	if s.options.nameserver.IsValid() {
		offer, opener, err := handover.Collect(holderPatience)
		if err != nil {
			status.Reason = err.Error()
		} else {
			status = recording.Status{Status: recording.Observed}
			s.useOffer(offer, opener)
		}
	}
	s.book.Edit(func(d *recording.Document) { d.Coverage.Names = status })
}

func (s *session) useOffer(offer handover.Offer, opener *handover.Opener) {
	o := s.observer
	search := names.NewSearch(s.options.search)
	o.Nameserver = netip.AddrPortFrom(s.options.nameserver, dnsPort)
	o.Lookups = names.NewLookups(search, s.book, s.tracker)
	server := names.Sink{Lookups: o.Lookups, Owners: o.Owners}
	if opener != nil {
		placeholders := names.NewPlaceholders(offer.IPv6)
		server.Answers = &names.Answers{Search: search, Placeholders: placeholders}
		o.Discover = &discover.Sink{
			Opener: opener, Placeholders: placeholders, Owners: o.Owners, Names: server, Book: s.book,
			Authority: s.publishAuthority(),
		}
		o.Discover.Prepare()
	}
	go server.ServeUDP(offer.UDP)
	go server.ServeTCP(offer.TCP)
	if offer.Tap >= 0 {
		s.tap = tap.New(offer.Tap, o.Datagram)
	}
}

const dnsPort = 53

// publishAuthority lets programs trust us. Without it, what is said inside TLS stays unheard.
func (s *session) publishAuthority() *discover.Authority {
	if s.options.record == "" {
		return nil
	}
	authority, err := discover.NewAuthority()
	if err == nil {
		s.environment, err = authority.Publish(s.options.record, s.environment)
	}
	if err != nil {
		complain(fmt.Errorf("no certificate can be made: %w", err))
		return nil
	}
	return authority
}

// settleNetwork waits for what is on its way.
func (s *session) settleNetwork() {
	if s.tap != nil {
		s.tap.Drain()
	}
	if s.observer.Discover != nil {
		s.observer.Discover.Drain(drainPatience)
	}
}

// admitGaps says what was missed because it came too fast, or because the holder may not see it.
func (s *session) admitGaps() {
	if !s.observer.Nameserver.IsValid() {
		return
	}
	if lost := procnet.Drops(s.observer.Nameserver); lost > 0 {
		s.book.Edit(func(d *recording.Document) {
			d.Coverage.Names = recording.Status{Status: recording.Partial, Reason: fmt.Sprintf("%d queries found no room and were not read", lost)}
		})
	}
	reason := "data written to connected datagram sockets was not seen"
	if s.tap != nil {
		lost := s.tap.Lost()
		if lost == 0 {
			return
		}
		reason = fmt.Sprintf("%d datagrams found no room and were not read", lost)
	}
	s.book.Edit(func(d *recording.Document) {
		network := &d.Coverage.Network
		if network.Status == recording.Observed {
			network.Status = recording.Partial
		}
		if network.Reason != "" {
			network.Reason += "; "
		}
		network.Reason += reason
	})
}
