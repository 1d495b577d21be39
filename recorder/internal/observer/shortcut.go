package observer

import (
	"bytes"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/tracee"
)

// shortcuts answer the most frequent call of all, a file opened for writing where files belong, with as little as can be:
// two system calls instead of a dozen. They know folders, by the words that programs name them with, in which a moment ago
// a file could be made and which lie in an allowed zone.
type shortcuts struct {
	mu    sync.Mutex
	until map[string]time.Time
	me    uint32
}

const (
	maxShortcuts = 256
	// Somebody may change a folder's mode unseen. Links and folders that go are seen.
	shortcutLifetime = 250 * time.Millisecond
)

func newShortcuts() *shortcuts {
	return &shortcuts{until: map[string]time.Time{}, me: uint32(os.Geteuid())}
}

func (s *shortcuts) note(folder string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.until) >= maxShortcuts {
		s.until = map[string]time.Time{}
	}
	s.until[folder] = time.Now().Add(shortcutLifetime)
}

func (s *shortcuts) knows(folder []byte) bool {
	s.mu.Lock()
	until, known := s.until[string(folder)]
	s.mu.Unlock()
	return known && time.Now().Before(until)
}

// forget is for when a link or a folder goes: what a name means may change.
func (s *shortcuts) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.until) > 0 {
		s.until = map[string]time.Time{}
	}
}

func (o *Observer) forgetShortcuts() {
	o.shortcuts.forget()
	o.elsewhere.forget()
}

// unremarkable tells whether a call only opens a file where files belong, and will succeed. False means: look closer.
func (w *worker) unremarkable() bool {
	e := &w.event
	dir, name, flags := atCwd, e.Args[0], e.Args[1]
	switch w.call {
	case calls.OpenAt:
		dir, name, flags = e.Args[0], e.Args[1], e.Args[2]
	case calls.Open:
	default:
		return false
	}
	if flags&(openPath|tmpfile) != 0 {
		return false
	}
	known := e.observer.shortcuts
	if flags&calls.WriteFlags == 0 {
		known = e.observer.elsewhere
	}
	path, ok := w.absolute(dir, name)
	if !ok {
		return false
	}
	slash := bytes.LastIndexByte(path, '/')
	if last := path[slash+1:]; len(last) == 0 || last[0] == '.' && (len(last) == 1 || len(last) == 2 && last[1] == '.') {
		return false
	}
	if !known.knows(path[:slash]) {
		return false
	}
	var about syscall.Stat_t
	switch _, _, err := syscall.Syscall6(sysStatAt, uintptr(atCwdSigned), uintptr(unsafe.Pointer(&path[0])),
		uintptr(unsafe.Pointer(&about)), atNoFollow, 0, 0); err {
	case syscall.ENOENT:
		return true // it is made, or was not to be made
	case 0:
		if known == e.observer.elsewhere {
			return about.Mode&syscall.S_IFMT != syscall.S_IFLNK
		}
		const ownerMayWrite = 0o200
		return about.Mode&syscall.S_IFMT == syscall.S_IFREG && about.Uid == e.observer.shortcuts.me && about.Mode&ownerMayWrite != 0
	}
	return false
}

// absolute reads a path into the worker's own memory, with a zero byte behind its end.
func (w *worker) absolute(dir, name uint64) (path []byte, ok bool) {
	text := w.text[:]
	length, ok := tracee.ReadText(w.event.TID, name, text)
	if !ok || length == 0 {
		return nil, false
	}
	if text[0] == '/' {
		return text[:length], true
	}
	n, err := syscall.Readlink(w.event.folderLink(int32(dir)), w.path[:maxPath])
	if err != nil || n <= 0 || w.path[0] != '/' || n+1+length >= len(w.path) {
		return nil, false
	}
	w.path[n] = '/'
	copy(w.path[n+1:], text[:length+1])
	return w.path[:n+1+length], true
}
