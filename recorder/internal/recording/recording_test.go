package recording

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newTestBook() *Book { return NewBook(Document{}, func() time.Time { return epoch }) }

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

func TestAttemptsAggregate(t *testing.T) {
	b := newTestBook()
	python, curl := Process{PID: 7, Command: "python3"}, Process{PID: 8, Command: "curl"}
	target := Target{Protocol: "tcp", Address: "192.0.2.1", Port: 443}
	one := b.Attempt(target, python)
	if b.Attempt(target, python) != one || b.Attempt(target, curl) == one {
		t.Error("the key is target and command")
	}
	b.Attempt(Target{Protocol: "dns", Host: "models.example.org"}, python)
	if len(b.document.Attempts) != 3 || b.document.Attempts[0].Count != 2 {
		t.Errorf("%+v", b.document.Attempts)
	}
	name := b.document.Attempts[2]
	if *name.Host != "models.example.org" || name.Address != nil || name.Port != nil {
		t.Errorf("%+v", name)
	}
}

func TestLostTimeIsAUnion(t *testing.T) {
	b := newTestBook()
	one := b.Attempt(Target{Protocol: "tcp", Address: "192.0.2.1", Port: 1}, Process{})
	two := b.Attempt(Target{Protocol: "tcp", Address: "192.0.2.2", Port: 1}, Process{})
	b.Lost(one, at(0), at(2))
	b.Lost(one, at(0), at(2)) // a second socket to the same place
	b.Lost(two, at(1), at(3))
	b.Lost(two, at(10), at(11))
	b.Lost(-1, at(20), at(21)) // there was no room for the attempt
	b.Lost(one, at(5), at(4))
	if b.document.Attempts[one].SecondsLost != 2 || b.document.Attempts[two].SecondsLost != 3 || b.document.SecondsLost != 5 {
		t.Errorf("%+v %v", b.document.Attempts, b.document.SecondsLost)
	}
}

func TestBounds(t *testing.T) {
	b := newTestBook()
	for i := 0; i < 6000; i++ {
		b.Attempt(Target{Protocol: "dns", Host: fmt.Sprint(i)}, Process{})
		b.StrayWrite(fmt.Sprint("/", i), "create", Process{})
		b.FailedWrite(fmt.Sprint("/", i), "create", "permission denied", Process{})
		b.Program(fmt.Sprint(i), "/bin/x")
	}
	d := b.document
	if len(d.Attempts) != maxAttempts || len(d.StrayWrites) != maxStray || len(d.FailedWrites) != maxFailed || len(d.Processes) != maxProcesses {
		t.Error("a list has another length")
	}
	if d.Dropped != (Dropped{Attempts: 6000 - maxAttempts, StrayWrites: 6000 - maxStray, FailedWrites: 6000 - maxFailed, Processes: 6000 - maxProcesses}) {
		t.Errorf("%+v", d.Dropped)
	}
}

func TestTextBudget(t *testing.T) {
	b := newTestBook()
	long := strings.Repeat("x", 100000)
	for i := 0; i < maxStray; i++ {
		b.StrayWrite(fmt.Sprint("/", i, long), "create", Process{})
	}
	kept := len(b.document.StrayWrites)
	if kept*maxString > maxText || kept+b.document.Dropped.StrayWrites != maxStray {
		t.Errorf("%d kept, %d dropped", kept, b.document.Dropped.StrayWrites)
	}
}

func TestWithdraw(t *testing.T) {
	b := newTestBook()
	b.FailedWrite("/a/b", "mkdir", "no such folder", Process{Command: "p"})
	b.Withdraw("/a/b", "mkdir", "no such folder", Process{Command: "p"})
	content, _, _ := b.Snapshot()
	if !strings.Contains(string(content), `"failedWrites":[]`) {
		t.Error(string(content))
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "tab\tline\n": "tab\tline\n", "\x1b[31m": `\x1b[31m`, "caf\u00e9": "caf\u00e9",
		"bad\xff": `bad\xff`, "\u0085": `\x85`, "\x00": `\x00`, "\u2028ok": "\u2028ok",
	} {
		if got := clean(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\xffb\x00" + strings.Repeat("\u20ac", 2000))
	f.Fuzz(func(t *testing.T, s string) {
		if got := clean(s); len(got) > maxString || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
	})
}

func TestSaveIsAtomicAndReadable(t *testing.T) {
	folder := t.TempDir()
	b := newTestBook()
	if err := b.Save(folder); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(folder + "/" + FileName)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Fatal(info, err)
	}
	entries, _ := os.ReadDir(folder)
	if len(entries) != 1 {
		t.Error("a temporary file is left")
	}
	content, _ := os.ReadFile(folder + "/" + FileName)
	var d map[string]any
	if err := json.Unmarshal(content, &d); err != nil {
		t.Fatal(err)
	}
	keys := "protocol complete recorder startedAt seconds program exit attempts contacts secondsLost strayWrites failedWrites " +
		"processes processTree reads outputs input listens setUserId usage dropped coverage"
	for _, key := range strings.Fields(keys) {
		if _, found := d[key]; !found {
			t.Errorf("no key %s", key)
		}
	}
	if len(d) != len(strings.Fields(keys)) || d["exit"] != nil {
		t.Errorf("%s", content)
	}
	if err := b.Save("/nonexistent"); err != nil {
		t.Error("nothing changed, nothing to write", err)
	}
	b.TerminalOpened()
	if err := b.Save("/nonexistent"); err == nil {
		t.Error("no error")
	}
}
