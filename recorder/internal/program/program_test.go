package program

import (
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"pratique/recorder/internal/recording"
)

func TestFind(t *testing.T) {
	folder := t.TempDir()
	_ = os.WriteFile(folder+"/tool", []byte("#!/bin/sh\n"), 0o755)
	_ = os.WriteFile(folder+"/data", nil, 0o644)
	_ = os.Mkdir(folder+"/folder", 0o755)
	environment := []string{"PATH=/nonexistent:" + folder}
	cases := []struct {
		name, path string
		cause      recording.Cause
	}{
		{"tool", folder + "/tool", ""},
		{folder + "/tool", folder + "/tool", ""},
		{"data", "", recording.NotExecutable},
		{"folder", "", recording.NotExecutable},
		{"nothing", "", recording.NotFound},
		{"./nothing", "./nothing", recording.NotFound},
		{"", "", recording.NotFound},
	}
	for _, c := range cases {
		path, failure := Find(c.name, environment)
		cause := recording.Cause("")
		if failure != nil {
			cause = failure.Cause
		}
		if path != c.path || cause != c.cause {
			t.Errorf("%s: %q %q", c.name, path, cause)
		}
	}
	if path, failure := Find("sh", nil); failure != nil || !strings.HasSuffix(path, "/sh") {
		t.Error(path, failure)
	}
}

func TestExplain(t *testing.T) {
	folder := t.TempDir()
	file := func(name, content string) string {
		_ = os.WriteFile(folder+"/"+name, []byte(content), 0o755)
		return folder + "/" + name
	}
	foreign := "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\xf3\x00" + strings.Repeat("\x00", 100) // RISC-V
	cases := []struct {
		path   string
		errno  syscall.Errno
		cause  recording.Cause
		detail string
	}{
		{file("script", "#!/opt/conda/bin/python -u\nprint(1)\n"), syscall.ENOENT, recording.MissingInterpreter, "/opt/conda/bin/python"},
		{file("windows", "#!/bin/bash\r\n"), syscall.ENOENT, recording.MissingInterpreter, "Windows line endings"},
		{file("plain", "echo hello\n"), syscall.ENOEXEC, recording.WrongArchitecture, "#! line"},
		{file("foreign", foreign), syscall.ENOEXEC, recording.WrongArchitecture, "built for riscv64"},
		{file("short", "\x7fELF"), syscall.ENOEXEC, recording.WrongArchitecture, ""},
		{file("denied", "#!/etc/passwd\n"), syscall.EACCES, recording.NotExecutable, "/etc/passwd"},
		{folder + "/gone", syscall.ENOENT, recording.NotFound, "does not exist"},
	}
	for _, c := range cases {
		got := Explain(c.path, c.errno)
		if got.Cause != c.cause || !strings.Contains(got.Detail, c.detail) {
			t.Errorf("%s: %+v", c.path, got)
		}
	}
}

func TestCounterFiles(t *testing.T) {
	got := counterFiles("12:memory:/docker/abc\n3:cpu,cpuacct:/x\n0::/user.slice\nrubbish\n")
	want := []string{
		"/sys/fs/cgroup/memory/docker/abc/memory.oom_control", "/sys/fs/cgroup/user.slice/memory.events",
		"/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events",
	}
	if !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
}

func TestParseKills(t *testing.T) {
	for content, want := range map[string]int{
		"low 0\nmax 4\noom 1\noom_kill 2\noom_group_kill 0\n": 2, "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n": 3,
	} {
		if got, known := parseKills(content); got != want || !known {
			t.Errorf("%q: %d %v", content, got, known)
		}
	}
	if _, known := parseKills("oom_kill_disable 0\n"); known {
		t.Error("there is no counter")
	}
}

func TestParentOf(t *testing.T) {
	if parent, ok := parentOf(os.Getpid()); !ok || parent != os.Getppid() {
		t.Error(parent, ok)
	}
}

func TestReserve(t *testing.T) {
	const threads = 40
	reserve(threads)
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil || len(tasks) < threads {
		t.Error(len(tasks), err)
	}
}
