package observer

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/names"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/waiting"
)

var (
	program    = recording.Process{PID: 7, Command: "statsd-client"}
	nameserver = netip.MustParseAddrPort("10.96.0.10:53")
	statsd     = netip.MustParseAddrPort("192.0.2.20:8125")
	gone       = netip.MustParseAddrPort("10.96.0.10:1") // no socket of this machine has it
)

func newObserver() *Observer {
	book := recording.NewBook(recording.Document{}, time.Now)
	tracker := waiting.NewTracker(book)
	o := &Observer{Book: book, Tracker: tracker, Owners: names.NewOwners(), Nameserver: nameserver}
	o.Lookups = names.NewLookups(names.NewSearch(nil), book, tracker)
	o.Prepare()
	return o
}

func seen(t *testing.T, o *Observer) (d recording.Document) {
	t.Helper()
	o.Book.Edit(func(*recording.Document) {})
	content, _, err := o.Book.Snapshot()
	if err == nil {
		err = json.Unmarshal(content, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDataOnAConnectedSocketIsAnAttempt(t *testing.T) {
	o := newObserver()
	o.datagrams.connect(42, statsd, program)
	if d := seen(t, o); len(d.Attempts) != 0 {
		t.Error("a connect alone sorts addresses:", d.Attempts)
	}
	for i := 0; i < 3; i++ {
		o.Datagram(decode.Datagram{From: gone, To: statsd, Payload: []byte("a:1|c")})
	}
	d := seen(t, o)
	if len(d.Attempts) != 1 || d.Attempts[0].Count != 1 || d.Attempts[0].Process != program || *d.Attempts[0].Port != 8125 {
		t.Errorf("%+v", d.Attempts)
	}
	if len(d.Contacts) != 1 || d.Contacts[0].Kind != "statsd" || d.Contacts[0].Process != program || d.Contacts[0].Count != 1 {
		t.Errorf("%+v", d.Contacts)
	}
}

func TestDataWithAnAddressWasCountedByItsCall(t *testing.T) {
	o := newObserver()
	o.flows.sends(statsd, program)
	o.Datagram(decode.Datagram{From: gone, To: statsd, Payload: []byte("a:1|c")})
	if d := seen(t, o); len(d.Attempts) != 0 || len(d.Contacts) != 1 || d.Contacts[0].Process != program {
		t.Errorf("%+v %+v", d.Attempts, d.Contacts)
	}
}

func TestQueriesToOtherNameServers(t *testing.T) {
	o := newObserver()
	query := []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x03org\x00\x00\x01\x00\x01")
	o.flows.sends(netip.MustParseAddrPort("8.8.8.8:53"), program)
	o.Datagram(decode.Datagram{From: gone, To: netip.MustParseAddrPort("8.8.8.8:53"), Payload: query})
	o.Datagram(decode.Datagram{From: gone, To: nameserver, Payload: query}) // has a reader of its own
	o.Datagram(decode.Datagram{From: nameserver, To: gone, Payload: query}) // an answer
	d := seen(t, o)
	if len(d.Attempts) != 1 || *d.Attempts[0].Host != "a.org" || d.Attempts[0].Process != program {
		t.Errorf("%+v", d.Attempts)
	}
	if len(d.Contacts) != 1 || d.Contacts[0].Kind != "dns" {
		t.Errorf("%+v", d.Contacts)
	}
}

func TestLocalDatagramsAreNone(t *testing.T) {
	o := newObserver()
	for _, to := range []string{"127.0.0.1:8125", "[::1]:8125", "0.0.0.0:8125"} {
		o.Datagram(decode.Datagram{From: gone, To: netip.MustParseAddrPort(to), Payload: []byte("a:1|c")})
	}
	if d := seen(t, o); len(d.Attempts)+len(d.Contacts) != 0 {
		t.Errorf("%+v %+v", d.Attempts, d.Contacts)
	}
}

func TestDatagramsAreBounded(t *testing.T) {
	o := newObserver()
	for i := 0; i < 3*maxFlows; i++ {
		to := netip.AddrPortFrom(statsd.Addr(), uint16(i+1))
		o.flows.sends(to, program)
		o.flows.isNew(gone, to)
		o.datagrams.connect(uint64(i), to, program)
	}
	if len(o.flows.senders) > maxFlows || len(o.flows.seen) > maxFlows || len(o.datagrams.sockets) > maxConnectedDatagrams {
		t.Error(len(o.flows.senders), len(o.flows.seen), len(o.datagrams.sockets))
	}
}
