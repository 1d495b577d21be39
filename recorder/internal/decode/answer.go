package decode

import (
	"encoding/binary"
	"net/netip"
)

// Types of questions that are answered with an address.
const (
	TypeA    = 1
	TypeAAAA = 28
)

// Outcome is what a name server says of a name.
type Outcome uint16

const (
	NameExists Outcome = 0 // with an address, or without one of the wanted type
	NoSuchName Outcome = 3
)

const (
	dnsFlags     = 0x8480 // a response, authoritative, recursion available
	dnsCopied    = 0x0100 // recursion desired, as in the query
	answerTTL    = 3600
	classNet     = 1
	pointToFirst = 0xc000 | dnsHeaderSize
)

// Answer makes the response to a query that ParseQuestion can read. An address that is not valid, or not of the type
// that was asked for, means that there is none.
func Answer(query []byte, outcome Outcome, address netip.Addr) ([]byte, error) {
	question, end, err := parseQuestion(query)
	if err != nil {
		return nil, err
	}
	fits := question.Type == TypeA && address.Is4() || question.Type == TypeAAAA && address.Is6()
	answers := uint16(0)
	if fits {
		answers = 1
	}
	out := make([]byte, dnsHeaderSize, end+32)
	copy(out, query[:2]) // the id
	binary.BigEndian.PutUint16(out[2:], dnsFlags|binary.BigEndian.Uint16(query[2:])&dnsCopied|uint16(outcome))
	binary.BigEndian.PutUint16(out[4:], 1)
	binary.BigEndian.PutUint16(out[6:], answers)
	out = append(out, query[dnsHeaderSize:end]...) // letter by letter: some resolvers compare the case
	if fits {
		raw := address.AsSlice()
		out = binary.BigEndian.AppendUint16(out, pointToFirst)
		out = binary.BigEndian.AppendUint16(out, question.Type)
		out = binary.BigEndian.AppendUint16(out, classNet)
		out = binary.BigEndian.AppendUint32(out, answerTTL)
		out = binary.BigEndian.AppendUint16(out, uint16(len(raw)))
		out = append(out, raw...)
	}
	return out, nil
}
