package procnet

import (
	"strings"
	"testing"
)

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0A00600A:8235 01006597:01BB 02 00000001:00000000 01:00000050 00000000 1998602116        0 51234 2 0000000000000000 100 0 0 10 -1
   1: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1
   2: 0000000000000000FFFF00000A00600A:1F90 B80D0120000000000000000001000000:0050 01 00000000:00000000 00:00000000 00000000     0        0 78 1
   3: rubbish
`

func TestEach(t *testing.T) {
	var got []Socket
	Each(strings.NewReader(table), func(s Socket) bool { got = append(got, s); return true })
	if len(got) != 3 {
		t.Fatalf("%d sockets", len(got))
	}
	first := got[0]
	if first.Local.String() != "10.96.0.10:33333" || first.Remote.String() != "151.101.0.1:443" ||
		first.State != SynSent || first.Inode != 51234 {
		t.Errorf("%+v", first)
	}
	if got[1].Local.String() != "[::1]:22" {
		t.Error(got[1].Local)
	}
	if got[2].Local.String() != "10.96.0.10:8080" || got[2].Remote.String() != "[2001:db8::1]:80" {
		t.Errorf("%+v", got[2])
	}
}

func TestEachStops(t *testing.T) {
	n := 0
	Each(strings.NewReader(table), func(Socket) bool { n++; return false })
	if n != 1 {
		t.Error(n)
	}
}

func FuzzParseLine(f *testing.F) {
	for _, line := range strings.Split(table, "\n") {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) { _, _ = ParseLine(line) })
}

func TestDropsAreTheLastColumn(t *testing.T) {
	const line = " 4413: 0A00600A:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 91 2 0000000000000000 234"
	if s, err := ParseLine(line); err != nil || s.Drops != 234 || s.Local.String() != "10.96.0.10:53" {
		t.Errorf("%+v %v", s, err)
	}
}
