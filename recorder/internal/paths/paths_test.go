package paths

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestZones(t *testing.T) {
	z := NewZones([]string{"/safe_outputs/", "/scratch", "/dev/shm"})
	for name, want := range map[string]Zone{
		"/safe_outputs": Allowed, "/safe_outputs/a": Allowed, "/safe_outputs2/a": Stray, "/scratch/x/y": Allowed,
		"/dev/shm/sem": Allowed, "/dev/null": System, "/dev/tty": Terminal, "/dev/mqueue/q": Stray,
		"/proc/self/mem": System, "/sys/x": System, "/process": Stray, "/app/results.csv": Stray, "/": Stray,
	} {
		if got := z.Of(name); got != want {
			t.Errorf("%s: %d, not %d", name, got, want)
		}
	}
	if NewZones(nil).Of("/dev/shm/x") != Stray {
		t.Error("/dev/shm is a place for files")
	}
}

func TestResolve(t *testing.T) {
	root, _ := filepath.EvalSymlinks(t.TempDir())
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(root+"/real/deep", 0o755))
	must(os.WriteFile(root+"/real/file", nil, 0o644))
	must(os.Symlink("real", root+"/link"))
	must(os.Symlink(root+"/real/new", root+"/dangling"))
	must(os.Symlink("loop", root+"/loop"))
	view := View{PID: os.Getpid, TID: os.Getpid()}
	cases := []struct {
		name   string
		follow bool
		path   string
		exists bool
		err    syscall.Errno
	}{
		{"link/file", true, "/real/file", true, 0},
		{"link/deep/../file", true, "/real/file", true, 0},
		{"./link//new", true, "/real/new", false, 0},
		{"dangling", true, "/real/new", false, 0},
		{"dangling", false, "/dangling", true, 0},
		{"missing/new", true, "/missing/new", false, syscall.ENOENT},
		{"real/file/new", true, "/real/file/new", false, syscall.ENOTDIR},
		{"loop", true, "/loop", false, syscall.ELOOP},
		{"", true, "", false, syscall.ENOENT},
	}
	for _, c := range cases {
		got := view.Resolve(root, c.name, c.follow)
		if got.Path != root+c.path || got.Exists != c.exists || got.Err != c.err {
			t.Errorf("%q: %+v", c.name, got)
		}
	}
	if got := view.Resolve("/", "/proc/self/status", true); got.Path != "/proc/"+strconv.Itoa(os.Getpid())+"/status" {
		t.Errorf("%+v", got)
	}
	r, w, err := os.Pipe()
	must(err)
	defer r.Close()
	defer w.Close()
	if got := view.Resolve("/", "/proc/self/fd/"+strconv.Itoa(int(w.Fd())), true); !got.Opaque {
		t.Errorf("%+v", got)
	}
	view.Resolve("/", "/"+strings.Repeat("a/../", 2000), true) // must end
}

func TestPredictOpen(t *testing.T) {
	root := t.TempDir()
	_ = os.WriteFile(root+"/file", nil, 0o644)
	view := View{}
	cases := []struct {
		name  string
		flags int
		want  Prediction
	}{
		{"new", syscall.O_WRONLY | syscall.O_CREAT, Prediction{Create, true, 0}},
		{"new", syscall.O_RDWR, nothing},
		{"file", syscall.O_RDWR, Prediction{Write, true, 0}},
		{"file", syscall.O_RDONLY | syscall.O_TRUNC, Prediction{Write, true, 0}},
		{"file", syscall.O_RDONLY | syscall.O_CREAT, nothing},
		{"file", syscall.O_RDWR | syscall.O_CREAT | syscall.O_EXCL, nothing},
		{".", syscall.O_RDWR, nothing},
		{".", syscall.O_RDWR | tmpfile | syscall.O_DIRECTORY, Prediction{Create, true, 0}},
		{"no/where", syscall.O_WRONLY | syscall.O_CREAT, Prediction{Create, false, syscall.ENOENT}},
		{"no/where", syscall.O_WRONLY, nothing},
		{"file/x", syscall.O_WRONLY | syscall.O_CREAT, Prediction{Create, false, syscall.ENOTDIR}},
	}
	for _, c := range cases {
		if got := PredictOpen(view.Resolve(root, c.name, true), c.flags); got != c.want {
			t.Errorf("%s %#o: %+v, not %+v", c.name, c.flags, got, c.want)
		}
	}
}

func TestPredictChanges(t *testing.T) {
	root := t.TempDir()
	_ = os.WriteFile(root+"/file", nil, 0o644)
	_ = os.Mkdir(root+"/folder", 0o755)
	_ = os.WriteFile(root+"/folder/inside", nil, 0o644)
	at := func(name string) Location { return View{}.Resolve(root, name, false) }
	cases := []struct {
		what      string
		got, want Prediction
	}{
		{"mkdir new", PredictNew(Mkdir, at("x")), Prediction{Mkdir, true, 0}},
		{"mkdir existing", PredictNew(Mkdir, at("folder")), nothing},
		{"mkdir without parent", PredictNew(Mkdir, at("x/y")), Prediction{Mkdir, false, syscall.ENOENT}},
		{"unlink", PredictDelete(at("file"), false), Prediction{Delete, true, 0}},
		{"unlink missing", PredictDelete(at("x"), false), nothing},
		{"unlink a folder", PredictDelete(at("folder"), false), nothing},
		{"rmdir of a full folder", PredictDelete(at("folder"), true), nothing},
		{"rename", PredictRename(at("file"), at("x")), Prediction{Rename, true, 0}},
		{"rename missing", PredictRename(at("x"), at("y")), nothing},
		{"rename to nowhere", PredictRename(at("file"), at("x/y")), Prediction{Rename, false, syscall.ENOENT}},
		{"truncate", PredictTruncate(at("file")), Prediction{Truncate, true, 0}},
		{"truncate a folder", PredictTruncate(at("folder")), nothing},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: %+v, not %+v", c.what, c.got, c.want)
		}
	}
}

func FuzzResolve(f *testing.F) {
	f.Add("/proc/self/../../tmp/./x")
	f.Add("../../../..")
	f.Fuzz(func(t *testing.T, name string) {
		if got := (View{PID: os.Getpid}).Resolve("/tmp", name, true); !got.Opaque && !strings.HasPrefix(got.Path, "/") {
			t.Errorf("%q leads to %q", name, got.Path)
		}
	})
}
