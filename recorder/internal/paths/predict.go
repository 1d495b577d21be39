package paths

import (
	"os"
	"path"
	"syscall"
)

// Operation names what a system call does to a path, in the words of recording.json.
type Operation string

const (
	Create   Operation = "create"
	Write    Operation = "write"
	Mkdir    Operation = "mkdir"
	Rename   Operation = "rename"
	Link     Operation = "link"
	Symlink  Operation = "symlink"
	Delete   Operation = "delete"
	Truncate Operation = "truncate"
	Mknod    Operation = "mknod"
)

// Prediction is what will come of a write. We decide before the kernel does, with the same user id; a full disk or a
// quota cannot be foreseen.
type Prediction struct {
	Operation Operation
	Changes   bool          // the call will change something
	Err       syscall.Errno // the call will fail, in a way worth reporting
}

// Neither changing nor failing: probing for a file that is not there, creating one that must not exist yet, writing
// into a pipe.
var nothing = Prediction{}

const tmpfile = 0o20000000 // __O_TMPFILE, without the O_DIRECTORY that goes with it

// PredictOpen foresees an open with write intent.
func PredictOpen(at Location, flags int) Prediction {
	kind := at.Mode & syscall.S_IFMT
	switch {
	case at.Opaque:
		return nothing
	case at.Err != 0:
		if flags&syscall.O_CREAT == 0 && at.Err == syscall.ENOENT {
			return nothing
		}
		return Prediction{Operation: Create, Err: at.Err}
	case flags&tmpfile != 0 && at.Exists && kind == syscall.S_IFDIR:
		return verdict(Create, enter(at.Path))
	case !at.Exists && flags&syscall.O_CREAT == 0:
		return nothing
	case !at.Exists:
		return verdict(Create, enter(path.Dir(at.Path)))
	case flags&(syscall.O_CREAT|syscall.O_EXCL) == syscall.O_CREAT|syscall.O_EXCL:
		return nothing // EEXIST
	case kind != syscall.S_IFREG:
		return nothing // a folder, a named pipe, a device
	case flags&(syscall.O_ACCMODE|syscall.O_TRUNC) == 0:
		return nothing // O_CREAT on a file that exists, for reading
	}
	return verdict(Write, access(at.Path, wOK))
}

// PredictNew foresees mkdir, symlink, link and mknod.
func PredictNew(operation Operation, at Location) Prediction {
	switch {
	case at.Opaque, at.Exists:
		return nothing // EEXIST
	case at.Err != 0:
		return Prediction{Operation: operation, Err: at.Err}
	}
	return verdict(operation, enter(path.Dir(at.Path)))
}

// PredictDelete foresees unlink and rmdir.
func PredictDelete(at Location, folder bool) Prediction {
	isFolder := at.Mode&syscall.S_IFMT == syscall.S_IFDIR
	if at.Err != 0 || !at.Exists || at.Opaque || isFolder != folder || folder && !empty(at.Path) {
		return nothing
	}
	return verdict(Delete, mayRemove(at))
}

// PredictTruncate foresees truncate.
func PredictTruncate(at Location) Prediction {
	if at.Err != 0 || !at.Exists || at.Opaque || at.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return nothing
	}
	return verdict(Truncate, access(at.Path, wOK))
}

// PredictRename foresees a rename, up to what depends on the target's kind.
func PredictRename(from, to Location) Prediction {
	if from.Err != 0 || !from.Exists || from.Opaque {
		return nothing
	}
	if to.Err != 0 {
		return Prediction{Operation: Rename, Err: to.Err}
	}
	var folder Location
	if stat(path.Dir(to.Path), &folder); folder.Exists && folder.Device != from.Device {
		return nothing // EXDEV: mv copies instead, which is seen as such
	}
	if err := mayRemove(from); err != 0 {
		return verdict(Rename, err)
	}
	if to.Exists {
		return verdict(Rename, mayRemove(to))
	}
	return verdict(Rename, enter(path.Dir(to.Path)))
}

func verdict(operation Operation, err syscall.Errno) Prediction {
	return Prediction{Operation: operation, Changes: err == 0, Err: err}
}

// mayRemove asks the folder, and its sticky bit.
func mayRemove(at Location) syscall.Errno {
	parent := path.Dir(at.Path)
	if err := enter(parent); err != 0 {
		return err
	}
	var folder Location
	if stat(parent, &folder) != 0 {
		return 0
	}
	me := uint32(os.Geteuid())
	if folder.Mode&syscall.S_ISVTX != 0 && me != 0 && me != at.Owner && me != folder.Owner {
		return syscall.EPERM
	}
	return 0
}

const (
	wOK = 2
	xOK = 1

	atFDCWD = -100

	stReadOnly = 1
)

func access(name string, mode uint32) syscall.Errno {
	if err := syscall.Faccessat(atFDCWD, name, mode, 0); err != nil {
		return errno(err)
	}
	return 0
}

// enter asks whether an entry of a folder may be made or removed. The kernel looks at the mount before it looks at
// permissions (mnt_want_write), access(2) the other way round.
func enter(folder string) syscall.Errno {
	var about syscall.Statfs_t
	if syscall.Statfs(folder, &about) == nil && about.Flags&stReadOnly != 0 {
		return syscall.EROFS
	}
	return access(folder, wOK|xOK)
}

func empty(folder string) bool {
	f, err := os.Open(folder)
	if err != nil {
		return true // it cannot be told
	}
	defer f.Close()
	names, _ := f.Readdirnames(1)
	return len(names) == 0
}

// Reason puts an error number into the words of recording.json.
func Reason(err syscall.Errno) string {
	switch err {
	case syscall.ENOENT:
		return "no such folder"
	case syscall.ENOTDIR:
		return "not a folder"
	case syscall.EACCES:
		return "permission denied"
	case syscall.EPERM:
		return "operation not permitted"
	case syscall.EROFS:
		return "read-only file system"
	}
	return err.Error()
}
