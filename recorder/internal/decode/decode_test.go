package decode

import (
	"bytes"
	"strings"
	"testing"
)

func v4(port uint16, a, b, c, d byte) []byte {
	return append([]byte{2, 0, byte(port >> 8), byte(port), a, b, c, d}, make([]byte, 8)...)
}

func v6(port uint16, address [16]byte) []byte {
	return append(append([]byte{10, 0, byte(port >> 8), byte(port), 0, 0, 0, 0}, address[:]...), 0, 0, 0, 0)
}

var mapped = [16]byte{10: 0xff, 11: 0xff, 12: 151, 13: 101, 14: 0, 15: 1}

func TestParseSockaddr(t *testing.T) {
	cases := []struct {
		what string
		in   []byte
		ok   bool
		host string
		port uint16
	}{
		{"IPv4", v4(443, 151, 101, 0, 1), true, "151.101.0.1", 443},
		{"IPv6", v6(53, [16]byte{0: 0x20, 1: 0x01, 15: 1}), true, "2001::1", 53},
		{"IPv4 mapped into IPv6", v6(443, mapped), true, "151.101.0.1", 443},
		{"IPv6 without scope id", v6(53, [16]byte{15: 1})[:24], true, "::1", 53},
		{"unix", append([]byte{1, 0}, "/run/nscd/socket\x00"...), true, "", 0},
		{"unspec", []byte{0, 0}, true, "", 0},
		{"short IPv4", v4(443, 1, 2, 3, 4)[:15], false, "", 0},
		{"short IPv6", v6(443, mapped)[:23], false, "", 0},
		{"one byte", []byte{2}, false, "", 0},
		{"nothing", nil, false, "", 0},
		{"garbage", bytes.Repeat([]byte{0xff}, 128), true, "", 0},
	}
	for _, c := range cases {
		got, ok := ParseSockaddr(c.in)
		host := ""
		if got.IsIP() {
			host = got.Host.String()
		}
		if ok != c.ok || host != c.host || got.Port != c.port {
			t.Errorf("%s: %v %v %v", c.what, got, host, ok)
		}
	}
}

func TestParseMessage(t *testing.T) {
	wide := make([]byte, 64)
	wide[0], wide[8] = 0x42, 16
	if m, ok := ParseMessage(wide, 8); !ok || m.Name != 0x42 || m.NameLen != 16 {
		t.Error(m, ok)
	}
	narrow := make([]byte, 28)
	narrow[0], narrow[4] = 0x42, 16
	if m, ok := ParseMessage(narrow, 4); !ok || m.Name != 0x42 || m.NameLen != 16 {
		t.Error(m, ok)
	}
	if _, ok := ParseMessage(narrow, 8); ok {
		t.Error("a short message was accepted")
	}
	if MMessageSize(8) != 64 || MMessageSize(4) != 32 {
		t.Error("struct mmsghdr has another size")
	}
}

func TestSocketCallArgs(t *testing.T) {
	got := SocketCallArgs([]byte{3, 0, 0, 0, 0x10, 0, 0, 0x80, 16, 0, 0, 0})
	if got != [6]uint64{3, 0x80000010, 16} {
		t.Error(got)
	}
}

func TestParseOpenHow(t *testing.T) {
	if flags, ok := ParseOpenHow(append([]byte{0x41}, make([]byte, 23)...)); !ok || flags != 0x41 {
		t.Error(flags, ok)
	}
	if _, ok := ParseOpenHow(make([]byte, 23)); ok {
		t.Error("too short")
	}
}

func query(name string, kind byte) []byte {
	packet := []byte{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	if name != "" {
		for _, label := range strings.Split(name, ".") {
			packet = append(append(packet, byte(len(label))), label...)
		}
	}
	return append(packet, 0, 0, kind, 0, 1)
}

func TestParseQuestion(t *testing.T) {
	long := strings.TrimSuffix(strings.Repeat(strings.Repeat("a", 63)+".", 4), ".")
	loop := append(query("", 1)[:12], 0xc0, 12, 0, 1, 0, 1)
	response := query("a.b", 1)
	response[2] |= 0x80
	cases := []struct {
		what string
		in   []byte
		name string
		err  error
	}{
		{"plain", query("HuggingFace.co", 28), "huggingface.co", nil},
		{"root", query("", 2), ".", nil},
		{"odd bytes", query("a b\x1b[31m.\xc3\xa9", 1), `a\032b\027[31m.\195\169`, nil},
		{"a dot and a backslash in a label", append(query("", 1)[:12], 3, 'a', '.', '\\', 0, 0, 1, 0, 1), `a\.\\`, nil},
		{"compression loop", loop, "", ErrLabel},
		{"reserved label", append(query("", 1)[:12], 0x80, 0, 0, 1, 0, 1), "", ErrLabel},
		{"too long", query(long, 1), "", ErrTooLong},
		{"response", response, "", ErrNotAQuery},
		{"no question", append([]byte{0, 0, 1, 0, 0, 0}, make([]byte, 6)...), "", ErrNotAQuery},
		{"header only", query("a.b", 1)[:12], "", ErrShortQuery},
		{"label cut", query("abc.def", 1)[:15], "", ErrShortQuery},
		{"type cut", query("abc", 1)[:19], "", ErrShortQuery},
		{"nothing", nil, "", ErrShortQuery},
	}
	for _, c := range cases {
		got, err := ParseQuestion(c.in)
		if got.Name != c.name || err != c.err {
			t.Errorf("%s: %q %v", c.what, got.Name, err)
		}
	}
}

func FuzzParseQuestion(f *testing.F) {
	f.Add(query("huggingface.co", 1))
	f.Add(append(query("", 1)[:12], 0xc0, 12))
	f.Fuzz(func(t *testing.T, packet []byte) {
		q, err := ParseQuestion(packet)
		if err == nil && (q.Name == "" || len(q.Name) > 4*255) {
			t.Errorf("name %q", q.Name)
		}
		for _, c := range q.Name {
			if c <= ' ' || c >= 0x7f {
				t.Errorf("name %q", q.Name)
			}
		}
	})
}

func FuzzStructures(f *testing.F) {
	f.Add(v4(443, 1, 2, 3, 4))
	f.Add(v6(443, mapped))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, ok := ParseSockaddr(b); ok && s.IsIP() && s.Family != FamilyIPv4 && s.Family != FamilyIPv6 {
			t.Error(s)
		}
		ParseMessage(b, 4)
		ParseMessage(b, 8)
		ParseOpenHow(b)
		SocketCallArgs(b)
	})
}
