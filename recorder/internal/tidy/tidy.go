// Package tidy counts, hands over and removes what a run leaves behind.
package tidy

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// At the end of a run somebody is waiting, and ends the container if this takes too long.
const maxTime = 8 * time.Second

// walk visits what lies under a folder, the folder included, without following links, until the time is up. It goes down
// step by step, since a tree may be deeper than any path can say; so the working folder is another one meanwhile. Folders
// of this user's that are closed are opened. The program has ended: nobody exchanges folders for links.
func walk(root string, visit func(name string, stat *syscall.Stat_t), deadline time.Time) {
	back, err := os.Getwd()
	if err != nil {
		back = "/"
	}
	defer os.Chdir(back)
	// The folder itself may be reached by a link of the image's.
	if root, err = filepath.EvalSymlinks(root); err == nil {
		descend(root, visit, deadline)
	}
}

// descend reports whether the walk may go on.
func descend(name string, visit func(name string, stat *syscall.Stat_t), deadline time.Time) bool {
	var stat syscall.Stat_t
	if time.Now().After(deadline) {
		return false
	}
	if syscall.Lstat(name, &stat) != nil {
		return true // go on with the rest
	}
	isFolder := stat.Mode&syscall.S_IFMT == syscall.S_IFDIR
	if isFolder && stat.Mode&0o700 != 0o700 && owned(&stat) {
		stat.Mode |= 0o700
		_ = syscall.Chmod(name, stat.Mode&0o7777)
	}
	visit(name, &stat)
	if !isFolder || syscall.Chdir(name) != nil {
		return true
	}
	for _, inner := range list() {
		if !descend(inner, visit, deadline) {
			return false
		}
	}
	return syscall.Chdir("..") == nil
}

// list names what is in the working folder. Names alone are read: a million of them take some 50 MB.
func list() []string {
	folder, err := os.Open(".")
	if err != nil {
		return nil
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(-1)
	return names
}

func owned(stat *syscall.Stat_t) bool { return stat.Uid == uint32(os.Geteuid()) }

// Outputs counts the regular files under a folder.
func Outputs(folder string) (files int, bytes int64) {
	walk(folder, func(_ string, stat *syscall.Stat_t) {
		if stat.Mode&syscall.S_IFMT == syscall.S_IFREG {
			files++
			bytes += stat.Size
		}
	}, time.Now().Add(maxTime))
	return files, bytes
}

// Size is how many bytes a regular file has.
func Size(path string) (bytes int64, ok bool) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return 0, false
	}
	return info.Size(), true
}

// Release does "chmod -R a+rwX" on what this user owns there, so that the user who started the engine, whose id is
// another one, can read and delete it.
func Release(folder string) {
	ReleaseUntil(folder, time.Now().Add(maxTime))
}

// ReleaseUntil is Release with another bound.
func ReleaseUntil(folder string, deadline time.Time) {
	walk(folder, func(name string, stat *syscall.Stat_t) {
		kind := stat.Mode & syscall.S_IFMT
		if !owned(stat) || kind != syscall.S_IFREG && kind != syscall.S_IFDIR {
			return
		}
		mode := stat.Mode&0o7777 | 0o666
		if kind == syscall.S_IFDIR || mode&0o111 != 0 {
			mode |= 0o111
		}
		_ = syscall.Chmod(name, mode)
	}, deadline)
}

// Clean removes everything below a folder, but not the folder itself. It follows no link.
func Clean(folder string) error {
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", folder)
	}
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if removed := os.RemoveAll(filepath.Join(folder, entry.Name())); removed != nil && err == nil {
			err = removed
		}
	}
	return err
}
