// Package program finds, starts, signals and buries the program under test.
package program

import (
	"fmt"
	"path"
	"strings"
	"syscall"

	"pratique/recorder/internal/recording"
)

// Failure says why a program could not be started, with the exit code that a shell would give.
type Failure struct {
	Cause  recording.Cause
	Code   int
	Detail string
}

func (f *Failure) Error() string { return f.Detail }

const (
	codeNotFound      = 127
	codeNotExecutable = 126

	// What execvp searches if there is no PATH.
	defaultSearch = "/bin:/usr/bin"
)

// Find locates a program as execvp does: a name with a slash is a path, any other is searched for.
func Find(name string, environment []string) (string, *Failure) {
	if name == "" {
		return "", notFound("the program's name is empty")
	}
	if strings.Contains(name, "/") {
		return name, check(name)
	}
	search, given := lookup(environment, "PATH")
	if !given {
		search = defaultSearch
	}
	var denied *Failure
	for _, folder := range strings.Split(search, ":") {
		candidate := "./" + name // an empty part means the current folder
		if folder != "" {
			candidate = path.Join(folder, name)
		}
		failure := check(candidate)
		if failure == nil {
			return candidate, nil
		}
		if failure.Cause == recording.NotExecutable && denied == nil {
			denied = failure
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", notFound(fmt.Sprintf("%s is not in PATH (%s)", name, search))
}

const executeBit = 1

func check(candidate string) *Failure {
	var s syscall.Stat_t
	switch err := syscall.Stat(candidate, &s); {
	case err == syscall.EACCES:
		return notExecutable(candidate + " cannot be reached: permission denied")
	case err != nil:
		return notFound(candidate + " does not exist")
	case s.Mode&syscall.S_IFMT == syscall.S_IFDIR:
		return notExecutable(candidate + " is a folder")
	case syscall.Faccessat(-100, candidate, executeBit, 0) != nil:
		return notExecutable(fmt.Sprintf("%s may not be executed by this user (mode %04o, owner %d:%d)",
			candidate, s.Mode&0o7777, s.Uid, s.Gid))
	}
	return nil
}

func lookup(environment []string, name string) (string, bool) {
	for _, line := range environment {
		if key, value, found := strings.Cut(line, "="); found && key == name {
			return value, true
		}
	}
	return "", false
}

func notFound(detail string) *Failure {
	return &Failure{recording.NotFound, codeNotFound, detail}
}

func notExecutable(detail string) *Failure {
	return &Failure{recording.NotExecutable, codeNotExecutable, detail}
}
