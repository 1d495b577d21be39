package observer

import (
	"os"

	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
)

// exit looks at a process that ends by itself, while all of it is still there.
func (e *event) exit() func() {
	o, tid, code := e.observer, e.TID, int(uint8(e.Args[0]))
	stat, known := tracee.ReadStat(tracee.Leader(tid)) // any of its threads may end it
	return func() {
		if known && o.Ending != nil && stat.Parent == os.Getpid() {
			o.Ending() // the main process, or an orphan
		}
		who := func() tracee.Process { return o.Directory.Of(tid) }
		o.noteInput(func() *recording.Process {
			if by := recording.Process(who()); o.Stdin.HeldBy(by.PID) {
				return &by
			}
			return nil
		})
		if known {
			o.Census.Exiting(stat, code, who)
		}
	}
}

// NoteInput looks whether somebody has read standard input. If a single process has it, that one did.
func (o *Observer) NoteInput() {
	o.noteInput(func() *recording.Process {
		var reader *recording.Process
		for _, pid := range tracee.PIDs() {
			if pid == os.Getpid() || !o.Stdin.HeldBy(pid) {
				continue
			}
			if reader != nil {
				return nil
			}
			by := recording.Process(o.Directory.Of(uint32(pid)))
			reader = &by
		}
		return reader
	})
}

func (o *Observer) noteInput(who func() *recording.Process) {
	if o.Stdin.Read() {
		o.Book.InputRead(who())
	}
}
