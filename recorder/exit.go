package main

import (
	"fmt"
	"syscall"
	"time"

	"pratique/recorder/internal/recording"
)

// describe says how the program ended. The memory limit is the cause if the kernel killed something for it and the
// program did not survive that: killed itself, or failed after losing a child.
func describe(status syscall.WaitStatus, timedOut bool, limit time.Duration, memory bool) recording.Exit {
	exit := recording.Exit{Code: status.ExitStatus(), Cause: recording.Exited}
	if status.Signaled() {
		name := recording.SignalName(status.Signal())
		exit = recording.Exit{Code: 128 + int(status.Signal()), Signal: &name, Cause: recording.Signalled}
	}
	switch {
	case timedOut:
		exit.Code, exit.Cause = exitTimeLimit, recording.TimeLimit
		exit.Detail = fmt.Sprintf("the program was ended after %s", limit)
	case memory && exit.Code != 0:
		exit.Cause = recording.Memory
		exit.Detail = "the kernel killed a process because the container's memory limit was reached"
	}
	return exit
}
