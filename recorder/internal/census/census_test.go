package census

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
)

func newTestCensus() (*Census, *recording.Book) {
	book := recording.NewBook(recording.Document{}, time.Now)
	return New(book, os.Getpid()), book
}

func document(b *recording.Book) (d recording.Document) {
	b.Edit(func(now *recording.Document) { d = *now })
	return d
}

func nobody() tracee.Process { return tracee.Process{Command: "sleep 60", Executable: "/bin/sleep"} }

func TestLifeOfAChild(t *testing.T) {
	c, book := newTestCensus()
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := child.Process.Pid
	c.SetMain(pid)
	c.Executed(pid, "sleep 60", "/bin/sleep")
	totals := c.Look(tracee.NewDirectory())
	if totals.Processes != 1 || totals.Threads != 1 || len(totals.PIDs) != 1 || totals.PIDs[0] != pid {
		t.Errorf("%+v", totals)
	}
	_ = child.Process.Kill()
	var status syscall.WaitStatus
	var usage syscall.Rusage
	if _, err := syscall.Wait4(pid, &status, 0, &usage); err != nil {
		t.Fatal(err)
	}
	c.Reaped(pid, status, &usage)
	d := document(book)
	if len(d.ProcessTree) != 1 || len(d.Processes) != 1 {
		t.Fatalf("%+v", d.ProcessTree)
	}
	life := d.ProcessTree[0]
	if life.Parent != 0 || life.Signal == nil || *life.Signal != "SIGKILL" || life.ExitCode != nil || life.EndedAt == nil ||
		life.PeakMemory == nil || life.Measured != recording.ByWait {
		t.Errorf("%+v", life)
	}
	if p := d.Processes[0]; p.Count != 1 || p.Failures != 1 || p.PeakMemory == nil {
		t.Errorf("%+v", p)
	}
	if c.Look(tracee.NewDirectory()).Processes != 0 {
		t.Error("it is counted after its end")
	}
}

func TestExitIsBelievedOverWhatFollows(t *testing.T) {
	c, book := newTestCensus()
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := child.Process.Pid
	c.Executed(pid, "sh -c x", "/bin/sh")
	c.Executed(pid, "sleep 60", "/bin/sleep")
	stat, _ := tracee.ReadStat(pid)
	c.Exiting(stat, 0x103, nobody)
	c.Exiting(stat, 0, nobody)
	c.Look(tracee.NewDirectory()) // the kernel still shows it
	_ = child.Process.Kill()
	_, _ = child.Process.Wait()
	c.Reaped(pid, 9, &syscall.Rusage{})
	d := document(book)
	if len(d.ProcessTree) != 1 || d.ProcessTree[0].ExitCode == nil || *d.ProcessTree[0].ExitCode != 3 || d.ProcessTree[0].Command != "sleep 60" {
		t.Errorf("%+v", d.ProcessTree)
	}
	if len(d.Processes) != 2 || d.Processes[0].Failures != 0 || d.Processes[1].Failures != 1 {
		t.Errorf("%+v", d.Processes)
	}
}

func TestAnIdThatIsGivenAgain(t *testing.T) {
	c, book := newTestCensus()
	describe := c.described(nobody)
	c.member(tracee.Stat{PID: 7, Start: time.Second}, describe)
	c.member(tracee.Stat{PID: 7, Start: 2 * time.Second}, describe)
	c.Close()
	d := document(book)
	if len(d.ProcessTree) != 2 || d.ProcessTree[0].EndedAt == nil || d.ProcessTree[1].EndedAt != nil {
		t.Errorf("%+v", d.ProcessTree)
	}
}

func TestForkBombIsBounded(t *testing.T) {
	c, book := newTestCensus()
	describe := c.described(nobody)
	for pid := 1; pid <= maxMembers+100; pid++ {
		c.member(tracee.Stat{PID: pid, Start: time.Second}, describe)
	}
	d := document(book)
	if len(c.alive) != maxMembers || len(d.ProcessTree)+d.Dropped.ProcessTree != maxMembers {
		t.Error(len(c.alive), len(d.ProcessTree), d.Dropped.ProcessTree)
	}
	if d.Processes[0].Count != maxMembers {
		t.Error(d.Processes[0].Count)
	}
}
