package tidy

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestCleanKeepsTheFolderAndFollowsNoLink(t *testing.T) {
	outside, folder := t.TempDir(), t.TempDir()
	_ = os.WriteFile(outside+"/precious", nil, 0o644)
	_ = os.MkdirAll(folder+"/a/b", 0o755)
	_ = os.WriteFile(folder+"/a/b/c", nil, 0o644)
	_ = os.Symlink(outside, folder+"/link")
	if err := Clean(folder); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Error(entries, err)
	}
	if _, err := os.Stat(outside + "/precious"); err != nil {
		t.Error(err)
	}
	_ = os.Symlink(outside, folder+"/link")
	if Clean(folder+"/link") == nil {
		t.Error("a link was accepted as a folder")
	}
}

func TestReleaseAndOutputs(t *testing.T) {
	outside, folder := t.TempDir(), t.TempDir()
	_ = os.WriteFile(outside+"/secret", nil, 0o600)
	_ = os.Mkdir(folder+"/closed", 0o700)
	_ = os.WriteFile(folder+"/closed/data", []byte("abc"), 0o600)
	_ = os.WriteFile(folder+"/tool", []byte("x"), 0o700)
	_ = os.Symlink(outside+"/secret", folder+"/link")
	if files, bytes := Outputs(folder); files != 2 || bytes != 4 {
		t.Error(files, bytes)
	}
	Release(folder)
	for name, want := range map[string]os.FileMode{
		folder: 0o777, folder + "/closed": 0o777, folder + "/closed/data": 0o666, folder + "/tool": 0o777, outside + "/secret": 0o600,
	} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

func TestClosedFoldersAreOpened(t *testing.T) {
	folder := t.TempDir()
	_ = os.MkdirAll(folder+"/real/closed", 0o755)
	_ = os.WriteFile(folder+"/real/closed/data", []byte("abc"), 0o600)
	_ = os.Chmod(folder+"/real/closed", 0)
	_ = os.Symlink(folder+"/real", folder+"/link")
	if files, bytes := Outputs(folder + "/link"); files != 1 || bytes != 3 {
		t.Error(files, bytes)
	}
	_ = os.Chmod(folder+"/real/closed", 0)
	Release(folder)
	if info, err := os.Stat(folder + "/real/closed"); err != nil || info.Mode().Perm() != 0o777 {
		t.Error(info, err)
	}
}

// The working folder leads to the bottom, as no path could.
func TestReleaseGoesDeeperThanAPathCanSay(t *testing.T) {
	before, _ := os.Getwd()
	folder := t.TempDir()
	defer os.Chdir(before)
	const levels = 30
	name := strings.Repeat("d", 200)
	_ = os.Chdir(folder)
	for i := 0; i < levels; i++ {
		_ = os.Mkdir(name, 0o700)
		_ = os.Chdir(name)
	}
	_ = os.WriteFile("bottom", []byte("x"), 0o600)
	_ = os.Chdir(before)
	if files, _ := Outputs(folder); files != 1 {
		t.Error("files:", files)
	}
	ReleaseUntil(folder, time.Now().Add(time.Minute))
	if now, _ := os.Getwd(); now != before {
		t.Error("left in", now)
	}
	_ = os.Chdir(folder)
	for i := 0; i < levels; i++ {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o777 {
			t.Fatal(i, info, err)
		}
		_ = os.Chdir(name)
	}
	if info, err := os.Stat("bottom"); err != nil || info.Mode().Perm() != 0o666 {
		t.Error(info, err)
	}
}
