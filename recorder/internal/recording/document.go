// Package recording keeps what was observed, within bounds, and writes it as recording.json.
package recording

// Protocol is the version of recording.json's format.
const Protocol = 2

// Document is recording.json. The reader's schema is strict: no key may be added without a new Protocol.
type Document struct {
	Protocol     int       `json:"protocol"`
	Complete     bool      `json:"complete"`
	Recorder     Recorder  `json:"recorder"`
	StartedAt    string    `json:"startedAt"`
	Seconds      float64   `json:"seconds"`
	Program      Program   `json:"program"`
	Exit         *Exit     `json:"exit"` // null while the program runs
	Attempts     []Attempt `json:"attempts"`
	Contacts     []Contact `json:"contacts"`
	SecondsLost  float64   `json:"secondsLost"` // the union over time of all waits
	StrayWrites  []Write   `json:"strayWrites"`
	FailedWrites []Failure `json:"failedWrites"`
	Processes    []Started `json:"processes"`
	ProcessTree  []Life    `json:"processTree"`
	Reads        []Read    `json:"reads"` // null unless asked for
	Outputs      Outputs   `json:"outputs"`
	Input        Input     `json:"input"`
	Listens      []Listen  `json:"listens"`
	SetUserID    []Set     `json:"setUserId"`
	Usage        Usage     `json:"usage"`
	Dropped      Dropped   `json:"dropped"`
	Coverage     Coverage  `json:"coverage"`
}

type Recorder struct {
	Version string `json:"version"`
	Arch    string `json:"arch"`
	Kernel  string `json:"kernel"`
}

// Program is the main process. PID is 0 if it could not be started.
type Program struct {
	Argv []string `json:"argv"`
	Path string   `json:"path"`
	PID  int      `json:"pid"`
	UID  int      `json:"uid"`
	GID  int      `json:"gid"`
	Cwd  string   `json:"cwd"`
}

type Exit struct {
	Code   int     `json:"code"`
	Signal *string `json:"signal"`
	Cause  Cause   `json:"cause"`
	Detail string  `json:"detail"`
}

// Cause says in one word why the program is no longer running.
type Cause string

const (
	Exited             Cause = "exited"
	Signalled          Cause = "signal"
	TimeLimit          Cause = "time-limit"
	Memory             Cause = "memory"
	NotFound           Cause = "not-found"
	NotExecutable      Cause = "not-executable"
	MissingInterpreter Cause = "missing-interpreter"
	WrongArchitecture  Cause = "wrong-architecture"
)

type Process struct {
	PID        int    `json:"pid"`
	Command    string `json:"command"`
	Executable string `json:"executable"`
}

// Attempt has either a host (a name that was looked up) or an address and a port.
type Attempt struct {
	Host        *string `json:"host"`
	Address     *string `json:"address"`
	Port        *int    `json:"port"`
	Protocol    string  `json:"protocol"` // dns, tcp, udp
	Process     Process `json:"process"`
	Count       int     `json:"count"`
	FirstAt     float64 `json:"firstAt"`
	LastAt      float64 `json:"lastAt"`
	SecondsLost float64 `json:"secondsLost"`
}

type Write struct {
	Path      string  `json:"path"`
	Operation string  `json:"operation"`
	Process   Process `json:"process"`
	Count     int     `json:"count"`
	Bytes     *int64  `json:"bytes"` // when last seen: at the end, or when it was deleted
}

type Failure struct {
	Path      string  `json:"path"`
	Operation string  `json:"operation"`
	Process   Process `json:"process"`
	Count     int     `json:"count"`
	Reason    string  `json:"reason"`
}

// Started is a program that was executed, however often.
type Started struct {
	Command    string  `json:"command"`
	Executable string  `json:"executable"`
	Count      int     `json:"count"`
	CPUSeconds float64 `json:"cpuSeconds"`
	PeakMemory *int64  `json:"peakMemory"` // of the largest of its processes
	Failures   int     `json:"failures"`
}

// Life is one process, from its start to its end.
type Life struct {
	PID        int      `json:"pid"`
	Parent     int      `json:"parent"` // 0 for the main process
	Command    string   `json:"command"`
	Executable string   `json:"executable"`
	StartedAt  float64  `json:"startedAt"`
	EndedAt    *float64 `json:"endedAt"`
	ExitCode   *int     `json:"exitCode"`
	Signal     *string  `json:"signal"`
	CPUSeconds *float64 `json:"cpuSeconds"`
	PeakMemory *int64   `json:"peakMemory"`
	Threads    int      `json:"threads"`
	Measured   Measured `json:"measured"`
}

// Measured says when a process's time and memory were read.
type Measured string

const (
	AtExit  Measured = "exit"    // as it ended, by itself
	ByWait  Measured = "wait"    // by wait4, with the processes that it had waited for
	Sampled Measured = "sampled" // now and then while it ran
)

// Read is a file of the data that was opened.
type Read struct {
	Path    string  `json:"path"`
	Process Process `json:"process"`
	Count   int     `json:"count"`
}

// Input is what was wanted from a person at a terminal.
type Input struct {
	StdinRead     *bool     `json:"stdinRead"` // null: not observed
	StdinReaders  []Process `json:"stdinReaders"`
	TerminalOpens int       `json:"terminalOpens"`
}

// Listen is a port opened for others.
type Listen struct {
	Address string  `json:"address"`
	Port    int     `json:"port"`
	Process Process `json:"process"`
	Count   int     `json:"count"`
}

// Set is a program with a set-user-ID or set-group-ID bit, which no_new_privs makes void.
type Set struct {
	Path    string  `json:"path"`
	Kind    string  `json:"kind"` // user, group
	Process Process `json:"process"`
	Count   int     `json:"count"`
}

// Usage is what the program used. Null is what could not be measured.
type Usage struct {
	Limits     Limits            `json:"limits"`
	Peaks      Peaks             `json:"peaks"`
	CPUSeconds *float64          `json:"cpuSeconds"`
	Full       []Full            `json:"full"`
	Samples    Samples           `json:"samples"`
	Methods    map[string]string `json:"methods"`
}

type Limits struct {
	Memory       *int64 `json:"memory"`
	Processes    *int64 `json:"processes"`
	SharedMemory *int64 `json:"sharedMemory"`
	Scratch      *int64 `json:"scratch"`
	OpenFiles    *int64 `json:"openFiles"`
}

type Peaks struct {
	Memory         *int64   `json:"memory"`
	LargestProcess *int64   `json:"largestProcess"`
	Processors     *float64 `json:"processors"`
	Scratch        *int64   `json:"scratch"`
	Outputs        *int64   `json:"outputs"`
	SharedMemory   *int64   `json:"sharedMemory"`
	OpenFiles      *int64   `json:"openFiles"`
	Processes      *int64   `json:"processes"`
	Threads        *int64   `json:"threads"`
}

// Full is a folder whose file system was seen without free space.
type Full struct {
	Path string  `json:"path"`
	At   float64 `json:"at"`
}

// Samples are columns of equal length.
type Samples struct {
	At           []float64  `json:"at"`
	Memory       []*int64   `json:"memory"`
	Processors   []*float64 `json:"processors"`
	Scratch      []*int64   `json:"scratch"`
	Outputs      []*int64   `json:"outputs"`
	SharedMemory []*int64   `json:"sharedMemory"`
	OpenFiles    []*int64   `json:"openFiles"`
	Processes    []*int64   `json:"processes"`
}

type Outputs struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

// Dropped counts what came after a list was full.
type Dropped struct {
	Attempts     int `json:"attempts"`
	Contacts     int `json:"contacts"`
	StrayWrites  int `json:"strayWrites"`
	FailedWrites int `json:"failedWrites"`
	Processes    int `json:"processes"`
	ProcessTree  int `json:"processTree"`
	Reads        int `json:"reads"`
	Listens      int `json:"listens"`
	SetUserID    int `json:"setUserId"`
}

type Coverage struct {
	Network Status `json:"network"`
	Names   Status `json:"names"`
	Writes  Status `json:"writes"`
}

type Status struct {
	Status string `json:"status"`
	Reason string `json:"reason"`
}

const (
	Observed    = "observed"
	Partial     = "partial"
	NotObserved = "not-observed"
)
