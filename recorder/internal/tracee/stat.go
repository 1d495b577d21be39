package tracee

import (
	"bytes"
	"strconv"
	"syscall"
	"time"
)

// Stat is what /proc/<pid>/stat and status tell of a whole process.
type Stat struct {
	PID      int
	Parent   int
	Zombie   bool
	CPU      time.Duration // user and system
	Threads  int
	Start    time.Duration // since the machine started
	Resident int64         // bytes
	Peak     int64         // most bytes resident; 0 if it is not known
	Status   syscall.WaitStatus
	Ended    bool // Status is that of its end
}

// ticks is USER_HZ, the same on all our architectures.
const ticks = 100

// ReadStat looks at a process.
func ReadStat(pid int) (Stat, bool) {
	var buffer [1024]byte
	return parseStat(readSome("/proc/"+strconv.Itoa(pid)+"/stat", buffer[:]))
}

// AddPeak completes it, at the cost of another file.
func (s *Stat) AddPeak() {
	var buffer [2048]byte
	status := readSome("/proc/"+strconv.Itoa(s.PID)+"/status", buffer[:])
	if kilobytes, ok := field(status, "VmHWM:"); ok {
		s.Peak = kilobytes << 10
	}
}

// field finds a number in /proc/<pid>/status.
func field(status []byte, name string) (int64, bool) {
	_, after, found := bytes.Cut(status, []byte("\n"+name))
	if !found {
		return 0, false
	}
	line, _, _ := bytes.Cut(after, []byte("\n"))
	words := bytes.Fields(line)
	if len(words) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(words[0]), 10, 64)
	return n, err == nil && n >= 0 && n < 1<<50
}

// parseStat reads the line of proc(5). The name in parentheses may hold anything.
func parseStat(line []byte) (s Stat, ok bool) {
	open, close := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 1 || close < open {
		return s, false
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(line[:open])))
	fields := bytes.Fields(line[close+1:])
	if err != nil || len(fields) < 22 {
		return s, false
	}
	number := func(i int) int64 { // counted as in proc(5), where the state is the third
		if i-3 >= len(fields) {
			return 0
		}
		n, err := strconv.ParseInt(string(fields[i-3]), 10, 64)
		if err != nil || n < 0 || n > 1<<53 {
			return 0
		}
		return n
	}
	s = Stat{
		PID: pid, Parent: int(number(4)), Zombie: fields[0][0] == 'Z' || fields[0][0] == 'X', Threads: int(number(20)),
		CPU:      time.Duration(number(14)+number(15)) * (time.Second / ticks),
		Start:    time.Duration(number(22)) * (time.Second / ticks),
		Resident: number(24) * pageSize,
	}
	if s.Zombie {
		s.Status, s.Ended = syscall.WaitStatus(number(52)), true
	}
	return s, true
}
