package decode

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
)

func ednsQuery(name string, kind uint16) []byte {
	b := []byte{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1}
	for _, label := range bytes.Split([]byte(name), []byte{'.'}) {
		b = append(append(b, byte(len(label))), label...)
	}
	b = append(b, 0, byte(kind>>8), byte(kind), 0, 1)
	return append(b, 0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0) // EDNS, as glibc and Go add it
}

var four, six = netip.MustParseAddr("198.18.0.7"), netip.MustParseAddr("2001:2::7")

func TestAnswer(t *testing.T) {
	for _, c := range []struct {
		what    string
		kind    uint16
		outcome Outcome
		address netip.Addr
		answers uint16
	}{
		{"A", TypeA, NameExists, four, 1},
		{"AAAA", TypeAAAA, NameExists, six, 1},
		{"AAAA without IPv6", TypeAAAA, NameExists, netip.Addr{}, 0},
		{"the wrong family", TypeA, NameExists, six, 0},
		{"another type", 65, NameExists, netip.Addr{}, 0},
		{"no such name", TypeA, NoSuchName, netip.Addr{}, 0},
	} {
		asked := ednsQuery("HuggingFace.co", c.kind)
		got, err := Answer(asked, c.outcome, c.address)
		if err != nil {
			t.Fatal(c.what, err)
		}
		if !bytes.Equal(got[:2], asked[:2]) || got[2]&0x81 != 0x81 || Outcome(got[3]&15) != c.outcome {
			t.Errorf("%s: the header is % x", c.what, got[:12])
		}
		if counts := got[4:12]; !bytes.Equal(counts, []byte{0, 1, 0, byte(c.answers), 0, 0, 0, 0}) {
			t.Errorf("%s: the counts are % x", c.what, counts)
		}
		question := asked[12 : len(asked)-11]
		if !bytes.HasPrefix(got[12:], question) {
			t.Errorf("%s: the question was changed", c.what)
		}
		rest := got[12+len(question):]
		if c.answers == 0 {
			if len(rest) != 0 {
				t.Errorf("%s: % x", c.what, rest)
			}
			continue
		}
		raw := c.address.AsSlice()
		if binary.BigEndian.Uint16(rest) != 0xc00c || binary.BigEndian.Uint16(rest[2:]) != c.kind || !bytes.Equal(rest[12:], raw) || int(rest[11]) != len(raw) {
			t.Errorf("%s: % x", c.what, rest)
		}
	}
	if _, err := Answer([]byte{1, 2, 3}, NameExists, four); err == nil {
		t.Error("an answer to nothing")
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(ednsQuery("a.b", TypeA))
	f.Fuzz(func(t *testing.T, packet []byte) {
		question, err := ParseQuestion(packet)
		answer, failed := Answer(packet, NameExists, four)
		if (err == nil) != (failed == nil) {
			t.Fatal(err, failed)
		}
		if failed != nil {
			return
		}
		answer[2] &^= 0x80 // as if it were a query
		if again, err := ParseQuestion(answer); err != nil || again != question {
			t.Errorf("%+v became %+v, %v", question, again, err)
		}
	})
}
