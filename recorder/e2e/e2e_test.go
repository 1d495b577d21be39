//go:build engine

// Package e2e proves the recorder against a real engine:
//
//	PRATIQUE_E2E_ENGINE="podman --runtime runc" PRATIQUE_E2E_IMAGE=... PRATIQUE_E2E_BINARY=... go test -tags engine ./e2e
//
// The image needs python3 and bash. PRATIQUE_E2E_FLAGS is added to every run of the engine.
package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pratique/recorder/internal/recording"
)

const nameserver = "10.96.0.10"

const resolvConf = `nameserver 10.96.0.10
search x-ns.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
`

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func engine(arguments ...string) *exec.Cmd {
	words := append(strings.Fields(env("PRATIQUE_E2E_ENGINE", "podman")), arguments...)
	return exec.Command(words[0], words[1:]...)
}

func image() string { return os.Getenv("PRATIQUE_E2E_IMAGE") }

// slots keeps the load small; most cases only wait.
var slots = make(chan struct{}, 4)

// run is what a case does and what came of it.
type run struct {
	engineFlags []string
	runFlags    []string
	image       string
	argv        []string
	noHolder    bool

	code     int
	output   string
	document recording.Document
	folder   string
}

func python(code string) []string { return []string{"python3", "-c", code} }

func (r *run) execute(t *testing.T) {
	t.Helper()
	t.Parallel()
	slots <- struct{}{}
	defer func() { <-slots }()
	name := "pratique-e2e-" + strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	if r.image == "" {
		r.image = image()
	}
	common := append(strings.Fields(os.Getenv("PRATIQUE_E2E_FLAGS")),
		"--cap-drop", "ALL", "-v", env("PRATIQUE_E2E_BINARY", "")+":/.pratique/recorder:ro", "--entrypoint", "/.pratique/recorder")

	network := []string{"--network", "none"}
	if !r.noHolder {
		holder := append([]string{"run", "-d", "--name", name, "--network", "none", "--user", "0:0",
			"--cap-add", "NET_ADMIN", "--cap-add", "NET_BIND_SERVICE", "--cap-add", "NET_RAW"}, common...)
		if out, err := engine(append(holder, r.image, "hold", "--nameserver", nameserver)...).CombinedOutput(); err != nil {
			t.Fatalf("holder: %v: %s", err, out)
		}
		t.Cleanup(func() { _ = engine("rm", "-f", name).Run() })
		waitReady(t, name)
		network = []string{"--network", "container:" + name}
	}

	r.folder = t.TempDir()
	record := filepath.Join(r.folder, "record")
	if err := os.Mkdir(record, 0o777); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(record, 0o777)
	resolv := filepath.Join(r.folder, "resolv.conf")
	_ = os.WriteFile(resolv, []byte(resolvConf), 0o644)

	arguments := append([]string{"run", "--rm", "--name", name + "-target", "--user", "1998602116:1998600502",
		"--security-opt", "no-new-privileges", "-v", record + ":/.pratique/record", "-v", resolv + ":/etc/resolv.conf:ro"}, network...)
	if strings.Contains(env("PRATIQUE_E2E_ENGINE", "podman"), "podman") {
		arguments = append(arguments, "--passwd=false")
	}
	arguments = append(append(arguments, common...), r.engineFlags...)
	arguments = append(arguments, r.image, "run", "--record", "/.pratique/record", "--nameserver", nameserver,
		"--search", "x-ns.svc.cluster.local", "--search", "svc.cluster.local", "--search", "cluster.local",
		"--allow", "/safe_outputs", "--allow", "/scratch")
	arguments = append(append(arguments, r.runFlags...), "--")
	arguments = append(arguments, r.argv...)

	var output bytes.Buffer
	command := engine(arguments...)
	command.Stdout, command.Stderr = &output, &output
	watchdog := time.AfterFunc(100*time.Second, func() { _ = engine("rm", "-f", name+"-target").Run() })
	err := command.Run()
	watchdog.Stop()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r.code, r.output = command.ProcessState.ExitCode(), output.String()
	content, err := os.ReadFile(filepath.Join(record, recording.FileName))
	if err != nil {
		t.Fatalf("%v; output: %s", err, r.output)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r.document); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("code %d, output:\n%s\n%s", r.code, r.output, content)
		}
	})
}

func waitReady(t *testing.T, name string) {
	t.Helper()
	for i := 0; i < 50; i++ {
		out, _ := engine("logs", name).CombinedOutput()
		if strings.Contains(string(out), `"ready":true`) {
			t.Logf("%s", bytes.TrimSpace(out))
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the holder did not get ready")
}

// attempt finds one as "protocol host-or-address[:port]".
func (r *run) attempt(t *testing.T, wanted string) recording.Attempt {
	t.Helper()
	for _, a := range r.document.Attempts {
		got := a.Protocol + " "
		if a.Host != nil {
			got += *a.Host
		} else {
			got += fmt.Sprintf("%s:%d", *a.Address, *a.Port)
		}
		if got == wanted {
			return a
		}
	}
	t.Errorf("no attempt %q", wanted)
	return recording.Attempt{}
}

func between(t *testing.T, what string, value, low, high float64) {
	t.Helper()
	if value < low || value > high {
		t.Errorf("%s is %v, not between %v and %v", what, value, low, high)
	}
}

func (r *run) observed(t *testing.T) {
	t.Helper()
	c := r.document.Coverage
	if c.Network.Status != "observed" || c.Writes.Status != "observed" || !r.document.Complete {
		t.Errorf("coverage %+v, complete %v", c, r.document.Complete)
	}
}

func (r *run) ended(t *testing.T, code int, cause recording.Cause) {
	t.Helper()
	if r.document.Exit == nil || r.document.Exit.Cause != cause || r.document.Exit.Code != code || r.code != code {
		t.Errorf("ended with %+v, engine says %d; wanted %d, %s", r.document.Exit, r.code, code, cause)
	}
}

func TestGlibcLookup(t *testing.T) {
	r := run{argv: python(`
import socket
for i in range(2):
    try: socket.getaddrinfo("huggingface.co", 443)
    except OSError as e: print(e)
raise SystemExit(3)`)}
	r.execute(t)
	r.observed(t)
	r.ended(t, 3, recording.Exited)
	a := r.attempt(t, "dns huggingface.co")
	between(t, "lookups", float64(a.Count), 2, 2)
	between(t, "seconds lost", a.SecondsLost, 39, 42)
	between(t, "total lost", r.document.SecondsLost, 39, 42)
	if !strings.HasPrefix(a.Process.Command, "python3 -c") || !strings.Contains(a.Process.Executable, "python3") {
		t.Errorf("process %+v", a.Process)
	}
	if len(r.document.Attempts) != 1 {
		t.Errorf("%d attempts", len(r.document.Attempts))
	}
}

func TestBlockingConnect(t *testing.T) {
	r := run{argv: python(`
import socket
s = socket.socket(); s.settimeout(3)
try: s.connect(("151.101.0.1", 443))
except OSError as e: print(repr(e))
s = socket.socket(socket.AF_INET6); s.settimeout(2)
try: s.connect(("2001:db8::1", 80))
except OSError as e: print(repr(e))`)}
	r.execute(t)
	r.observed(t)
	between(t, "IPv4", r.attempt(t, "tcp 151.101.0.1:443").SecondsLost, 2.7, 3.4)
	r.attempt(t, "tcp 2001:db8::1:80")
}

func TestNonBlockingConnects(t *testing.T) {
	r := run{argv: python(`
import asyncio
async def go(n):
    try: await asyncio.wait_for(asyncio.open_connection(f"151.101.0.{n}", 443), 3)
    except Exception as e: print(repr(e))
async def main(): await asyncio.gather(*[go(n) for n in range(3)])
asyncio.run(main())`)}
	r.execute(t)
	r.observed(t)
	for n := 0; n < 3; n++ {
		a := r.attempt(t, fmt.Sprintf("tcp 151.101.0.%d:443", n))
		between(t, "count", float64(a.Count), 1, 1)
		between(t, "each", a.SecondsLost, 2.7, 3.4)
	}
	between(t, "union", r.document.SecondsLost, 2.7, 3.5)
}

func TestDatagrams(t *testing.T) {
	r := run{argv: python(`
import socket, time
s = socket.socket(type=socket.SOCK_DGRAM)
s.sendto(b"x", ("8.8.8.8", 53))
u = socket.socket(type=socket.SOCK_DGRAM); u.connect(("9.9.9.9", 80))  # address sorting: nothing is sent
v = socket.socket(type=socket.SOCK_DGRAM); v.connect(("9.9.9.8", 123)); v.sendmsg([b"x"])
time.sleep(1)`)}
	r.execute(t)
	r.observed(t)
	between(t, "dns elsewhere", r.attempt(t, "udp 8.8.8.8:53").SecondsLost, 0.7, 1.4)
	r.attempt(t, "udp 9.9.9.8:123")
	if len(r.document.Attempts) != 2 {
		t.Errorf("%+v", r.document.Attempts)
	}
}

func TestLocalTrafficIsSilent(t *testing.T) {
	r := run{argv: python(`
import socket, multiprocessing as m, os
def child(port):
    s = socket.create_connection(("127.0.0.1", port)); s.sendall(b"hello"); s.close()
a = socket.create_server(("127.0.0.1", 0))
p = m.get_context("fork").Process(target=child, args=(a.getsockname()[1],)); p.start()
c, _ = a.accept(); print(c.recv(10)); p.join()
x, y = socket.socketpair(); x.sendmsg([b"z"])`)}
	r.execute(t)
	r.observed(t)
	r.ended(t, 0, recording.Exited)
	if len(r.document.Attempts) != 0 || !strings.Contains(r.output, "hello") {
		t.Errorf("%+v %s", r.document.Attempts, r.output)
	}
}

const writer = `
import os, tempfile
def w(p):
    try:
        with open(p, "w") as f: f.write("x")
        print("ok", p)
    except OSError as e: print("failed", p, e.strerror)
w("/app/results.csv"); w("/tmp/scratch.txt"); w(os.path.expanduser("~/.history")); w("/nowhere/x"); w("/dev/null")
w("/safe_outputs/fine.csv"); w("/proc/self/oom_score_adj")
try: os.makedirs("/safe_outputs/a/b", exist_ok=True)
except OSError as e: print(e)
try: os.mkdir("/.cache")
except OSError as e: print(e)
for f in (lambda: os.rename("/tmp/scratch.txt", "/tmp/renamed"), lambda: os.unlink("/tmp/renamed")):
    try: f()
    except OSError as e: print(e)
open("/etc/hostname").read()
`

func (r *run) writes() (stray, failed map[string]string) {
	stray, failed = map[string]string{}, map[string]string{}
	for _, w := range r.document.StrayWrites {
		stray[w.Operation+" "+w.Path] = w.Process.Command
	}
	for _, w := range r.document.FailedWrites {
		failed[w.Operation+" "+w.Path] = w.Reason
	}
	return stray, failed
}

func (r *run) sharedOutputs(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	_ = os.Chmod(folder, 0o777)
	r.engineFlags = append(r.engineFlags, "-v", folder+":/safe_outputs")
	r.runFlags = append(r.runFlags, "--outputs", "/safe_outputs", "--release", "/safe_outputs")
}

func TestWrites(t *testing.T) {
	r := run{argv: python(writer), engineFlags: []string{"-e", "HOME=/"}}
	r.sharedOutputs(t)
	r.execute(t)
	r.observed(t)
	stray, failed := r.writes()
	for _, wanted := range []string{"create /tmp/scratch.txt", "rename /tmp/renamed", "delete /tmp/renamed"} {
		if _, found := stray[wanted]; !found {
			t.Errorf("no stray write %q", wanted)
		}
	}
	if len(stray) != 3 {
		t.Errorf("stray: %v", stray)
	}
	for path, reason := range map[string]string{"create /.history": "permission denied", "create /nowhere/x": "no such folder", "mkdir /.cache": "permission denied"} {
		if failed[path] != reason {
			t.Errorf("failed %q: %q, not %q", path, failed[path], reason)
		}
	}
	if r.document.Outputs != (recording.Outputs{Files: 1, Bytes: 1}) {
		t.Errorf("outputs %+v", r.document.Outputs)
	}
}

func TestAllowedFolderIsMissing(t *testing.T) {
	r := run{argv: python(`open("/safe_outputs/fine.csv", "w")`), noHolder: true}
	r.execute(t)
	r.ended(t, 1, recording.Exited)
	if _, failed := r.writes(); failed["create /safe_outputs/fine.csv"] != "no such folder" {
		t.Errorf("failed: %v", failed)
	}
}

// TestHideAndSeek tries what passes by a less careful observer.
func TestHideAndSeek(t *testing.T) {
	r := run{argv: python(`
import ctypes, os, pathlib, socket, struct
def query(name): return b"\x124\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04" + name + b"\x07example\x03org\x00\x00\x01\x00\x01"
s = socket.create_connection(("10.96.0.10", 53)); s.settimeout(1)
s.sendall(struct.pack("!H", len(query(b"tcpq"))) + query(b"tcpq"))
try: s.recv(1)
except OSError: pass
u = socket.socket(type=socket.SOCK_DGRAM); u.settimeout(0.5); u.sendto(query(b"udpq"), ("10.96.0.10", 53))
try: u.recv(1)
except OSError: pass
pathlib.Path("/tmp/p/q").mkdir(parents=True)
os.chdir("/tmp"); os.symlink("rel", "link"); open("link", "w").close()
libc = ctypes.CDLL(None, use_errno=True)
print("io_uring", libc.syscall(425, 8, 0), ctypes.get_errno())
how = ctypes.create_string_buffer(24); how[0] = 0x41
libc.syscall(437, -100, b"/tmp/openat2", how, 24)
libc.prctl(4, 0, 0, 0, 0)  # not dumpable any more
open("/tmp/unseen", "w").close()`)}
	r.execute(t)
	r.ended(t, 0, recording.Exited)
	between(t, "name by TCP", r.attempt(t, "dns tcpq.example.org").SecondsLost, 0.8, 2)
	between(t, "name by UDP", r.attempt(t, "dns udpq.example.org").SecondsLost, 0.3, 1)
	stray, failed := r.writes()
	for _, wanted := range []string{"mkdir /tmp/p", "mkdir /tmp/p/q", "symlink /tmp/link", "create /tmp/rel", "create /tmp/openat2"} {
		if _, found := stray[wanted]; !found {
			t.Errorf("no stray write %q", wanted)
		}
	}
	if len(failed) != 0 {
		t.Errorf("failed: %v", failed)
	}
	if r.document.Coverage.Writes.Status != recording.Partial || !strings.Contains(r.output, "io_uring -1 38") {
		t.Errorf("%+v %s", r.document.Coverage, r.output)
	}
}

func TestReadOnlyRoot(t *testing.T) {
	r := run{argv: python(writer), engineFlags: []string{"--read-only", "-e", "HOME=/"}}
	if strings.Contains(env("PRATIQUE_E2E_ENGINE", "podman"), "podman") {
		r.engineFlags = append(r.engineFlags, "--read-only-tmpfs=false")
	}
	r.sharedOutputs(t)
	r.execute(t)
	r.observed(t)
	stray, failed := r.writes()
	if len(stray) != 0 {
		t.Errorf("stray: %v", stray)
	}
	// The kernel checks the permission bits before the mount.
	if failed["create /tmp/scratch.txt"] != "read-only file system" {
		t.Errorf("failed: %v", failed)
	}
}

func TestForkHeavyAndProcessList(t *testing.T) {
	r := run{argv: []string{"bash", "-c", `for i in $(seq 300); do /bin/true; done; echo done > /dev/null; exec python3 -c 'print("bye")'`}}
	r.execute(t)
	r.observed(t)
	r.ended(t, 0, recording.Exited)
	counts := map[string]int{}
	for _, p := range r.document.Processes {
		counts[p.Command] += p.Count
	}
	if counts["/bin/true"] != 300 || !strings.Contains(r.output, "bye") {
		t.Errorf("%v %s", counts, r.output)
	}
}

func TestKilled(t *testing.T) {
	r := run{argv: []string{"bash", "-c", "kill -9 $$"}}
	r.execute(t)
	r.ended(t, 137, recording.Signalled)
}

func TestTimeLimitEndsEverything(t *testing.T) {
	r := run{argv: []string{"bash", "-c", `trap "" TERM; (trap "" TERM; while :; do sleep 1; done) & while :; do sleep 1; done`},
		runFlags: []string{"--time-limit", "2s", "--grace", "1s"}}
	r.execute(t)
	r.ended(t, 124, recording.TimeLimit)
	between(t, "seconds", r.document.Seconds, 3, 5)
}

func TestMemoryKill(t *testing.T) {
	r := run{argv: python(`x = bytearray(400 << 20)`), engineFlags: []string{"--memory", "64m", "--memory-swap", "64m"}}
	r.execute(t)
	r.ended(t, 137, recording.Memory)
}

func TestMultiprocessing(t *testing.T) {
	r := run{argv: python(`
import multiprocessing as m, socket
def f(n):
    s = socket.socket(); s.settimeout(1)
    try: s.connect((f"192.0.2.{n}", 80))
    except OSError: pass
    return n
if __name__ == "__main__":
    with m.get_context("fork").Pool(4) as p: print(sum(p.map(f, range(8), 1)))`)}
	r.execute(t)
	r.observed(t)
	r.ended(t, 0, recording.Exited)
	for n := 0; n < 8; n++ {
		r.attempt(t, fmt.Sprintf("tcp 192.0.2.%d:80", n))
	}
	between(t, "union", r.document.SecondsLost, 1.5, 3.5)
}

func TestCannotStart(t *testing.T) {
	cases := []struct {
		name  string
		argv  []string
		code  int
		cause recording.Cause
	}{
		{"missing", []string{"python33"}, 127, recording.NotFound},
		{"data", []string{"/etc/passwd"}, 126, recording.NotExecutable},
	}
	for _, c := range cases {
		c := c
		t.Run(c.name, func(t *testing.T) {
			r := run{argv: c.argv, noHolder: true}
			r.execute(t)
			r.ended(t, c.code, c.cause)
		})
	}
}

func TestBashTerminalIsNoFinding(t *testing.T) {
	r := run{argv: []string{"bash", "-c", ": > /dev/tty"}, noHolder: true}
	r.execute(t)
	between(t, "opens", float64(r.document.Input.TerminalOpens), 1, 3)
	if len(r.document.StrayWrites)+len(r.document.FailedWrites) != 0 {
		t.Error("findings")
	}
	if r.document.Coverage.Names.Status != recording.NotObserved {
		t.Error("names cannot have been observed")
	}
}

// TestScratchImage needs PRATIQUE_E2E_SCRATCH: an image that holds nothing but a static Go program /probe.
func TestScratchImage(t *testing.T) {
	scratch := os.Getenv("PRATIQUE_E2E_SCRATCH")
	if scratch == "" {
		t.Skip("PRATIQUE_E2E_SCRATCH is not set")
	}
	r := run{image: scratch, argv: []string{"/probe", "models.example.org"}}
	r.execute(t)
	r.observed(t)
	a := r.attempt(t, "dns models.example.org")
	between(t, "lookups", float64(a.Count), 1, 2)
	between(t, "lost", a.SecondsLost, 9, 45)
}
