package decode

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// Kinds of what was begun, beside those below.
const (
	KindTLS    = "tls"
	KindHTTP   = "http"
	KindHTTP2  = "http2"
	KindDNS    = "dns"
	KindSilent = "silent" // the client waits for the server to speak first, and the port tells nothing
	KindOther  = "unknown"
)

// beginnings are what the clients of some protocols say first.
var beginnings = []struct{ kind, prefix string }{
	{KindHTTP2, "PRI * HTTP/2.0"},
	{"ssh", "SSH-"},
	{"smtp", "EHLO "}, {"smtp", "HELO "}, {"smtp", "LHLO "},
	{"rsync", "@RSYNCD:"},
	{"amqp", "AMQP"},
	{"imap", "a1 CAPABILITY"}, {"imap", "a001 CAPABILITY"},
	{"redis", "*1\r\n$"}, {"redis", "*2\r\n$"}, {"redis", "*3\r\n$"}, {"redis", "*4\r\n$"}, {"redis", "PING\r\n"},
	{"zookeeper", "\x00\x00\x00\x2c\x00\x00\x00\x00"}, {"zookeeper", "\x00\x00\x00\x2d\x00\x00\x00\x00"},
	{"sqlserver", "\x12\x01\x00"},
	{"socks", "\x05\x01\x00"}, {"socks", "\x05\x02\x00"}, {"socks", "\x04\x01"},
	{"x11", "l\x00\x0b\x00"}, {"x11", "B\x00\x00\x0b"},
	{"nats", "CONNECT {"},
}

// EnoughForKind is how many bytes tell all kinds apart.
const EnoughForKind = 32

// StreamKind names the protocol that a connection's first bytes are of. ErrMore: they may yet become one.
func StreamKind(stream []byte) (string, error) {
	if len(stream) == 0 {
		return "", ErrMore
	}
	if kind := binaryKind(stream); kind != "" {
		return kind, nil
	}
	maybe := false
	for _, b := range beginnings {
		if bytes.HasPrefix(stream, []byte(b.prefix)) {
			return b.kind, nil
		}
		maybe = maybe || strings.HasPrefix(b.prefix, string(stream))
	}
	if len(stream) < EnoughForKind && (maybe || stream[0] == 0 || isHex(stream[0])) {
		return KindOther, ErrMore
	}
	return KindOther, nil
}

// binaryKind knows those that have no constant beginning.
func binaryKind(b []byte) string {
	if len(b) >= 8 && binary.BigEndian.Uint32(b) <= 1<<16 {
		switch binary.BigEndian.Uint32(b[4:]) {
		case 3 << 16, 80877103, 80877104: // version 3, SSLRequest, GSSENCRequest
			return "postgres"
		}
	}
	if len(b) >= 16 && binary.LittleEndian.Uint32(b) <= 1<<24 {
		switch binary.LittleEndian.Uint32(b[12:]) {
		case 2004, 2013: // OP_QUERY, OP_MSG
			return "mongodb"
		}
	}
	if len(b) >= 8 && isHex(b[0]) && isHex(b[1]) && isHex(b[2]) && isHex(b[3]) && bytes.HasPrefix(b[4:], []byte("git-")) {
		return "git"
	}
	if len(b) >= 8 && b[0] == 0x10 && bytes.Contains(b[:8], []byte("\x00\x04MQ")) {
		return "mqtt"
	}
	if len(b) >= 6 && b[0] == 0x30 && b[1] < 0x80 && b[2] == 2 && b[3] == 1 && b[5] == 0x60 { // BindRequest
		return "ldap"
	}
	if len(b) >= 10 && b[4] == 1 && b[5] == 0 && int(binary.BigEndian.Uint16(b)) >= 58 && b[2] == 0 && b[3] == 0 { // TNS CONNECT
		return "oracle"
	}
	if len(b) > 2+dnsHeaderSize {
		if _, err := ParseQuestion(b[2:]); err == nil && int(binary.BigEndian.Uint16(b)) == len(b)-2 {
			return KindDNS
		}
	}
	return ""
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }

// silentPorts belong to protocols in which the server speaks first.
var silentPorts = map[uint16]string{
	21: "ftp", 23: "telnet", 25: "smtp", 110: "pop3", 143: "imap", 465: "smtp", 587: "smtp", 993: "imap", 995: "pop3",
	1947: "licence server", 3306: "mysql", 27000: "licence server", 27001: "licence server", 5900: "vnc",
}

// SilentKind guesses, from the port, what a client that says nothing waits for.
func SilentKind(port uint16) string {
	if kind, known := silentPorts[port]; known {
		return kind
	}
	return KindSilent
}

// DatagramKind names the protocol of a datagram to a port.
func DatagramKind(payload []byte, port uint16) string {
	switch {
	case isQUICInitial(payload):
		return "quic"
	case port == 123 && len(payload) >= 48 && payload[0]&7 == 3: // mode 3: client
		return "ntp"
	case port == 53:
		if _, err := ParseQuestion(payload); err == nil {
			return KindDNS
		}
	case port == 514 && len(payload) > 2 && payload[0] == '<':
		return "syslog"
	case port == 8125 && bytes.IndexByte(payload, ':') > 0 && bytes.IndexByte(payload, '|') > 0:
		return "statsd"
	case port == 161 && len(payload) > 1 && payload[0] == 0x30:
		return "snmp"
	}
	return KindOther
}

// isQUICInitial knows the first packet of a connection by its long header (RFC 9000, 17.2.2; RFC 9369, 3.2). It fills at
// least 1,200 bytes; we may have been given only its beginning.
func isQUICInitial(b []byte) bool {
	if len(b) < 64 || b[0]&0xc0 != 0xc0 || int(b[5]) > 20 {
		return false
	}
	kind := b[0] >> 4 & 3
	switch binary.BigEndian.Uint32(b[1:]) {
	case 1:
		return kind == 0
	case 0x6b3343cf:
		return kind == 1
	}
	return false
}
