package observer

import (
	"syscall"
)

const (
	mayRead = 4
)

// read notes a file of the data that is opened. Only on request: it makes every open of the program wait for us.
func (e *event) read(dir, name uint64, flags int) func() {
	o := e.observer
	at, ok := e.locate(dir, name, flags&syscall.O_NOFOLLOW == 0)
	if !ok {
		return e.unreadablePath()
	}
	if !o.Data.Holds(at.Path) {
		if at.Exists && at.Err == 0 && !at.Own && !at.Opaque {
			o.elsewhere.note(folderOf(at.Named))
		}
		return nil
	}
	if !at.Exists || at.Mode&syscall.S_IFMT != syscall.S_IFREG || syscall.Faccessat(currentFolder, at.Path, mayRead, 0) != nil {
		return nil
	}
	by := e.process()
	return func() { o.Book.ReadFile(at.Path, by) }
}
