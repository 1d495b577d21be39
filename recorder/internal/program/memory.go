package program

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// MemoryKills reads how often the kernel killed a process of this container because its memory limit was reached.
func MemoryKills() (kills int, known bool) {
	groups, _ := os.ReadFile("/proc/self/cgroup")
	for _, file := range counterFiles(string(groups)) {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if kills, known = parseKills(string(content)); known {
			return kills, true
		}
	}
	return 0, false
}

// counterFiles lists where the counter may be: in cgroup v2 or v1, at the group's own path or, with a private cgroup
// namespace or a bind mount, at the root.
func counterFiles(groups string) []string {
	var own, root []string
	for _, line := range strings.Split(groups, "\n") {
		fields := strings.SplitN(line, ":", 3)
		if len(fields) != 3 {
			continue
		}
		switch {
		case fields[0] == "0" && fields[1] == "":
			own = append(own, path.Join("/sys/fs/cgroup", fields[2], "memory.events"))
			root = append(root, "/sys/fs/cgroup/memory.events")
		case fields[1] == "memory":
			own = append(own, path.Join("/sys/fs/cgroup/memory", fields[2], "memory.oom_control"))
			root = append(root, "/sys/fs/cgroup/memory/memory.oom_control")
		}
	}
	return append(own, root...)
}

func parseKills(content string) (int, bool) {
	for _, line := range strings.Split(content, "\n") {
		name, value, _ := strings.Cut(line, " ")
		if name == "oom_kill" {
			kills, err := strconv.Atoi(value)
			return kills, err == nil
		}
	}
	return 0, false
}
