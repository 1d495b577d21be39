package names

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
	"pratique/recorder/internal/waiting"
)

var kubernetes = NewSearch([]string{"cluster.local", "svc.cluster.local.", "x-ns.svc.cluster.local"})

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"huggingface.co.x-ns.svc.cluster.local": "huggingface.co",
		"huggingface.co.svc.cluster.local":      "huggingface.co",
		"huggingface.co":                        "huggingface.co",
		"mlflow.x-ns.svc.cluster.local":         "mlflow",
		"x-ns.svc.cluster.local":                "x-ns",
		"cluster.local":                         "cluster.local",
		`\032.cluster.local`:                    `\032.cluster.local`,
		"notcluster.local":                      "notcluster.local",
	} {
		if got := kubernetes.Plain(in); got != want {
			t.Errorf("%s: %s, not %s", in, got, want)
		}
	}
}

type asked struct {
	name   string
	kind   uint16
	socket uint64
	pid    int
	after  time.Duration
}

func TestArrival(t *testing.T) {
	now := time.Now()
	stamped := func(at time.Time) []byte {
		b := make([]byte, syscall.CmsgSpace(16))
		header := (*syscall.Cmsghdr)(unsafe.Pointer(&b[0]))
		header.Level, header.Type = syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS
		header.SetLen(syscall.CmsgLen(16))
		binary.LittleEndian.PutUint64(b[syscall.CmsgLen(0):], uint64(at.Unix()))
		binary.LittleEndian.PutUint64(b[syscall.CmsgLen(8):], uint64(at.Nanosecond()))
		return b
	}
	for delay, want := range map[time.Duration]time.Duration{
		700 * time.Millisecond: 700 * time.Millisecond,
		-time.Hour:             0, // the clock was set
		time.Hour:              0,
	} {
		if got := now.Sub(arrival(stamped(now.Add(-delay)), now)); got != want {
			t.Errorf("%s late: %s", delay, got)
		}
	}
	if !arrival(nil, now).Equal(now) || !arrival([]byte{1, 2, 3}, now).Equal(now) {
		t.Error("without a stamp it is now")
	}
}

func count(t *testing.T, queries []asked) map[string]int {
	t.Helper()
	now := time.Now()
	book := recording.NewBook(recording.Document{}, time.Now)
	lookups := NewLookups(kubernetes, book, waiting.NewTracker(book))
	for _, q := range queries {
		lookups.Asked(decode.Question{Name: q.name, Type: q.kind}, q.socket, tracee.Process{PID: q.pid, Command: "p"}, now.Add(q.after))
	}
	content, _, err := book.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var d recording.Document
	if err := json.Unmarshal(content, &d); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, a := range d.Attempts {
		counts[*a.Host] += a.Count
	}
	return counts
}

func TestLookupsAreCountedOnce(t *testing.T) {
	const a, aaaa = 1, 28
	long, plain := "models.example.org.x-ns.svc.cluster.local", "models.example.org"
	cases := []struct {
		what    string
		queries []asked
		want    int
	}{
		{"A, AAAA and repetition on one socket", []asked{{plain, a, 1, 7, 0}, {plain, aaaa, 1, 7, 0}, {plain, a, 1, 7, 5e9}}, 1},
		{"through the search domains", []asked{{long, a, 1, 7, 0}, {long, aaaa, 1, 7, 0}, {plain, a, 2, 7, 10e9}, {plain, aaaa, 2, 7, 10e9}}, 1},
		{"Go: A and AAAA from two sockets", []asked{{plain, a, 1, 7, 0}, {plain, aaaa, 2, 7, 0}}, 1},
		{"asked again", []asked{{long, a, 1, 7, 0}, {plain, a, 2, 7, 10e9}, {long, a, 3, 7, 20e9}, {plain, a, 4, 7, 30e9}}, 2},
		{"two processes", []asked{{plain, a, 1, 7, 0}, {plain, aaaa, 2, 8, 0}}, 2},
		{"after a long time", []asked{{plain, a, 1, 7, 0}, {plain, aaaa, 2, 7, 40e9}}, 2},
	}
	for _, c := range cases {
		if got := count(t, c.queries)[plain]; got != c.want {
			t.Errorf("%s: %d", c.what, got)
		}
	}
}

func TestReadFramed(t *testing.T) {
	if packet, err := readFramed(bytes.NewReader([]byte{0, 2, 'a', 'b', 'c'})); err != nil || string(packet) != "ab" {
		t.Error(packet, err)
	}
	for _, short := range []string{"", "\x00", "\x00\x05ab"} {
		if _, err := readFramed(bytes.NewReader([]byte(short))); err == nil {
			t.Errorf("%q was accepted", short)
		}
	}
	huge := append([]byte{0xff, 0xff}, make([]byte, 0xffff)...)
	if packet, _ := readFramed(bytes.NewReader(huge)); len(packet) != maxDatagram {
		t.Error(len(packet))
	}
}
