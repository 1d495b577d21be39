package observer

import (
	"os"
	"syscall"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/tracee"
)

const (
	atEmptyPath = 0x1000
	mayExecute  = 1
)

// exec notes a program that is about to be executed. A shell tries every folder of PATH; what is not there, or not
// executable, is not noted.
func (e *event) exec(call calls.Call) func() {
	dir, name, argv, flags := atCwd, e.Args[0], e.Args[1], uint64(0)
	if call == calls.ExecAt {
		dir, name, argv, flags = e.Args[0], e.Args[1], e.Args[2], e.Args[4]
	}
	path, ok := e.executable(dir, name, flags)
	if !ok || syscall.Faccessat(currentFolder, path, mayExecute, 0) != nil {
		return nil
	}
	command := tracee.ReadArguments(e.TID, argv, e.abi.PointerSize)
	if command == "" {
		command = path
	}
	pid := e.process().PID
	return func() {
		// From here on the process goes by another name.
		e.observer.directory.Forget(pid)
		e.observer.Book.Program(command, path)
	}
}

func (e *event) executable(dir, name, flags uint64) (string, bool) {
	if flags&atEmptyPath != 0 {
		path, err := os.Readlink(e.folderLink(int32(dir)))
		return path, err == nil
	}
	at, readable := e.locate(dir, name, true)
	return at.Path, readable && at.Exists && at.Mode&syscall.S_IFMT == syscall.S_IFREG
}
