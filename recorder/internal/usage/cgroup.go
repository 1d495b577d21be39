// Package usage measures what the program takes of the machine while it runs: memory, processors, space, files.
package usage

import (
	"bytes"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// cgroup is the kernel's own account of the container, where the engine lets us see it. Empty paths: it does not.
type cgroup struct {
	version2               bool
	memory, cpu, processes string
}

// findCgroup looks for the account at the group's own path, or at the root where the engine has mounted it there.
func findCgroup() cgroup {
	groups, _ := os.ReadFile("/proc/self/cgroup")
	var g cgroup
	for _, line := range strings.Split(string(groups), "\n") {
		fields := strings.SplitN(line, ":", 3)
		if len(fields) != 3 {
			continue
		}
		for _, controller := range strings.Split(fields[1], ",") {
			switch {
			case fields[0] == "0" && controller == "":
				if folder := ours("/sys/fs/cgroup", fields[2]); folder != "" && exists(path.Join(folder, "memory.stat")) {
					g.version2, g.memory, g.cpu, g.processes = true, folder, folder, folder
				}
			case controller == "memory" && !g.version2:
				g.memory = ours("/sys/fs/cgroup/memory", fields[2])
			case controller == "cpuacct" && !g.version2:
				g.cpu = firstOf(ours("/sys/fs/cgroup/cpuacct", fields[2]), ours("/sys/fs/cgroup/cpu,cpuacct", fields[2]))
			case controller == "pids" && !g.version2:
				g.processes = ours("/sys/fs/cgroup/pids", fields[2])
			}
		}
	}
	return g
}

// ours is a group's folder if it holds this process and none from outside the container, which would show as 0.
func ours(mount, group string) string {
	me := []byte(strconv.Itoa(os.Getpid()))
	for _, folder := range []string{path.Join(mount, group), mount} {
		content, err := readAll(path.Join(folder, "cgroup.procs"))
		if err != nil {
			continue
		}
		found, foreign := false, false
		for _, line := range bytes.Fields(content) {
			found = found || bytes.Equal(line, me)
			foreign = foreign || len(line) == 1 && line[0] == '0'
		}
		if found && !foreign {
			return folder
		}
	}
	return ""
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// used is the memory that the kernel cannot take back: what programs filled themselves, and what lies in /dev/shm. The
// cache of files is not part of it.
func (g cgroup) used() (int64, bool) {
	if g.memory == "" {
		return 0, false
	}
	content, err := readAll(path.Join(g.memory, "memory.stat"))
	if err != nil {
		return 0, false
	}
	names := []string{"total_rss", "total_shmem"}
	if g.version2 {
		names = []string{"anon", "shmem"}
	}
	first, known := counter(content, names[0])
	second, _ := counter(content, names[1])
	return first + second, known
}

func (g cgroup) processor() (time.Duration, bool) {
	if g.cpu == "" {
		return 0, false
	}
	if g.version2 {
		content, err := readAll(path.Join(g.cpu, "cpu.stat"))
		if err != nil {
			return 0, false
		}
		n, known := counter(content, "usage_usec")
		return time.Duration(n) * time.Microsecond, known
	}
	n, known := number(path.Join(g.cpu, "cpuacct.usage"))
	return time.Duration(n), known
}

// limits are those in force, nil where there is none.
func (g cgroup) limits() (memory, processes *int64) {
	file := "memory.limit_in_bytes"
	if g.version2 {
		file = "memory.max"
	}
	// Without a limit, version 1 says a number near the largest.
	if n, known := number(path.Join(g.memory, file)); g.memory != "" && known && n < 1<<60 {
		memory = &n
	}
	if n, known := number(path.Join(g.processes, "pids.max")); g.processes != "" && known {
		processes = &n
	}
	return memory, processes
}

// counter finds "name value" in a file of such lines.
func counter(content []byte, name string) (int64, bool) {
	for _, line := range bytes.Split(content, []byte("\n")) {
		key, value, found := bytes.Cut(line, []byte(" "))
		if found && string(key) == name {
			n, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			return n, err == nil && n >= 0
		}
	}
	return 0, false
}

// number reads a file that holds one; "max" is none.
func number(name string) (int64, bool) {
	content, err := readAll(name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(content)), 10, 64)
	return n, err == nil && n >= 0
}

// readAll is bounded: nothing here is longer.
func readAll(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, 1<<20))
}
