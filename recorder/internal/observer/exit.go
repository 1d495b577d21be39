package observer

import (
	"os"

	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
)

// exit looks at a process that ends by itself, while all of it is still there.
func (e *event) exit() func() {
	o := e.observer
	who := func() tracee.Process { return o.Directory.Of(e.TID) }
	code := int(uint8(e.Args[0]))
	return func() {
		if o.Ending != nil && o.isMain(e.TID) {
			o.Ending()
		}
		o.noteInput(func() *recording.Process {
			if by := recording.Process(who()); o.Stdin.HeldBy(by.PID) {
				return &by
			}
			return nil
		})
		o.Census.Exiting(int(e.TID), code, who)
	}
}

// isMain tells whether a thread belongs to the main process, whose parent we are.
func (o *Observer) isMain(tid uint32) bool {
	stat, ok := tracee.ReadStat(int(tid))
	return ok && stat.Parent == os.Getpid()
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
