package usage

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"
)

// volume is a folder whose space is of interest.
type volume struct {
	path    string
	own     bool  // a file system of its own, in memory: the kernel's figures are about this folder alone
	before  int64 // bytes in use of the whole file system when the run began
	walked  bool  // how large its files are was found by adding them up so far
	missing bool
}

const (
	tmpfsMagic = 0x01021994
	// Adding up a folder's files may take this long; beyond, the free space of the whole file system has to do.
	walkPatience = 10 * time.Millisecond
	walkEntries  = 5000
	// A file system with less room than this refuses what programs write.
	noSpace = 64 << 10
)

func newVolume(path string) *volume {
	v := &volume{path: path, walked: true}
	about, ok := v.about()
	if path == "" || !ok {
		v.missing = true
		return v
	}
	v.own = int64(about.Type) == tmpfsMagic
	v.before = inUse(about)
	return v
}

func (v *volume) about() (about syscall.Statfs_t, ok bool) {
	return about, syscall.Statfs(v.path, &about) == nil
}

func inUse(about syscall.Statfs_t) int64 {
	return int64(about.Blocks-about.Bfree) * int64(about.Bsize)
}

// limit is how much fits, where the folder has a file system of its own.
func (v *volume) limit() *int64 {
	about, ok := v.about()
	if v.missing || !v.own || !ok || about.Blocks == 0 {
		return nil
	}
	size := int64(about.Blocks) * int64(about.Bsize)
	return &size
}

// measure gives the bytes in use, and whether there is no room left.
func (v *volume) measure() (bytes *int64, full bool) {
	if v.missing {
		return nil, false
	}
	about, ok := v.about()
	if !ok {
		return nil, false
	}
	full = about.Blocks > 0 && int64(about.Bavail)*int64(about.Bsize) < noSpace || about.Files > 0 && about.Ffree == 0
	used := inUse(about)
	if !v.own {
		sum, whole := int64(0), false
		if v.walked {
			sum, whole = size(v.path)
		}
		v.walked = whole
		if used -= v.before; whole {
			used = sum
		}
	}
	if used < 0 {
		used = 0
	}
	return &used, full
}

var errEnough = errors.New("enough")

// size adds up the space that a folder's files take. It gives up when that takes too long.
func size(root string) (bytes int64, whole bool) {
	deadline := time.Now().Add(walkPatience)
	entries := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if entries++; entries > walkEntries || entries%32 == 0 && time.Now().After(deadline) {
			return errEnough
		}
		if err != nil || entry.IsDir() {
			return nil // what cannot be read has no size for us; a folder's own is nobody's concern
		}
		if info, err := entry.Info(); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				bytes += stat.Blocks * 512
			}
		}
		return nil
	})
	return bytes, err == nil
}

func (v *volume) method() string {
	switch {
	case v.missing:
		return ""
	case v.own:
		return "the file system's own figures, sampled"
	case v.walked:
		return "the sum of the files, sampled"
	}
	return "what became less of the disk's free space, sampled: other programs' writes are in it"
}
