package decode

import (
	"bytes"
	"strings"
	"testing"
)

func TestStreamKind(t *testing.T) {
	query := append([]byte{0, 33}, append([]byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"), "\x07example\x03org\x00\x00\x01\x00\x01\x00\x00\x00\x00"...)...)
	query[1] = byte(len(query) - 2)
	for in, want := range map[string]string{
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                                 KindHTTP2,
		"SSH-2.0-OpenSSH_9.2p1\r\n":                                        "ssh",
		"EHLO [10.0.0.1]\r\n":                                              "smtp",
		"*1\r\n$4\r\nPING\r\n":                                             "redis",
		"\x00\x00\x00\x08\x04\xd2\x16\x2f":                                 "postgres",
		"\x00\x00\x00\x20\x00\x03\x00\x00user\x00":                         "postgres",
		"\x3a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00": "mongodb",
		"003agit-upload-pack /x.git\x00host=h\x00":                         "git",
		"\x10\x1a\x00\x04MQTT\x04":                                         "mqtt",
		"AMQP\x00\x00\x09\x01":                                             "amqp",
		"\x30\x0c\x02\x01\x01\x60\x07":                                     "ldap",
		"\x00\x3a\x00\x00\x01\x00\x00\x00\x01\x36\x01\x2c":                 "oracle",
		"\x12\x01\x00\x2f\x00\x00\x00\x00":                                 "sqlserver",
		"\x05\x01\x00":                                                     "socks",
		"@RSYNCD: 31.0\n":                                                  "rsync",
		string(query):                                                      KindDNS,
		"hello, is anybody there, who knows my protocol":                   KindOther,
		"\xff\xff\xff\xff":                                                 KindOther,
	} {
		if got, err := StreamKind([]byte(in)); err != nil || got != want {
			t.Errorf("%q: %s %v", in, got, err)
		}
	}
	for _, in := range []string{"", "S", "SSH", "PRI * ", "*1\r", "00", "003agit", "\x00\x00\x00\x08"} {
		if got, err := StreamKind([]byte(in)); err != ErrMore {
			t.Errorf("%q: %s %v", in, got, err)
		}
	}
}

func TestDatagramKind(t *testing.T) {
	initial := append([]byte{0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0}, make([]byte, 1200)...)
	for _, c := range []struct {
		payload []byte
		port    uint16
		want    string
	}{
		{initial, 443, "quic"},
		{append([]byte{0xd3, 0x6b, 0x33, 0x43, 0xcf, 8}, make([]byte, 1200)...), 443, "quic"},
		{append([]byte{0xe3}, initial[1:]...), 443, KindOther}, // a handshake packet
		{append([]byte{0x23}, make([]byte, 47)...), 123, "ntp"},
		{append([]byte{0x24}, make([]byte, 47)...), 123, KindOther}, // a server's
		{[]byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01"), 53, KindDNS},
		{[]byte("<13>Jan 1 x"), 514, "syslog"},
		{[]byte("jobs.done:1|c"), 8125, "statsd"},
		{nil, 53, KindOther},
		{[]byte("x"), 443, KindOther},
	} {
		if got := DatagramKind(c.payload, c.port); got != c.want {
			t.Errorf("%.20q to %d: %s, not %s", c.payload, c.port, got, c.want)
		}
	}
}

func TestSilentKind(t *testing.T) {
	if SilentKind(3306) != "mysql" || SilentKind(12345) != KindSilent {
		t.Error("ports are mixed up")
	}
}

func FuzzKinds(f *testing.F) {
	f.Add([]byte("SSH-2.0"), uint16(22))
	f.Add([]byte("\x00\x00\x00\x08\x04\xd2\x16\x2f"), uint16(5432))
	f.Fuzz(func(t *testing.T, b []byte, port uint16) {
		kind, err := StreamKind(b)
		if err == nil && kind == "" || err != nil && len(b) >= EnoughForKind {
			t.Errorf("%q: %q %v", b, kind, err)
		}
		if DatagramKind(b, port) == "" {
			t.Errorf("%q has no kind", b)
		}
	})
}

func packet4(payload string, to ...byte) []byte {
	b := append([]byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 96, 0, 10}, to...)
	return append(append(b, 0x9c, 0x40, 0x1f, 0xbd, 0, byte(8+len(payload)), 0, 0), payload...)
}

func packet6(payload string) []byte {
	b := make([]byte, 40)
	b[0], b[6], b[23], b[24], b[39] = 0x60, 17, 1, 0x20, 7
	return append(append(b, 0x9c, 0x40, 0, 53, 0, byte(8+len(payload)), 0, 0), payload...)
}

func TestParsePacket(t *testing.T) {
	d, ok := ParsePacket(packet4("x:1|c", 203, 0, 113, 9))
	if !ok || d.From.String() != "10.96.0.10:40000" || d.To.String() != "203.0.113.9:8125" || string(d.Payload) != "x:1|c" {
		t.Errorf("%+v %v", d, ok)
	}
	d, ok = ParsePacket(packet6("q"))
	if !ok || d.From.String() != "[::1]:40000" || d.To.String() != "[2000::7]:53" || string(d.Payload) != "q" {
		t.Errorf("%+v %v", d, ok)
	}
	options := packet4("x", 1, 2, 3, 4)
	options = append(append(append([]byte{0x46}, options[1:20]...), 1, 1, 1, 1), options[20:]...)
	if d, ok = ParsePacket(options); !ok || string(d.Payload) != "x" {
		t.Errorf("with options: %+v %v", d, ok)
	}
	later, tcp := packet4("x", 1, 2, 3, 4), packet4("x", 1, 2, 3, 4)
	later[7], tcp[9] = 1, 6
	for what, b := range map[string][]byte{
		"nothing": nil, "a later fragment": later, "TCP": tcp, "short": packet4("", 1, 2, 3, 4)[:27], "ARP": {0, 1, 8, 0},
		"a short header": {0x41, 0}, "short IPv6": packet6("")[:44], "version 5": append([]byte{0x55}, make([]byte, 60)...),
	} {
		if d, ok := ParsePacket(b); ok {
			t.Errorf("%s: %+v", what, d)
		}
	}
}

func FuzzPacket(f *testing.F) {
	f.Add(packet4("x", 1, 2, 3, 4))
	f.Add(packet6("x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, ok := ParsePacket(b); ok && (!d.To.IsValid() || !bytes.HasSuffix(b, d.Payload)) {
			t.Errorf("%+v", d)
		}
	})
}

func TestHostName(t *testing.T) {
	for in, want := range map[string]string{
		"Example.ORG.": "example.org", "a_b-c.d": "a_b-c.d", "::1": "::1", "a b": "", "a\x1b[2J": "", "é": "", strings.Repeat("a", 300): "",
	} {
		if got := HostName(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
