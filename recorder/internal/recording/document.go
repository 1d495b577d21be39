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
	Terminal     Terminal  `json:"terminal"`
	Outputs      Outputs   `json:"outputs"`
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
	Command    string `json:"command"`
	Executable string `json:"executable"`
	Count      int    `json:"count"`
}

type Terminal struct {
	Opens int `json:"opens"`
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
