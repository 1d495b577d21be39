package main

import (
	"syscall"
	"testing"
	"time"

	"pratique/recorder/internal/recording"
)

func TestDescribe(t *testing.T) {
	cases := []struct {
		what   string
		status syscall.WaitStatus // as in wait(2): the code in the upper byte, a signal in the lower
		late   bool
		memory bool
		code   int
		cause  recording.Cause
	}{
		{"success", 0, false, false, 0, recording.Exited},
		{"failure", 3 << 8, false, false, 3, recording.Exited},
		{"signal", 15, false, false, 143, recording.Signalled},
		{"memory", 9, false, true, 137, recording.Memory},
		{"a child lost to memory, survived", 0, false, true, 0, recording.Exited},
		{"a child lost to memory, not survived", 1 << 8, false, true, 1, recording.Memory},
		{"too late", 15, true, false, 124, recording.TimeLimit},
	}
	for _, c := range cases {
		got := describe(c.status, c.late, time.Minute, c.memory)
		if got.Code != c.code || got.Cause != c.cause {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
}

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"--allow", "/a", "--allow", "/b", "--time-limit", "600s", "--nameserver", "10.96.0.10", "--", "python3", "--version"})
	if err != nil || len(o.allow) != 2 || o.timeLimit != 10*time.Minute || len(o.argv) != 2 || o.grace != 5*time.Second {
		t.Errorf("%+v %v", o, err)
	}
	for _, wrong := range [][]string{{}, {"--"}, {"--nameserver", "x", "--", "a"}, {"--time-limit", "soon", "--", "a"}} {
		if _, err := parseOptions(wrong); err == nil {
			t.Errorf("%q was accepted", wrong)
		}
	}
}
