package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Question is what a resolver wants to know.
type Question struct {
	Name string // lower case, without the final dot; odd bytes as \DDD, "." for the root
	Type uint16
}

// Reasons for refusing a query.
var (
	ErrShortQuery = errors.New("dns: the packet ends too early")
	ErrNotAQuery  = errors.New("dns: not a query with a question")
	ErrLabel      = errors.New("dns: a compressed or reserved label in a question")
	ErrTooLong    = errors.New("dns: the name exceeds 255 bytes")
)

const (
	dnsHeaderSize  = 12
	dnsResponseBit = 0x8000
	dnsMaxName     = 255
	dnsMaxLabel    = 63
)

// ParseQuestion decodes the first question of a DNS query (RFC 1035). Compression has nothing to point back to in a
// first question, so a pointer is refused and no loop can arise.
func ParseQuestion(packet []byte) (Question, error) {
	question, _, err := parseQuestion(packet)
	return question, err
}

// parseQuestion tells as well where the question ends.
func parseQuestion(packet []byte) (question Question, end int, err error) {
	if len(packet) < dnsHeaderSize {
		return Question{}, 0, ErrShortQuery
	}
	flags := binary.BigEndian.Uint16(packet[2:])
	questions := binary.BigEndian.Uint16(packet[4:])
	if flags&dnsResponseBit != 0 || questions == 0 {
		return Question{}, 0, ErrNotAQuery
	}
	var name strings.Builder
	rest, encoded := packet[dnsHeaderSize:], 0
	for {
		if len(rest) == 0 {
			return Question{}, 0, ErrShortQuery
		}
		length := int(rest[0])
		rest, encoded = rest[1:], encoded+1+length
		switch {
		case length > dnsMaxLabel:
			return Question{}, 0, ErrLabel
		case encoded > dnsMaxName:
			return Question{}, 0, ErrTooLong
		case len(rest) < length:
			return Question{}, 0, ErrShortQuery
		}
		if length == 0 {
			break
		}
		if name.Len() > 0 {
			name.WriteByte('.')
		}
		writeLabel(&name, rest[:length])
		rest = rest[length:]
	}
	if len(rest) < 4 {
		return Question{}, 0, ErrShortQuery
	}
	if name.Len() == 0 {
		name.WriteByte('.')
	}
	return Question{Name: name.String(), Type: binary.BigEndian.Uint16(rest)}, len(packet) - len(rest) + 4, nil
}

// writeLabel escapes as zone files do, so that no byte of a name can be taken for markup, a terminal sequence or a
// separator.
func writeLabel(out *strings.Builder, label []byte) {
	for _, c := range label {
		switch {
		case 'A' <= c && c <= 'Z':
			out.WriteByte(c + 'a' - 'A')
		case c == '.' || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		case c <= ' ' || c >= 0x7f:
			fmt.Fprintf(out, `\%03d`, c)
		default:
			out.WriteByte(c)
		}
	}
}
