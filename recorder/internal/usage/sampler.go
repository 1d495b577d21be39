package usage

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"pratique/recorder/internal/census"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
)

const (
	maxSamples = 300
	// The first look comes soon, so that short runs are seen too. Later ones take at most a hundredth of a processor.
	firstInterval = 50 * time.Millisecond
	leastInterval = 100 * time.Millisecond
	costFactor    = 100
	maxFull       = 8
	// Looking for who writes where there is no room left.
	maxWriters     = 20
	maxDescriptors = 4096
)

// Sampler looks at the program now and then.
type Sampler struct {
	Book      *recording.Book
	Census    *census.Census
	Directory *tracee.Directory
	Started   time.Time
	// Folders of interest; an empty path is none.
	Scratch, Outputs, SharedMemory string
	// Also runs at each look.
	Also func()

	mu       sync.Mutex
	group    cgroup
	volumes  [3]*volume
	interval time.Duration
	lastCPU  time.Duration
	lastAt   time.Time
	full     map[string]bool
	limit    *int64 // of open files
}

// Prepare reads the limits. It must be over before the filter is installed.
func (s *Sampler) Prepare() {
	s.group = findCgroup()
	s.volumes = [3]*volume{newVolume(s.Scratch), newVolume(s.Outputs), newVolume(s.SharedMemory)}
	s.interval = leastInterval
	s.full = map[string]bool{}
	s.lastAt = s.Started
	s.lastCPU, _ = s.processor(0)
	memory, processes := s.group.limits()
	limits := recording.Limits{
		Memory: memory, Processes: processes, SharedMemory: s.volumes[2].limit(), Scratch: s.volumes[0].limit(),
	}
	s.Book.Edit(func(d *recording.Document) { d.Usage.Limits = limits })
}

// Run samples until stop is closed.
func (s *Sampler) Run(stop <-chan struct{}) {
	// Locked to a thread, so that the kernel can tell what a look costs, whatever else the machine does meanwhile.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const thisThread = 1
	pause := firstInterval
	for {
		select {
		case <-stop:
			return
		case <-time.After(pause):
		}
		before := rusage(thisThread)
		s.Sample()
		s.mu.Lock()
		if pause = costFactor * (rusage(thisThread) - before); pause < s.interval {
			pause = s.interval
		}
		s.mu.Unlock()
	}
}

// Sample looks once. It is also called as the main process ends, when everything is still there.
func (s *Sampler) Sample() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	totals := s.Census.Look(s.Directory)
	var row sample
	row.at = now.Sub(s.Started).Seconds()
	row.threads = totals.Threads
	row.processes = &totals.Processes
	if used, known := s.group.used(); known {
		row.memory = &used
	} else if totals.Processes > 0 {
		row.memory = &totals.Resident
	}
	if cpu, known := s.processor(totals.CPU); known {
		if elapsed := now.Sub(s.lastAt); elapsed >= 20*time.Millisecond {
			share := (cpu - s.lastCPU).Seconds() / elapsed.Seconds()
			if share < 0 {
				share = 0
			}
			row.processors = &share
			s.lastCPU, s.lastAt = cpu, now
		}
	}
	if totals.Processes > 0 {
		files := s.openFiles(totals.PIDs)
		row.openFiles = &files
		if s.limit == nil {
			s.limit = openFilesLimit(totals.PIDs[0])
		}
	}
	fields := [3]**int64{&row.scratch, &row.outputs, &row.sharedMemory}
	for i, v := range s.volumes {
		bytes, full := v.measure()
		*fields[i] = bytes
		if full && !s.full[v.path] {
			s.full[v.path] = true
			s.noteFull(v.path, row.at, totals.PIDs)
		}
	}
	s.Book.Edit(func(d *recording.Document) {
		d.Usage.Limits.OpenFiles = s.limit
		s.keep(&d.Usage, row)
	})
	if s.Also != nil {
		s.Also()
	}
}

// processor is the time that all processes have used, those that have ended included, without the recorder's own.
func (s *Sampler) processor(alive time.Duration) (time.Duration, bool) {
	if used, known := s.group.processor(); known {
		return used - rusage(syscall.RUSAGE_SELF), true
	}
	return rusage(syscall.RUSAGE_CHILDREN) + alive, true
}

func rusage(who int) time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// openFiles counts descriptors. Since Linux 6.2 the folder's size is their number.
func (s *Sampler) openFiles(pids []int) int64 {
	var sum int64
	for _, pid := range pids {
		name := "/proc/" + strconv.Itoa(pid) + "/fd"
		info, err := os.Stat(name)
		if err != nil {
			continue
		}
		if info.Size() > 0 {
			sum += info.Size()
			continue
		}
		if folder, err := os.Open(name); err == nil {
			names, _ := folder.Readdirnames(maxDescriptors)
			folder.Close()
			sum += int64(len(names))
		}
	}
	return sum
}

// noteFull writes down that there is no room left, and which files are being written there: they will not be whole.
func (s *Sampler) noteFull(path string, at float64, pids []int) {
	s.Book.Edit(func(d *recording.Document) {
		if len(d.Usage.Full) < maxFull {
			d.Usage.Full = append(d.Usage.Full, recording.Full{Path: path, At: round(at)})
		}
	})
	found := 0
	for _, pid := range pids {
		folder := "/proc/" + strconv.Itoa(pid)
		open, err := os.Open(folder + "/fd")
		if err != nil {
			continue
		}
		names, _ := open.Readdirnames(maxDescriptors)
		open.Close()
		for _, name := range names {
			target, err := os.Readlink(folder + "/fd/" + name)
			if err != nil || !strings.HasPrefix(target, path+"/") || !writable(folder+"/fdinfo/"+name) {
				continue
			}
			s.Book.FailedWrite(strings.TrimSuffix(target, " (deleted)"), "write", noSpaceLeft, recording.Process(s.Directory.Of(uint32(pid))))
			if found++; found >= maxWriters {
				return
			}
		}
	}
}

const noSpaceLeft = "no space left on device"

// writable reads the flags of a descriptor, which are octal.
func writable(info string) bool {
	content, err := readAll(info)
	if err != nil {
		return false
	}
	for _, line := range strings.Split(string(content), "\n") {
		if strings.HasPrefix(line, "flags:") {
			flags, err := strconv.ParseInt(strings.TrimSpace(line[len("flags:"):]), 8, 64)
			return err == nil && flags&syscall.O_ACCMODE != syscall.O_RDONLY
		}
	}
	return false
}

// openFilesLimit is the program's: the recorder has raised its own.
func openFilesLimit(pid int) *int64 {
	content, err := readAll("/proc/" + strconv.Itoa(pid) + "/limits")
	if err != nil {
		return nil
	}
	for _, line := range strings.Split(string(content), "\n") {
		if strings.HasPrefix(line, "Max open files") {
			fields := strings.Fields(line[len("Max open files"):])
			if len(fields) == 0 {
				return nil
			}
			if n, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
				return &n
			}
		}
	}
	return nil
}

// Finish completes the figures when the program has ended.
func (s *Sampler) Finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := rusage(syscall.RUSAGE_CHILDREN).Seconds()
	seconds := round(total)
	methods := map[string]string{
		"largestProcess": "the kernel's own record of each process's most memory, shared parts included",
		"openFiles":      "sampled", "processes": "sampled", "threads": "sampled", "processors": "the mean between two looks",
	}
	if _, known := s.group.used(); known {
		methods["memory"] = "the kernel's account of the container, caches of files left out, sampled; at least its largest process"
	} else {
		methods["memory"] = "the sum of what each process has resident, shared parts counted for each, sampled"
	}
	for i, name := range []string{"scratch", "outputs", "sharedMemory"} {
		if method := s.volumes[i].method(); method != "" {
			methods[name] = method
		}
	}
	s.Book.Edit(func(d *recording.Document) {
		u := &d.Usage
		u.CPUSeconds, u.Methods = &seconds, methods
		u.Peaks.Memory = most(u.Peaks.Memory, u.Peaks.LargestProcess)
	})
}
