package discover

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/recording"
)

// Bounds of one connection.
const (
	// A client may take this long to say something: a virtual machine loads its classes in the meantime.
	firstPatience = 5 * time.Second
	// Where it is for the server to speak first, nothing will come.
	silentPatience = 500 * time.Millisecond
	restPatience   = 3 * time.Second
	maxHead        = 64 << 10
	chunkSize      = 4096
)

// listen finds out what a client begins to say. It says nothing itself, unless that takes it further: it completes the
// handshake of TLS, since the request comes after it.
func listen(connection net.Conn, port uint16, authority *Authority, said *recording.Said) {
	patience := firstPatience
	if decode.SilentKind(port) != decode.KindSilent {
		patience = silentPatience
	}
	head, kind := readHead(connection, patience, plainKind)
	said.Kind = kind
	switch {
	case len(head) == 0:
		said.Kind = decode.SilentKind(port)
	case kind == decode.KindHTTP:
		noteRequest(head, said)
	case kind == decode.KindTLS:
		hello, _ := decode.ParseClientHello(head)
		said.ServerName = hello.ServerName
		if authority != nil {
			unwrap(&replay{Conn: connection, head: head}, authority, said)
		}
	}
}

// unwrap goes on inside TLS. A client that does not trust us hangs up, and its server name is all there is.
func unwrap(connection net.Conn, authority *Authority, said *recording.Said) {
	name := said.ServerName
	if name == "" {
		name = hostOf(connection.LocalAddr())
	}
	_ = connection.SetDeadline(time.Now().Add(restPatience))
	secure := tls.Server(connection, &tls.Config{
		MinVersion: tls.VersionTLS10, // old clients are clients, and there is nothing here to protect
		NextProtos: []string{"http/1.1", "h2"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return authority.For(name)
		},
	})
	if secure.Handshake() != nil {
		return
	}
	if head, kind := readHead(secure, restPatience, plainKind); kind == decode.KindHTTP {
		noteRequest(head, said)
	}
	_ = secure.Close()
}

func noteRequest(head []byte, said *recording.Said) {
	request, _ := decode.ParseRequest(head) // without a Host if there was none
	said.Method, said.At, said.Path, said.Query = request.Method, request.Host, request.Path, request.Query
}

// plainKind names the protocol of a beginning, or says that more has to come to tell.
func plainKind(head []byte) (string, error) {
	maybe := false
	if _, err := decode.ParseClientHello(head); err == nil {
		return decode.KindTLS, nil
	} else if maybe = err == decode.ErrMore; maybe && len(head) > 1 {
		return decode.KindTLS, err
	}
	if request, err := decode.ParseRequest(head); err == nil {
		return decode.KindHTTP, nil
	} else if err == decode.ErrMore {
		if request.Method != "" {
			return decode.KindHTTP, err
		}
		maybe = true
	}
	kind, err := decode.StreamKind(head)
	if err == nil && kind == decode.KindOther && maybe {
		err = decode.ErrMore
	}
	return kind, err
}

// readHead reads until it is known what this is, or nothing more comes.
func readHead(r net.Conn, patience time.Duration, identify func([]byte) (string, error)) (head []byte, kind string) {
	_ = r.SetReadDeadline(time.Now().Add(patience))
	kind = decode.KindOther
	for len(head) < maxHead {
		chunk := make([]byte, chunkSize)
		n, err := r.Read(chunk)
		if n > 0 {
			if len(head) == 0 {
				_ = r.SetReadDeadline(time.Now().Add(restPatience))
			}
			head = append(head, chunk[:n]...)
			var undecided error
			if kind, undecided = identify(head); undecided == nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	return head, kind
}

func hostOf(address net.Addr) string {
	host, _, err := net.SplitHostPort(address.String())
	if err != nil {
		return ""
	}
	return host
}

// replay gives back what was read before.
type replay struct {
	net.Conn
	head []byte
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.head) > 0 {
		n := copy(p, r.head)
		r.head = r.head[n:]
		return n, nil
	}
	n, err := r.Conn.Read(p)
	if errors.Is(err, io.EOF) && n > 0 {
		err = nil
	}
	return n, err
}
