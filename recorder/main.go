// Command pratique-recorder runs inside the container under test. See README.md.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"

	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tidy"
)

// version is set by the linker in a release.
var version = "0.1.0"

// Exit codes of the recorder itself; "run" exits as the program does.
const (
	exitUsage    = 2
	exitNotReady = 3
)

func main() {
	if len(os.Args) < 2 {
		help()
	}
	arguments := os.Args[2:]
	switch os.Args[1] {
	case "version":
		printVersion()
	case "hold":
		hold(arguments)
	case "run":
		run(arguments)
	case "clean":
		clean(arguments)
	case "release":
		release(arguments)
	default:
		help()
	}
}

func help() {
	fmt.Fprint(os.Stderr, `usage:
  pratique-recorder version
  pratique-recorder hold --nameserver IP [--discover] [--ready FILE]
  pratique-recorder run [--record DIR] [--time-limit 600s] [--grace 5s] [--allow PATH]... [--nameserver IP]
                        [--search DOMAIN]... [--outputs PATH] [--scratch PATH] [--reads PATH] [--release PATH]...
                        -- PROGRAM [ARGUMENT]...
  pratique-recorder clean PATH...
  pratique-recorder release PATH...
`)
	os.Exit(exitUsage)
}

func printVersion() {
	line, _ := json.Marshal(struct {
		Version  string `json:"version"`
		Arch     string `json:"arch"`
		Protocol int    `json:"protocol"`
	}{version, runtime.GOARCH, recording.Protocol})
	fmt.Println(string(line))
}

func clean(folders []string) {
	failed := false
	for _, folder := range folders {
		if err := tidy.Clean(folder); err != nil {
			complain(err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// releaseTime is for a container that does nothing else.
const releaseTime = 10 * time.Minute

func release(folders []string) {
	for _, folder := range folders {
		tidy.ReleaseUntil(folder, time.Now().Add(releaseTime))
	}
}

func complain(err error) { fmt.Fprintln(os.Stderr, "pratique-recorder:", err) }
