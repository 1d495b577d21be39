package paths

import (
	"path"
	"path/filepath"
	"strings"
)

// Zone is what a place in the file system means for a write.
type Zone uint8

const (
	Stray    Zone = iota // a write here is worth reporting
	Allowed              // one of the folders meant for writing
	System               // /proc, /sys, /dev: no files of the program
	Terminal             // the controlling terminal
)

// Zones knows the folders where writing is allowed.
type Zones struct{ allowed []string }

// NewZones takes the allowed folders as given and as their links resolve.
func NewZones(folders []string) Zones {
	var z Zones
	for _, folder := range folders {
		folder = path.Clean("/" + folder)
		z.allowed = append(z.allowed, folder)
		if real, err := filepath.EvalSymlinks(folder); err == nil && real != folder {
			z.allowed = append(z.allowed, real)
		}
	}
	return z
}

// Of classifies an absolute path without links.
func (z Zones) Of(name string) Zone {
	if name == "/dev/tty" {
		return Terminal
	}
	for _, folder := range z.allowed {
		if within(name, folder) {
			return Allowed
		}
	}
	if within(name, "/dev/shm") || within(name, "/dev/mqueue") {
		return Stray
	}
	if within(name, "/proc") || within(name, "/sys") || within(name, "/dev") {
		return System
	}
	return Stray
}

func within(name, folder string) bool {
	return name == folder || folder == "/" || strings.HasPrefix(name, folder+"/")
}

// Folder is one that is asked about by all its names.
type Folder struct{ names []string }

// NewFolder takes it as given and as its links resolve. An empty name is no folder.
func NewFolder(name string) Folder {
	if name == "" {
		return Folder{}
	}
	return Folder{NewZones([]string{name}).allowed}
}

// Given tells whether it is one.
func (f Folder) Given() bool { return len(f.names) > 0 }

// Holds tells whether an absolute path without links lies in it.
func (f Folder) Holds(name string) bool {
	for _, folder := range f.names {
		if within(name, folder) {
			return true
		}
	}
	return false
}
