package tracee

import (
	"bytes"
	"math"
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
	s.Peak = field(status, "VmHWM:") << 10
}

// field finds a number in /proc/<pid>/status. It is 0 if it is not there: a process that is gone has no memory.
func field(status []byte, name string) int64 {
	_, after, _ := bytes.Cut(status, []byte("\n"+name))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	word, _ := nextWord(line)
	return number(word)
}

// parseStat reads the line of proc(5). The name in parentheses may hold anything. It is read twice in the life of every
// process, while that waits, so nothing is put aside on the way.
func parseStat(line []byte) (s Stat, ok bool) {
	open, close := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 1 || close < open {
		return s, false
	}
	state, rest := nextWord(line[close+1:])
	var fields [53]int64 // counted as in proc(5), where the state is the third
	last := 3
	for last < len(fields)-1 {
		var word []byte
		if word, rest = nextWord(rest); len(word) == 0 {
			break
		}
		last++
		fields[last] = number(word)
	}
	pid := number(bytes.TrimSpace(line[:open]))
	if pid < 1 || pid > math.MaxInt32 || last < 24 {
		return s, false
	}
	s = Stat{
		PID: int(pid), Parent: int(fields[4]), Zombie: state[0] == 'Z' || state[0] == 'X', Threads: int(fields[20]),
		CPU:      time.Duration(fields[14]+fields[15]) * (time.Second / ticks),
		Start:    time.Duration(fields[22]) * (time.Second / ticks),
		Resident: fields[24] * pageSize,
	}
	if s.Zombie {
		s.Status, s.Ended = syscall.WaitStatus(fields[52]), true
	}
	return s, true
}

// nextWord cuts a word off.
func nextWord(line []byte) (word, rest []byte) {
	for len(line) > 0 && (line[0] == ' ' || line[0] == '\t' || line[0] == '\n') {
		line = line[1:]
	}
	end := bytes.IndexAny(line, " \t\n")
	if end < 0 {
		return line, nil
	}
	return line[:end], line[end:]
}

// number reads a decimal number. It is 0 for what is none, is negative, or is larger than anything we ask for, and leaves room
// to make nanoseconds of hundredths of a second.
func number(word []byte) (n int64) {
	for _, digit := range word {
		if digit < '0' || digit > '9' || n >= 1<<35 {
			return 0
		}
		n = 10*n + int64(digit-'0')
	}
	return n
}
