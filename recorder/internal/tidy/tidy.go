// Package tidy counts, hands over and removes what a run leaves behind.
package tidy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	maxEntries = 100000
	maxTime    = 10 * time.Second
)

var errEnough = errors.New("enough")

// walk visits what lies under a folder, the folder included, without following links, within bounds.
func walk(root string, visit func(path string, info fs.FileInfo)) {
	deadline := time.Now().Add(maxTime)
	entries := 0
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if entries++; entries > maxEntries || time.Now().After(deadline) {
			return errEnough
		}
		if err != nil {
			return nil // go on with the rest
		}
		if info, err := entry.Info(); err == nil {
			visit(path, info)
		}
		return nil
	})
}

// Outputs counts the regular files under a folder.
func Outputs(folder string) (files int, bytes int64) {
	walk(folder, func(_ string, info fs.FileInfo) {
		if info.Mode().IsRegular() {
			files++
			bytes += info.Size()
		}
	})
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

// Release does "chmod -R a+rwX" on what this user owns, so that the user who started the engine, whose id is another
// one, can read and delete it. The program has ended: nobody exchanges files for links meanwhile.
func Release(folder string) {
	me := uint32(os.Geteuid())
	walk(folder, func(path string, info fs.FileInfo) {
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok || stat.Uid != me || !info.Mode().IsRegular() && !info.IsDir() {
			return
		}
		mode := stat.Mode&0o7777 | 0o666
		if info.IsDir() || mode&0o111 != 0 {
			mode |= 0o111
		}
		_ = syscall.Chmod(path, mode)
	})
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
