package decode

import (
	"encoding/binary"
	"errors"
)

// ErrMore means that what is there so far is in order, and more has to come.
var ErrMore = errors.New("decode: more has to come")

// ErrForeign means that the bytes are of another protocol.
var ErrForeign = errors.New("decode: not of this protocol")

// ClientHello is what the first message of TLS tells anybody who listens.
type ClientHello struct {
	ServerName string   // empty where none was named, as for an address
	Protocols  []string // ALPN: "h2", "http/1.1", ...
}

const (
	tlsHandshake    = 22
	tlsRecordHeader = 5
	tlsMaxRecord    = 1<<14 + 256
	tlsMaxRecords   = 64 // of which the message may consist; one is the rule
	tlsClientHello  = 1
	tlsMaxHello     = 1 << 16

	extensionServerName = 0
	extensionALPN       = 16

	maxProtocols = 16
)

// ParseClientHello decodes the first message of a TLS client (RFC 8446, 4.1.2), which may be spread over several records. What
// it does not know it passes over: GREASE, and the encrypted inner message of ECH, whose outer name is reported.
func ParseClientHello(stream []byte) (ClientHello, error) {
	message, err := firstHandshake(stream)
	if err != nil {
		return ClientHello{}, err
	}
	r := reader{message}
	r.skip(2 + 32) // version and random
	r.vector8()    // session id
	r.vector16()   // cipher suites
	if _, ok := r.vector8(); !ok {
		return ClientHello{}, ErrForeign
	}
	var hello ClientHello
	if len(r.rest) == 0 {
		return hello, nil // TLS 1.0 without extensions
	}
	extensions, ok := r.vector16()
	if !ok {
		return ClientHello{}, ErrForeign
	}
	for r = (reader{extensions}); len(r.rest) > 0; {
		kind, _ := r.number16()
		content, ok := r.vector16()
		if !ok {
			return ClientHello{}, ErrForeign
		}
		switch kind {
		case extensionServerName:
			hello.ServerName = serverName(content)
		case extensionALPN:
			hello.Protocols = protocolNames(content)
		}
	}
	return hello, nil
}

// firstHandshake puts the pieces of the first message together and returns its body.
func firstHandshake(stream []byte) ([]byte, error) {
	var message []byte
	for records := 0; records < tlsMaxRecords; records++ {
		if len(stream) > 0 && stream[0] != tlsHandshake || len(stream) > 1 && stream[1] != 3 {
			return nil, ErrForeign
		}
		if len(stream) < tlsRecordHeader {
			return nil, ErrMore
		}
		length := int(binary.BigEndian.Uint16(stream[3:]))
		if length == 0 || length > tlsMaxRecord {
			return nil, ErrForeign
		}
		piece := stream[tlsRecordHeader:]
		if whole := len(piece) >= length; whole {
			stream, piece = piece[length:], piece[:length]
		} else {
			stream = nil
		}
		message = append(message, piece...)
		if len(message) > 0 && message[0] != tlsClientHello {
			return nil, ErrForeign
		}
		if len(message) < 4 {
			if stream == nil {
				return nil, ErrMore
			}
			continue
		}
		size := int(message[1])<<16 | int(message[2])<<8 | int(message[3])
		if size > tlsMaxHello {
			return nil, ErrForeign
		}
		if len(message) >= 4+size {
			return message[4 : 4+size], nil
		}
		if stream == nil {
			return nil, ErrMore
		}
	}
	return nil, ErrForeign
}

// serverName finds the host in a list of names; there is only one kind (RFC 6066, 3).
func serverName(list []byte) string {
	r := reader{list}
	names, _ := r.vector16()
	for r = (reader{names}); len(r.rest) > 0; {
		kind, _ := r.number8()
		name, ok := r.vector16()
		if !ok {
			return ""
		}
		if kind == 0 {
			return HostName(string(name))
		}
	}
	return ""
}

func protocolNames(list []byte) []string {
	r := reader{list}
	names, _ := r.vector16()
	var protocols []string
	for r = (reader{names}); len(r.rest) > 0 && len(protocols) < maxProtocols; {
		name, ok := r.vector8()
		if !ok {
			break
		}
		protocols = append(protocols, string(name))
	}
	return protocols
}

// reader takes values off the front of some bytes. After the first that is not there, nothing is.
type reader struct{ rest []byte }

func (r *reader) take(n int) ([]byte, bool) {
	if n > len(r.rest) {
		r.rest = nil
		return nil, false
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken, true
}

func (r *reader) skip(n int) { r.take(n) }

func (r *reader) number8() (int, bool) {
	b, ok := r.take(1)
	if !ok {
		return 0, false
	}
	return int(b[0]), true
}

func (r *reader) number16() (int, bool) {
	b, ok := r.take(2)
	if !ok {
		return 0, false
	}
	return int(binary.BigEndian.Uint16(b)), true
}

func (r *reader) vector8() ([]byte, bool) {
	n, ok := r.number8()
	if !ok {
		return nil, false
	}
	return r.take(n)
}

func (r *reader) vector16() ([]byte, bool) {
	n, ok := r.number16()
	if !ok {
		return nil, false
	}
	return r.take(n)
}
