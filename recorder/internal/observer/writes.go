package observer

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/paths"
	"pratique/recorder/internal/tracee"
)

const (
	maxPath = 4096

	currentFolder = -100 // AT_FDCWD
	atRemoveDir   = 0x200
	openPath      = 0o10000000 // O_PATH
	tmpfile       = 0o20000000 // __O_TMPFILE
	atNoFollow    = 0x100
)

// atCwd is AT_FDCWD as it arrives in a register; only the lower half counts.
const atCwd uint64 = 0xffffff9c

// The same for a call of our own.
var atCwdSigned = currentFolder

// write examines a call that may change the file system.
func (e *event) write(call calls.Call) func() {
	a := e.Args
	switch call {
	case calls.Open:
		return e.open(atCwd, a[0], int(int32(a[1])))
	case calls.OpenAt:
		return e.open(a[0], a[1], int(int32(a[2])))
	case calls.OpenAt2:
		buffer := make([]byte, decode.OpenHowSize)
		if tracee.Read(e.TID, a[2], buffer) != nil {
			return e.unreadablePath()
		}
		flags, _ := decode.ParseOpenHow(buffer)
		if flags&calls.WriteFlags == 0 && !e.observer.Data.Given() {
			return nil
		}
		return e.open(a[0], a[1], int(uint32(flags)))
	case calls.Creat:
		return e.open(atCwd, a[0], syscall.O_CREAT|syscall.O_WRONLY|syscall.O_TRUNC)
	case calls.Mkdir:
		return e.create(paths.Mkdir, atCwd, a[0])
	case calls.MkdirAt:
		return e.create(paths.Mkdir, a[0], a[1])
	case calls.Mknod:
		return e.create(paths.Mknod, atCwd, a[0])
	case calls.MknodAt:
		return e.create(paths.Mknod, a[0], a[1])
	case calls.Symlink:
		return e.create(paths.Symlink, atCwd, a[1])
	case calls.SymlinkAt:
		return e.create(paths.Symlink, a[1], a[2])
	case calls.Link:
		return e.create(paths.Link, atCwd, a[1])
	case calls.LinkAt:
		return e.create(paths.Link, a[2], a[3])
	case calls.Unlink:
		return e.remove(atCwd, a[0], false)
	case calls.Rmdir:
		return e.remove(atCwd, a[0], true)
	case calls.UnlinkAt:
		return e.remove(a[0], a[1], a[2]&atRemoveDir != 0)
	case calls.Rename:
		return e.rename(atCwd, a[0], atCwd, a[1])
	case calls.RenameAt:
		return e.rename(a[0], a[1], a[2], a[3])
	case calls.Truncate:
		at, ok := e.locate(atCwd, a[0], true)
		if !ok {
			return e.unreadablePath()
		}
		return e.conclude(at.Path, paths.PredictTruncate(at.Location))
	}
	return nil
}

func (e *event) open(dir, name uint64, flags int) func() {
	if flags&openPath != 0 {
		return nil // a handle, not for writing
	}
	if flags&calls.WriteFlags == 0 {
		return e.read(dir, name, flags)
	}
	exclusive := flags&(syscall.O_CREAT|syscall.O_EXCL) == syscall.O_CREAT|syscall.O_EXCL
	at, ok := e.locate(dir, name, !exclusive && flags&syscall.O_NOFOLLOW == 0)
	if !ok {
		return e.unreadablePath()
	}
	if !at.Opaque && e.observer.Zones.Of(at.Path) == paths.Terminal {
		return e.observer.Book.TerminalOpened
	}
	p := paths.PredictOpen(at.Location, flags)
	if p.Operation == paths.Create && p.Changes && !at.Own && flags&tmpfile == 0 && e.observer.Zones.Of(at.Path) == paths.Allowed {
		e.observer.shortcuts.note(folderOf(at.Named))
	}
	return e.conclude(at.Path, p)
}

// folderOf is what comes before the last slash, as it was written.
func folderOf(named string) string { return named[:strings.LastIndexByte(named, '/')] }

func (e *event) create(operation paths.Operation, dir, name uint64) func() {
	at, ok := e.locate(dir, name, false)
	if !ok {
		return e.unreadablePath()
	}
	return e.conclude(at.Path, paths.PredictNew(operation, at.Location))
}

func (e *event) remove(dir, name uint64, folder bool) func() {
	at, ok := e.locate(dir, name, false)
	if !ok {
		return e.unreadablePath()
	}
	if at.Mode&syscall.S_IFMT != syscall.S_IFREG {
		e.observer.forgetShortcuts()
	}
	return e.sized(at, e.conclude(at.Path, paths.PredictDelete(at.Location, folder)))
}

// rename is filed under the new path, unless only the old one lies where nothing should change.
func (e *event) rename(fromDir, fromName, toDir, toName uint64) func() {
	from, readable := e.locate(fromDir, fromName, false)
	to, readableToo := e.locate(toDir, toName, false)
	if !readable || !readableToo {
		return e.unreadablePath()
	}
	if from.Mode&syscall.S_IFMT != syscall.S_IFREG || to.Exists && to.Mode&syscall.S_IFMT != syscall.S_IFREG {
		e.observer.forgetShortcuts()
	}
	path := to.Path
	if zones := e.observer.Zones; zones.Of(to.Path) == paths.Allowed && zones.Of(from.Path) == paths.Stray {
		path = from.Path
	}
	return e.sized(from, e.conclude(path, paths.PredictRename(from.Location, to.Location)))
}

// sized notes how large a file was that goes from where it should not have been.
func (e *event) sized(at located, commit func()) func() {
	if commit == nil || at.Mode&syscall.S_IFMT != syscall.S_IFREG || e.observer.Zones.Of(at.Path) != paths.Stray {
		return commit
	}
	return func() {
		e.observer.Book.Size(at.Path, at.Size)
		commit()
	}
}

// conclude files a write by where it goes and what will come of it.
func (e *event) conclude(path string, p paths.Prediction) func() {
	book := e.observer.Book
	zone := e.observer.Zones.Of(path)
	operation := string(p.Operation)
	if zone == paths.System || zone == paths.Terminal {
		return nil
	}
	if p.Err != 0 {
		by := e.process()
		return func() { book.FailedWrite(path, operation, paths.Reason(p.Err), by) }
	}
	if !p.Changes || zone == paths.Allowed && p.Operation != paths.Mkdir {
		return nil
	}
	by := e.process()
	return func() {
		if p.Operation == paths.Mkdir {
			book.Withdraw(path, operation, paths.Reason(syscall.ENOENT), by)
		}
		if zone == paths.Stray {
			book.StrayWrite(path, operation, by)
		}
	}
}

// located is where a path leads, and the words it was named with, from the root on.
type located struct {
	paths.Location
	Named string
}

// locate reads a path from memory and follows it as the process would.
func (e *event) locate(dir, name uint64, follow bool) (at located, readable bool) {
	nowhere := located{Location: paths.Location{Opaque: true}} // the kernel will refuse it
	if name == 0 {
		return nowhere, true
	}
	var buffer [maxPath]byte
	text, err := tracee.ReadString(e.TID, name, buffer[:])
	if err != nil {
		return at, false
	}
	base := "/"
	if !strings.HasPrefix(text, "/") {
		base, err = os.Readlink(e.folderLink(int32(dir)))
		if errors.Is(err, syscall.ENOENT) {
			return nowhere, true // no such descriptor
		}
		if err != nil {
			return at, false
		}
	}
	tid := e.TID
	view := paths.View{PID: func() int { return tracee.Leader(tid) }, TID: int(tid)}
	at.Location, at.Named = view.Resolve(base, text, follow), text
	if !strings.HasPrefix(text, "/") {
		at.Named = base + "/" + text
	}
	return at, true
}

// folderLink is where /proc shows the folder that a relative path starts from.
func (e *event) folderLink(dir int32) string {
	link := "/proc/" + strconv.Itoa(int(e.TID))
	if dir == currentFolder {
		return link + "/cwd"
	}
	return link + "/fd/" + strconv.Itoa(int(dir))
}

func (e *event) unreadablePath() func() {
	return func() { e.observer.count(func(t *tally) { t.writes++ }) }
}
