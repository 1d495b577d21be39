package observer

import (
	"os"
	"syscall"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/paths"
	"pratique/recorder/internal/recording"
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
	at, ok := e.executable(dir, name, flags)
	path := at.Path
	if !ok || syscall.Faccessat(currentFolder, path, mayExecute, 0) != nil {
		return nil
	}
	command := tracee.ReadArguments(e.TID, argv, e.abi.PointerSize)
	if command == "" {
		command = path
	}
	o, pid := e.observer, tracee.Leader(e.TID)
	kind := rightsOf(at)
	return func() {
		// From here on the process goes by another name.
		o.Directory.Forget(pid)
		o.Census.Executed(pid, command, path)
		if kind != "" {
			o.Book.SetID(path, kind, recording.Process{PID: pid, Command: command, Executable: path})
		}
	}
}

// rightsOf tells whose rights a program is made to run with, if not the caller's. Under no_new_privs it does not get them.
func rightsOf(at paths.Location) string {
	const groupExecute = 0o010
	switch {
	case at.Mode&syscall.S_ISUID != 0 && int(at.Owner) != os.Geteuid():
		return "user"
	case at.Mode&(syscall.S_ISGID|groupExecute) == syscall.S_ISGID|groupExecute:
		return "group"
	}
	return ""
}

func (e *event) executable(dir, name, flags uint64) (paths.Location, bool) {
	if flags&atEmptyPath != 0 {
		path, err := os.Readlink(e.folderLink(int32(dir)))
		if err != nil {
			return paths.Location{}, false
		}
		at := paths.View{}.Resolve("/", path, true)
		at.Path = path // a program in memory has no other place
		return at, true
	}
	at, readable := e.locate(dir, name, true)
	return at.Location, readable && at.Exists && at.Mode&syscall.S_IFMT == syscall.S_IFREG
}
