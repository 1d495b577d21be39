package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/census"
	"pratique/recorder/internal/input"
	"pratique/recorder/internal/names"
	"pratique/recorder/internal/observer"
	"pratique/recorder/internal/paths"
	"pratique/recorder/internal/program"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/seccomp"
	"pratique/recorder/internal/tap"
	"pratique/recorder/internal/tidy"
	"pratique/recorder/internal/tracee"
	"pratique/recorder/internal/usage"
	"pratique/recorder/internal/waiting"
)

const (
	holderPatience = 2 * time.Second
	drainPatience  = time.Second
	// What the main process leaves behind gets this long to end. Without a recorder the kernel would kill it at once.
	leftoverGrace = time.Second
	exitTimeLimit = 124
)

// session is one run of a program.
type session struct {
	options  options
	book     *recording.Book
	tracker  *waiting.Tracker
	observer *observer.Observer
	census   *census.Census
	sampler  *usage.Sampler
	saving   chan struct{} // closed to stop the snapshots
	filtered error         // why there is no filter

	environment []string // of the program
	tap         *tap.Tap // nil: the holder may not open one
}

// run starts the program, observes it, and exits as it does.
func run(arguments []string) {
	program.Prepare()
	o, err := parseOptions(arguments)
	if err != nil {
		complain(err)
		os.Exit(exitUsage)
	}
	s := newSession(o)
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)

	// A closed stderr must not end the recorder. Ignoring the signal would pass that on to the program.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	// Nor must what the program sends: these end any Go program that does not ask for them, and a few leave it hanging.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL,
		syscall.SIGABRT, syscall.SIGTRAP, syscall.SIGSYS, syscall.SIGSTKFLT)

	s.meetHolder()
	exit := s.execute(signals)
	s.conclude(exit)
	os.Exit(exit.Code)
}

func newSession(o options) *session {
	cwd, _ := os.Getwd()
	book := recording.NewBook(recording.Document{
		Recorder: recording.Recorder{Version: version, Arch: runtime.GOARCH, Kernel: kernelRelease()},
		Program:  recording.Program{Argv: recording.CleanAll(o.argv), UID: os.Getuid(), GID: os.Getgid(), Cwd: cwd},
		Coverage: recording.Coverage{
			Network: recording.Status{Status: recording.NotObserved},
			Names:   recording.Status{Status: recording.NotObserved},
			Writes:  recording.Status{Status: recording.NotObserved},
		},
	}, time.Now)
	tracker := waiting.NewTracker(book)
	people := census.New(book, os.Getpid())
	s := &session{
		options: o, book: book, tracker: tracker, saving: make(chan struct{}), environment: syscall.Environ(),
		filtered: errors.New("the program was not started"),
		census:   people,
		observer: &observer.Observer{
			ABIs: calls.For(runtime.GOARCH), Book: book, Tracker: tracker, Directory: tracee.NewDirectory(),
			Zones: paths.NewZones(o.allow), Owners: names.NewOwners(), Census: people, Data: paths.NewFolder(o.reads),
			Stdin: input.New(),
		},
	}
	s.sampler = &usage.Sampler{
		Book: book, Census: people, Directory: s.observer.Directory, Started: time.Now(),
		Scratch: o.scratch, Outputs: o.outputs, SharedMemory: "/dev/shm", Also: s.observer.NoteInput,
	}
	s.sampler.Prepare()
	s.observer.Starting, s.observer.Ending = program.KeepOff, s.sampler.Sample
	if o.reads != "" {
		s.observer.ABIs = s.observer.ABIs.WithReads()
		book.Edit(func(d *recording.Document) { d.Reads = []recording.Read{} })
	}
	if s.observer.Stdin != nil {
		book.Edit(func(d *recording.Document) { d.Input.StdinRead = new(bool) })
	}
	return s
}

// execute starts the program and waits for its end.
func (s *session) execute(signals <-chan os.Signal) recording.Exit {
	path, failure := program.Find(s.options.argv[0], s.environment)
	if failure != nil {
		return notStarted(failure)
	}
	s.book.Edit(func(d *recording.Document) { d.Program.Path = path })
	killsBefore, _ := program.MemoryKills()
	program.Adopt()
	s.observer.Prepare()
	if s.tap != nil {
		go s.tap.Run()
	}

	pid, err := program.Start(path, s.options.argv, s.environment, s.observer.Stdin.FD(), s.installFilter)
	s.updateCoverage()
	if err != nil {
		return notStarted(program.Explain(path, err))
	}
	s.book.Edit(func(d *recording.Document) { d.Program.PID = pid })
	if s.options.record != "" {
		go s.book.KeepSaving(s.options.record, s.saving)
	}

	s.census.SetMain(pid)
	family := program.Reap(pid, s.census.Reaped)
	sampling := make(chan struct{})
	go s.sampler.Run(sampling)
	defer close(sampling)
	status, timedOut := s.await(family, signals)
	family.End(leftoverGrace)
	killsAfter, _ := program.MemoryKills()
	return describe(status, timedOut, s.options.timeLimit, killsAfter > killsBefore)
}

// installFilter runs on the thread that will fork.
func (s *session) installFilter() {
	listener, err := seccomp.Install(seccomp.Build(s.observer.ABIs))
	if s.filtered = err; err == nil {
		s.observer.Serve(listener)
	}
}

// await passes signals on until the main process has ended, or its time is up.
func (s *session) await(family *program.Family, signals <-chan os.Signal) (status syscall.WaitStatus, timedOut bool) {
	var limit, grace <-chan time.Time
	if s.options.timeLimit > 0 {
		limit = time.After(s.options.timeLimit)
	}
	for {
		select {
		case status = <-family.Ended:
			return status, timedOut
		case received := <-signals:
			if number, ok := received.(syscall.Signal); ok {
				family.Signal(number)
			}
		case <-limit:
			timedOut = true
			family.SignalAll(syscall.SIGTERM)
			grace = time.After(s.options.grace)
		case <-grace:
			family.SignalAll(syscall.SIGKILL)
			grace = time.After(100 * time.Millisecond) // whoever was forked in between
		}
	}
}

// conclude completes the recording.
func (s *session) conclude(exit recording.Exit) {
	s.observer.Drain(drainPatience)
	s.settleNetwork()
	s.observer.NoteInput()
	s.census.Close()
	s.sampler.Finish()
	for _, path := range s.book.StrayPaths() {
		if bytes, ok := tidy.Size(path); ok {
			s.book.Size(path, bytes)
		}
	}
	s.tracker.Finish(time.Now())
	close(s.saving)
	s.updateCoverage()
	s.admitGaps()
	var outputs recording.Outputs
	if s.options.outputs != "" {
		outputs.Files, outputs.Bytes = tidy.Outputs(s.options.outputs)
	}
	s.book.Edit(func(d *recording.Document) {
		d.Complete, d.Exit, d.Outputs = true, &exit, outputs
	})
	if s.options.record != "" {
		if err := s.book.Save(s.options.record); err != nil {
			complain(fmt.Errorf("the recording cannot be written: %w", err))
		}
	}
	for _, folder := range s.options.release {
		tidy.Release(folder)
	}
}

func (s *session) updateCoverage() {
	network, writes := s.observer.Coverage()
	if s.filtered != nil {
		network = recording.Status{Status: recording.NotObserved, Reason: s.filtered.Error()}
		writes = network
	}
	s.book.Edit(func(d *recording.Document) { d.Coverage.Network, d.Coverage.Writes = network, writes })
}

func notStarted(failure *program.Failure) recording.Exit {
	complain(failure)
	return recording.Exit{Code: failure.Code, Cause: failure.Cause, Detail: failure.Detail}
}

func kernelRelease() string {
	content, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(content))
}
