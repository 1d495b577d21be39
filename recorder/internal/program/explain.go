package program

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"

	"pratique/recorder/internal/recording"
)

// Explain finds out what the kernel's terse answer to execve means for this file.
func Explain(path string, err error) *Failure {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return notExecutable(fmt.Sprintf("%s cannot be started: %v", path, err))
	}
	head := readHead(path)
	interpreter, isScript := shebang(head)
	switch errno {
	case syscall.ENOENT, syscall.ENOTDIR:
		if isScript {
			return missingInterpreter(path, interpreter)
		}
		if loader := elfInterpreter(path); loader != "" {
			return missingInterpreter(path, loader)
		}
		return notFound(path + " does not exist")
	case syscall.ENOEXEC:
		return wrongFormat(path, head)
	case syscall.EACCES:
		if isScript {
			return notExecutable(fmt.Sprintf("%s names an interpreter that may not be executed: %s", path, interpreter))
		}
		return notExecutable(path + " may not be executed by this user")
	}
	return notExecutable(fmt.Sprintf("%s cannot be started: %v", path, errno))
}

const headSize = 256 // the kernel looks no further for an interpreter

func readHead(path string) []byte {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	head, _ := io.ReadAll(io.LimitReader(file, headSize))
	return head
}

// shebang returns the interpreter that a script names.
func shebang(head []byte) (interpreter string, isScript bool) {
	if !bytes.HasPrefix(head, []byte("#!")) {
		return "", false
	}
	line, _, _ := bytes.Cut(head[2:], []byte("\n"))
	interpreter, _, _ = strings.Cut(strings.TrimLeft(string(line), " \t"), " ")
	return interpreter, true
}

func missingInterpreter(path, interpreter string) *Failure {
	detail := fmt.Sprintf("%s needs %s, which does not exist", path, strings.TrimRight(interpreter, "\r"))
	if strings.HasSuffix(interpreter, "\r") {
		detail = fmt.Sprintf("%s has Windows line endings, so its interpreter %q does not exist", path, interpreter)
	}
	return &Failure{recording.MissingInterpreter, codeNotFound, detail}
}

func elfInterpreter(path string) string {
	file, err := elf.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	for _, program := range file.Progs {
		if program.Type == elf.PT_INTERP {
			name, _ := io.ReadAll(io.LimitReader(program.Open(), headSize))
			return strings.TrimRight(string(name), "\x00")
		}
	}
	return ""
}

// machines names what an image may be built for.
var machines = map[elf.Machine]string{
	elf.EM_X86_64: "amd64", elf.EM_386: "386", elf.EM_AARCH64: "arm64", elf.EM_ARM: "arm",
	elf.EM_PPC64: "ppc64le", elf.EM_S390: "s390x", elf.EM_RISCV: "riscv64",
}

func wrongFormat(path string, head []byte) *Failure {
	detail := path + " is neither a program nor a script with a #! line"
	if machine, ok := elfMachine(head); ok && machine != runtime.GOARCH {
		detail = fmt.Sprintf("%s is built for %s, this machine is %s", path, machine, runtime.GOARCH)
	} else if ok {
		detail = path + " is a damaged program"
	}
	return &Failure{recording.WrongArchitecture, codeNotExecutable, detail}
}

// elfMachine reads e_machine; the rest of the file may be anything.
func elfMachine(head []byte) (string, bool) {
	if len(head) < 20 || !bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		return "", false
	}
	number := uint16(head[18]) | uint16(head[19])<<8
	if head[5] == byte(elf.ELFDATA2MSB) {
		number = uint16(head[18])<<8 | uint16(head[19])
	}
	if name, known := machines[elf.Machine(number)]; known {
		return name, true
	}
	return elf.Machine(number).String(), true
}
