// Command answer runs a program under the recorder's filter and lets every call continue without a look at it. What it costs
// is what no recorder of this kind can save; bench/recorder.mjs measures it beside the real one. It records nothing.
package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/program"
	"pratique/recorder/internal/seccomp"
)

func main() {
	program.Prepare()
	path, failure := program.Find(os.Args[1], os.Environ())
	if failure != nil {
		end(failure)
	}
	pid, err := program.Start(path, os.Args[1:], os.Environ(), 0, func() {
		listener, err := seccomp.Install(seccomp.Build(calls.For(runtime.GOARCH)))
		if err != nil {
			end(err)
		}
		go answer(listener)
	})
	if err != nil {
		end(err)
	}
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
			break
		}
	}
	if !status.Exited() {
		end(fmt.Errorf("the program was ended by %v", status.Signal()))
	}
	os.Exit(status.ExitStatus())
}

// Who never yields loses its processor at each wait, which costs more than the answers (internal/observer/crew.go).
const yieldEvery = 64

func answer(listener *seccomp.Listener) {
	var call seccomp.Notification
	for n := 1; listener.Receive(&call) == nil; n++ {
		listener.Continue(call.ID)
		if n%yieldEvery == 0 {
			runtime.Gosched()
		}
	}
}

func end(err error) {
	fmt.Fprintln(os.Stderr, "answer:", err)
	os.Exit(1)
}
