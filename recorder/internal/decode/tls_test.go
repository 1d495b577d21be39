package decode

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"reflect"
	"testing"
	"time"
)

// realHello is what Go's own client sends.
func realHello(t testing.TB, config *tls.Config) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	go func() { _ = tls.Client(client, config).Handshake() }()
	_ = server.SetReadDeadline(time.Now().Add(5 * time.Second))
	header := make([]byte, tlsRecordHeader)
	if _, err := io.ReadFull(server, header); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, binary.BigEndian.Uint16(header[3:]))
	if _, err := io.ReadFull(server, body); err != nil {
		t.Fatal(err)
	}
	return append(header, body...)
}

func hello(t testing.TB) []byte {
	return realHello(t, &tls.Config{ServerName: "HuggingFace.co", NextProtos: []string{"h2", "http/1.1"}})
}

// inRecords cuts a message that is in one record into several.
func inRecords(whole []byte, size int) []byte {
	message := whole[tlsRecordHeader:]
	var out []byte
	for len(message) > 0 {
		n := size
		if n > len(message) {
			n = len(message)
		}
		out = append(out, tlsHandshake, 3, 1, byte(n>>8), byte(n))
		out = append(out, message[:n]...)
		message = message[n:]
	}
	return out
}

var wanted = ClientHello{ServerName: "huggingface.co", Protocols: []string{"h2", "http/1.1"}}

func TestClientHello(t *testing.T) {
	whole := hello(t)
	for what, stream := range map[string][]byte{
		"one record":            whole,
		"with more behind it":   append(append([]byte{}, whole...), 20, 3, 3, 0, 1, 1),
		"records of 100 bytes":  inRecords(whole, 100),
		"the header cut in two": inRecords(whole, len(whole)/30),
	} {
		got, err := ParseClientHello(stream)
		if err != nil || !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s: %+v %v", what, got, err)
		}
	}
	nameless, err := ParseClientHello(realHello(t, &tls.Config{InsecureSkipVerify: true}))
	if err != nil || nameless.ServerName != "" {
		t.Error("without a name:", nameless, err)
	}
}

// Segments of TCP end anywhere.
func TestClientHelloComesInPieces(t *testing.T) {
	for _, whole := range [][]byte{hello(t), inRecords(hello(t), 50)} {
		for n := 0; n < len(whole); n++ {
			if got, err := ParseClientHello(whole[:n]); err != ErrMore {
				t.Fatalf("%d of %d bytes: %+v %v", n, len(whole), got, err)
			}
		}
	}
}

// extended adds extensions that a program of another make has, in front of those that are there.
func extended(whole []byte, extensions ...[]byte) []byte {
	message := append([]byte{}, whole[tlsRecordHeader+4:]...)
	r := reader{message}
	r.skip(34)
	r.vector8()
	r.vector16()
	r.vector8()
	at := len(message) - len(r.rest)
	added := bytes.Join(extensions, nil)
	rest := append(append([]byte{}, added...), message[at+2:]...)
	body := append(append(append([]byte{}, message[:at]...), byte(len(rest)>>8), byte(len(rest))), rest...)
	n := len(body)
	out := append([]byte{tlsHandshake, 3, 1, byte((n + 4) >> 8), byte(n + 4), tlsClientHello, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
	return out
}

func TestClientHelloWithWhatIsNotKnown(t *testing.T) {
	grease := []byte{0xaa, 0xaa, 0, 1, 0}
	encrypted := append([]byte{0xfe, 0x0d, 0, 8}, 0, 0, 1, 0, 1, 7, 0, 0)
	got, err := ParseClientHello(extended(hello(t), grease, encrypted, grease))
	if err != nil || !reflect.DeepEqual(got, wanted) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestNoClientHello(t *testing.T) {
	whole := hello(t)
	for what, stream := range map[string][]byte{
		"HTTP":            []byte("GET / HTTP/1.1\r\n"),
		"an alert":        {21, 3, 1, 0, 2, 2, 40},
		"a server hello":  {22, 3, 3, 0, 4, 2, 0, 0, 0},
		"an empty record": {22, 3, 3, 0, 0, 1},
		"a huge record":   {22, 3, 3, 0xff, 0xff, 1},
		"a huge message":  {22, 3, 3, 0, 4, 1, 0xff, 0xff, 0xff},
		"many records":    inRecords(whole, 1)[:6*tlsMaxRecords],
		"empty body":      {22, 3, 3, 0, 4, 1, 0, 0, 0},
	} {
		if got, err := ParseClientHello(stream); err != ErrForeign {
			t.Errorf("%s: %+v %v", what, got, err)
		}
	}
}

func FuzzClientHello(f *testing.F) {
	whole := hello(f)
	f.Add(whole)
	f.Add(inRecords(whole, 40))
	f.Add(whole[:60])
	f.Add([]byte{22, 3, 1, 0, 4, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		got, err := ParseClientHello(stream)
		if err != nil && !reflect.DeepEqual(got, ClientHello{}) {
			t.Error("an error and a result:", got, err)
		}
		if got.ServerName != HostName(got.ServerName) || len(got.Protocols) > maxProtocols {
			t.Errorf("%+v", got)
		}
		// What is known of a part must hold of the whole.
		if half, early := ParseClientHello(stream[:len(stream)/2]); early == nil && !reflect.DeepEqual(half, got) {
			t.Errorf("%+v became %+v", half, got)
		}
	})
}
