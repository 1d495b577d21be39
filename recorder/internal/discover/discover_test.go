package discover

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pratique/recorder/internal/handover"
	"pratique/recorder/internal/names"
	"pratique/recorder/internal/recording"
)

// elsewhere binds every address to one of this machine, and remembers where.
type elsewhere struct {
	mu    sync.Mutex
	bound map[netip.AddrPort]string
}

func (e *elsewhere) Open(kind handover.Kind, at netip.AddrPort) (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return -1, err
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return -1, err
	}
	defer file.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bound[at] = listener.Addr().String()
	return syscall.Dup(int(file.Fd()))
}

type bench struct {
	sink  *Sink
	book  *recording.Book
	where *elsewhere
}

func newBench(t *testing.T) bench {
	t.Helper()
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	book := recording.NewBook(recording.Document{}, time.Now)
	where := &elsewhere{bound: map[netip.AddrPort]string{}}
	sink := &Sink{
		Opener: where, Placeholders: names.NewPlaceholders(true), Owners: names.NewOwners(), Authority: authority, Book: book,
	}
	sink.Prepare()
	return bench{sink, book, where}
}

var program = recording.Process{PID: 7, Command: "python fit.py"}

// dial is what a program does after its connect was trapped.
func (b bench) dial(t *testing.T, at string) net.Conn {
	t.Helper()
	to := netip.MustParseAddrPort(at)
	b.sink.Expect("tcp", to, program)
	b.where.mu.Lock()
	address := b.where.bound[to]
	b.where.mu.Unlock()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
	return connection
}

func (b bench) contacts(t *testing.T, wanted int) []recording.Contact {
	t.Helper()
	var document struct{ Contacts []recording.Contact }
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b.book.Edit(func(*recording.Document) {})
		content, _, err := b.book.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(content, &document); err != nil {
			t.Fatal(err)
		}
		if len(document.Contacts) >= wanted || time.Now().After(deadline) {
			break
		}
	}
	if len(document.Contacts) != wanted {
		t.Fatalf("%+v", document.Contacts)
	}
	return document.Contacts
}

func (b bench) trusting() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(b.sink.Authority.certificate)
	return &tls.Config{RootCAs: pool, ServerName: "huggingface.co"}
}

func TestRequestInsideTLS(t *testing.T) {
	b := newBench(t)
	address, _ := b.sink.Placeholders.For("huggingface.co")
	connection := b.dial(t, address.String()+":443")
	client := &http.Client{Transport: &http.Transport{
		DialTLS: func(string, string) (net.Conn, error) {
			secure := tls.Client(connection, b.trusting())
			return secure, secure.Handshake()
		},
	}}
	if answer, err := client.Get("https://huggingface.co/bert/resolve/main/config.json?token=S"); err == nil {
		t.Error("nobody answers a request:", answer)
	}
	got := b.contacts(t, 1)[0]
	if got.Host == nil || *got.Host != "huggingface.co" || got.Address != nil || got.Kind != "tls" || got.Port != 443 {
		t.Errorf("%+v", got)
	}
	want := recording.Request{Method: "GET", Host: "huggingface.co", Path: "/bert/resolve/main/config.json", Query: true}
	if got.Request == nil || *got.Request != want || got.Process.Command != program.Command {
		t.Errorf("%+v", got)
	}
}

func TestClientThatDoesNotTrustUs(t *testing.T) {
	b := newBench(t)
	connection := b.dial(t, "192.0.2.7:8443")
	if tls.Client(connection, &tls.Config{ServerName: "example.org"}).Handshake() == nil {
		t.Error("a certificate of ours was trusted")
	}
	got := b.contacts(t, 1)[0]
	if got.ServerName == nil || *got.ServerName != "example.org" || got.Request != nil || *got.Address != "192.0.2.7" || got.Host != nil {
		t.Errorf("%+v", got)
	}
}

func TestOtherProtocols(t *testing.T) {
	for _, c := range []struct{ at, says, kind string }{
		{"192.0.2.7:22", "SSH-2.0-OpenSSH_9.2\r\n", "ssh"},
		{"192.0.2.7:5432", "\x00\x00\x00\x08\x04\xd2\x16\x2f", "postgres"},
		{"192.0.2.7:3306", "", "mysql"},
		{"[2001:db8::1]:80", "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", "http"},
		{"192.0.2.7:9999", "\x01\x02\x03\x04", "unknown"},
	} {
		b := newBench(t)
		connection := b.dial(t, c.at)
		for _, letter := range []byte(c.says) { // each in a segment of its own, or so
			_, _ = connection.Write([]byte{letter})
		}
		if c.kind == "unknown" {
			_ = connection.(*net.TCPConn).CloseWrite()
		}
		if got := b.contacts(t, 1)[0]; got.Kind != c.kind || got.Protocol != "tcp" || got.Count != 1 {
			t.Errorf("%s: %+v", c.at, got)
		}
		if n, err := connection.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%s: it was not hung up", c.at)
		}
	}
}

func TestTheSameAgainIsCounted(t *testing.T) {
	b := newBench(t)
	for i := 0; i < 3; i++ {
		connection := b.dial(t, "192.0.2.7:22")
		_, _ = connection.Write([]byte("SSH-2.0-x\r\n"))
		_, _ = connection.Read(make([]byte, 1))
	}
	b.sink.Drain(time.Second)
	if got := b.contacts(t, 1)[0]; got.Count != 3 {
		t.Errorf("%+v", got)
	}
}

func TestListenersAreBounded(t *testing.T) {
	b := newBench(t)
	b.sink.Opener = refusing{}
	at := netip.MustParseAddr("192.0.2.7")
	b.sink.Expect("udp", netip.AddrPortFrom(at, 123), program) // nobody needs to listen
	b.sink.Expect("tcp", netip.AddrPortFrom(at, 0), program)   // nobody can
	b.sink.Expect("tcp", netip.AddrPortFrom(at, 80), program)
	content, _, _ := b.book.Snapshot()
	if !strings.Contains(string(content), `"dropped":{"attempts":0,"contacts":1,`) {
		t.Errorf("%s", content)
	}
}

type refusing struct{}

func (refusing) Open(handover.Kind, netip.AddrPort) (int, error) { return -1, os.ErrPermission }

func TestPublish(t *testing.T) {
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	environment, err := authority.Publish(folder, []string{"PATH=/bin", "SSL_CERT_FILE=/old", "X=SSL_CERT_FILE=1"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, FileName)
	joined := "\n" + strings.Join(environment, "\n") + "\n"
	for _, want := range []string{"PATH=/bin", "X=SSL_CERT_FILE=1", "SSL_CERT_FILE=" + path, "REQUESTS_CA_BUNDLE=" + path} {
		if strings.Count(joined, "\n"+want+"\n") != 1 {
			t.Errorf("%s: %s", want, joined)
		}
	}
	if strings.Contains(joined, "=/old") {
		t.Error("the image's own setting stayed")
	}
	content, err := os.ReadFile(path)
	if err != nil || !x509.NewCertPool().AppendCertsFromPEM(content) || strings.Contains(string(content), "PRIVATE") {
		t.Errorf("%s %v", content, err)
	}
}

func TestCertificates(t *testing.T) {
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority.certificate)
	for _, host := range []string{"huggingface.co", "192.0.2.7", "2001:db8::1"} {
		made, err := authority.For(host)
		if err != nil {
			t.Fatal(host, err)
		}
		leaf, err := x509.ParseCertificate(made.Certificate[0])
		if err != nil {
			t.Fatal(host, err)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: pool}); err != nil {
			t.Error(host, err)
		}
		if again, _ := authority.For(host); again != made {
			t.Error(host, "was made twice")
		}
	}
	for i := 0; i < 2*maxCertificates; i++ {
		if _, err := authority.For(string(rune('a'+i%26)) + strings.Repeat("x", i/26) + ".org"); err != nil {
			t.Fatal(err)
		}
	}
	if len(authority.made) > maxCertificates {
		t.Error(len(authority.made))
	}
}
