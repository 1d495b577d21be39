// Package paths finds out which file a path of the program means, whether it lies where writing is allowed, and
// whether the kernel would let a write through.
package paths

import (
	"errors"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// Location is where a path leads after following symbolic links.
type Location struct {
	Path   string // absolute, without links; as far as it could be followed if Err is set
	Exists bool
	Mode   uint32 // st_mode, if Exists
	Owner  uint32
	Device uint64
	Size   int64
	Err    syscall.Errno // why the path could not be followed to its last but one part
	// Opaque means that the path leads to something without a place in the file system: a pipe, a socket, a memfd.
	Opaque bool
	// Own means that the path went through something that is another thing for every process, as /proc/self is.
	Own bool
}

// Limits as in the kernel.
const (
	maxLinks = 40
	maxPath  = 4096
)

// View is how a process sees the file system.
type View struct {
	PID func() int // what its process goes by; nil: nobody in particular
	TID int
}

// Resolve follows a path relative to base. The last part is followed only if follow is set.
func (v View) Resolve(base, name string, follow bool) Location {
	if name == "" {
		return Location{Path: base, Err: syscall.ENOENT}
	}
	if !strings.HasPrefix(name, "/") {
		name = base + "/" + name
	}
	walk := walker{view: v, at: "/", rest: parts(name)}
	at := walk.run(follow)
	at.Own = walk.own
	return at
}

type walker struct {
	view  View
	at    string
	rest  []string
	links int
	own   bool
}

func (w *walker) run(follow bool) Location {
	var here Location // as far as it is known; a look at each folder on the way costs
	for len(w.rest) > 0 {
		part := w.rest[0]
		w.rest = w.rest[1:]
		if part == ".." {
			w.at = path.Dir(w.at)
			continue
		}
		own := w.view.own(w.at, part)
		w.own = w.own || own != part
		next := join(w.at, own)
		last := len(w.rest) == 0
		here = Location{Path: next}
		switch err := stat(next, &here); {
		case err == syscall.ENOENT && last:
			return here // new, in a folder that exists
		case err != 0:
			return Location{Path: join(next, w.rest...), Err: err}
		}
		if here.Mode&syscall.S_IFMT == syscall.S_IFLNK && (!last || follow) {
			if opaque, err := w.followLink(next); opaque || err != 0 {
				return Location{Path: join(next, w.rest...), Err: err, Opaque: opaque}
			}
			continue
		}
		w.at = next
	}
	if here.Path != w.at { // up, or where a link leads
		here = Location{Path: w.at}
		_ = stat(w.at, &here)
	}
	return here
}

// followLink puts the link's target before what is left of the path.
func (w *walker) followLink(link string) (opaque bool, err syscall.Errno) {
	w.links++
	if w.links > maxLinks {
		return false, syscall.ELOOP
	}
	buffer := make([]byte, maxPath)
	n, e := syscall.Readlink(link, buffer)
	if e != nil {
		return false, errno(e)
	}
	target := string(buffer[:n])
	if strings.HasPrefix(link, "/proc/") && strings.Contains(link, "/fd/") && !strings.HasPrefix(target, "/") {
		return true, 0 // "pipe:[123]" is no path
	}
	if strings.HasPrefix(target, "/") {
		w.at = "/"
	}
	w.rest = append(parts(target), w.rest...)
	if len(w.rest) > maxPath {
		return false, syscall.ENAMETOOLONG
	}
	return false, 0
}

// own replaces the links that mean "me" by what they mean for the process: we would see ourselves.
func (v View) own(folder, part string) string {
	if folder == "/proc" && v.PID != nil {
		switch part {
		case "self":
			return strconv.Itoa(v.PID())
		case "thread-self":
			return strconv.Itoa(v.PID()) + "/task/" + strconv.Itoa(v.TID)
		}
	}
	return part
}

func stat(name string, into *Location) syscall.Errno {
	var s syscall.Stat_t
	if err := syscall.Lstat(name, &s); err != nil {
		return errno(err)
	}
	into.Exists, into.Mode, into.Owner, into.Device = true, s.Mode, s.Uid, uint64(s.Dev)
	into.Size = s.Size
	return 0
}

func errno(err error) syscall.Errno {
	var e syscall.Errno
	if errors.As(err, &e) {
		return e
	}
	return syscall.EIO
}

func parts(name string) []string {
	var kept []string
	for _, part := range strings.Split(name, "/") {
		if part != "" && part != "." {
			kept = append(kept, part)
		}
	}
	return kept
}

func join(folder string, more ...string) string {
	for _, part := range more {
		if folder == "/" {
			folder = ""
		}
		folder += "/" + part
	}
	return folder
}
