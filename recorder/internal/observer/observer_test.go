package observer

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/paths"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
)

// place is memory of our own in which "the program's" arguments lie.
var place = make([]byte, 8192)

func newTestObserver(t *testing.T, allowed string) *Observer {
	o := &Observer{
		Book: recording.NewBook(recording.Document{}, time.Now), Zones: paths.NewZones([]string{allowed}),
		Directory: tracee.NewDirectory(), ABIs: calls.For("amd64"),
	}
	o.Prepare()
	return o
}

func call(o *Observer, kind calls.Call, arguments ...uint64) *worker {
	w := &worker{event: event{observer: o, abi: &o.ABIs[0]}, call: kind}
	w.TID = uint32(os.Getpid())
	copy(w.Args[:], arguments)
	return w
}

// at puts a path into memory.
func at(path string) uint64 {
	copy(place, path+"\x00")
	return uint64(uintptr(unsafe.Pointer(&place[0])))
}

func open(o *Observer, path string, flags int) (fast bool) {
	w := call(o, calls.OpenAt, atCwd, at(path), uint64(flags))
	if w.unremarkable() {
		return true
	}
	if commit, _ := w.examine(w.call); commit != nil {
		commit()
	}
	return false
}

func lists(o *Observer) (stray, failed int) {
	o.Book.Edit(func(d *recording.Document) { stray, failed = len(d.StrayWrites), len(d.FailedWrites) })
	return stray, failed
}

const create = os.O_WRONLY | os.O_CREATE

func TestShortcut(t *testing.T) {
	allowed, elsewhere := t.TempDir(), t.TempDir()
	o := newTestObserver(t, allowed)
	if open(o, allowed+"/a", create) {
		t.Error("an unknown folder is taken for granted")
	}
	if !open(o, allowed+"/b", create) {
		t.Error("a known folder is looked at again")
	}
	for _, path := range []string{allowed + "/..", allowed + "/.", allowed + "/", elsewhere + "/x", ""} {
		if open(o, path, create) {
			t.Errorf("%q is taken for granted", path)
		}
	}
	if open(o, allowed+"/c", create|openPath) || open(o, allowed, tmpfile|os.O_RDWR) {
		t.Error("odd flags are taken for granted")
	}
	_ = os.Symlink(elsewhere+"/x", allowed+"/link")
	if open(o, allowed+"/link", create) {
		t.Error("a link is taken for a file")
	}
	if err := os.WriteFile(allowed+"/locked", nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if open(o, allowed+"/locked", os.O_WRONLY) {
		t.Error("a file that may not be written is taken for granted")
	}
	if stray, _ := lists(o); stray != 1 { // both of them the same file
		t.Errorf("%d stray writes", stray)
	}
}

func TestShortcutForgets(t *testing.T) {
	root := t.TempDir()
	allowed, elsewhere, link := root+"/allowed", root+"/elsewhere", root+"/link"
	for _, folder := range []string{allowed, elsewhere} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Symlink(allowed, link)
	o := newTestObserver(t, allowed)
	open(o, link+"/a", create)
	if !open(o, link+"/b", create) {
		t.Fatal("a folder by another name is not known")
	}
	w := call(o, calls.Unlink, at(link))
	if commit, _ := w.examine(w.call); commit != nil {
		commit()
	}
	_ = os.Remove(link)
	_ = os.Symlink(elsewhere, link)
	before, _ := lists(o)
	if open(o, link+"/c", create) {
		t.Error("what the name meant before is still believed")
	}
	if after, _ := lists(o); after != before+1 {
		t.Error("the stray write is missed")
	}
}

func TestReads(t *testing.T) {
	data, elsewhere := t.TempDir(), t.TempDir()
	for _, path := range []string{data + "/a.csv", elsewhere + "/b.csv"} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Symlink(data+"/a.csv", elsewhere+"/link")
	o := newTestObserver(t, "/nowhere")
	o.Data = paths.NewFolder(data)
	open(o, data+"/a.csv", os.O_RDONLY)
	open(o, data, os.O_RDONLY)
	open(o, data+"/none", os.O_RDONLY)
	open(o, elsewhere+"/b.csv", os.O_RDONLY)
	if !open(o, elsewhere+"/b.csv", os.O_RDONLY) {
		t.Error("a folder without data is looked at again")
	}
	if open(o, elsewhere+"/link", os.O_RDONLY) {
		t.Error("a link into the data is not followed")
	}
	o.Book.Edit(func(d *recording.Document) {
		if len(d.Reads) != 1 || d.Reads[0].Count != 2 || d.Reads[0].Path != data+"/a.csv" {
			t.Errorf("%+v", d.Reads)
		}
	})
}

func TestSizesOfStrayWrites(t *testing.T) {
	folder := t.TempDir()
	o := newTestObserver(t, "/nowhere")
	path := filepath.Join(folder, "x")
	open(o, path, create)
	if err := os.WriteFile(path, make([]byte, 1234), 0o600); err != nil {
		t.Fatal(err)
	}
	w := call(o, calls.Unlink, at(path))
	commit, _ := w.examine(w.call)
	commit()
	o.Book.Edit(func(d *recording.Document) {
		if len(d.StrayWrites) != 2 || d.StrayWrites[0].Bytes == nil || *d.StrayWrites[0].Bytes != 1234 {
			t.Errorf("%+v", d.StrayWrites)
		}
	})
}

func TestRightsOf(t *testing.T) {
	for mode, want := range map[uint32]string{0o755: "", 0o4755: "user", 0o2755: "group", 0o2745: "", 0o6755: "user"} {
		if got := rightsOf(paths.Location{Mode: mode, Owner: uint32(os.Geteuid()) + 1}); got != want {
			t.Errorf("%o: %q", mode, got)
		}
	}
	if rightsOf(paths.Location{Mode: 0o4755, Owner: uint32(os.Geteuid())}) != "" {
		t.Error("one's own rights are nothing special")
	}
}

// Whatever a call's arguments are, the recorder looks and goes on.
func FuzzExamine(f *testing.F) {
	f.Add(uint8(calls.OpenAt), uint64(0), uint64(0), uint64(0x41), uint64(0), []byte("/tmp/x\x00"))
	f.Add(uint8(calls.SocketCall), uint64(2), uint64(1), uint64(16), uint64(3), []byte{2, 0, 0, 80, 1, 2, 3, 4})
	f.Add(uint8(calls.SendMMsg), uint64(1), ^uint64(0), uint64(1<<20), uint64(1), bytes.Repeat([]byte{0xff}, 64))
	f.Add(uint8(calls.Exec), uint64(1), uint64(2), uint64(3), uint64(4), []byte("a\x00b\x00"))
	o := &Observer{
		Book: recording.NewBook(recording.Document{}, time.Now), Zones: paths.NewZones([]string{"/tmp"}),
		Directory: tracee.NewDirectory(), ABIs: calls.For("amd64"),
	}
	o.Prepare()
	f.Fuzz(func(t *testing.T, kind uint8, a, b, c, d uint64, memory []byte) {
		switch calls.Call(kind) {
		case calls.ExitGroup, calls.Exec, calls.ExecAt, calls.Connect, calls.SendTo, calls.SendMsg, calls.SendMMsg:
			return // these need what only a run has
		}
		copy(place, memory)
		here := uint64(uintptr(unsafe.Pointer(&place[0])))
		for _, arguments := range [][]uint64{{a, b, c, d}, {a, here, c, here}, {here, b, here, d}} {
			for i := range o.ABIs {
				w := call(o, calls.Call(kind), arguments...)
				w.abi = &o.ABIs[i]
				w.unremarkable()
				_, _ = w.examine(w.call)
			}
		}
	})
}
