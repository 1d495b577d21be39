package tidy

import (
	"os"
	"testing"
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
