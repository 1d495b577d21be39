package tracee

import (
	"strings"

	"pratique/recorder/internal/decode"
)

const (
	maxArguments   = 64
	maxCommandLine = 1024
)

// ReadArguments reads an argv array and joins it to a command line, cut at a sane length.
func ReadArguments(tid uint32, address uint64, pointerSize int) string {
	var array [maxArguments * 8]byte
	var buffer [maxCommandLine]byte
	var line []byte
	known := 0 // bytes of the array
	for i := 0; i < maxArguments && len(line) < maxCommandLine; i++ {
		if known < (i+1)*pointerSize {
			n := readAhead(tid, address+uint64(known), array[known:maxArguments*pointerSize], pointerSize)
			if known += n; n == 0 {
				break
			}
		}
		pointer := decode.Pointer(array[i*pointerSize:(i+1)*pointerSize], pointerSize)
		if pointer == 0 {
			break
		}
		length, ended := ReadText(tid, pointer, buffer[:])
		if length == 0 && !ended {
			break
		}
		if i > 0 {
			line = append(line, ' ')
		}
		line = append(line, buffer[:length]...)
	}
	return cut(string(line))
}

// readAhead reads as many pointers as lie in one page and fit.
func readAhead(tid uint32, address uint64, into []byte, pointerSize int) int {
	n := (pageSize - int(address%pageSize)) / pointerSize * pointerSize
	if n > len(into) {
		n = len(into)
	}
	if n == 0 {
		n = pointerSize // across the end of a page
	}
	if Read(tid, address, into[:n]) != nil {
		return 0
	}
	return n
}

// commandLine turns the zero-separated words of /proc/<pid>/cmdline into a line.
func commandLine(raw []byte) string {
	return cut(strings.ReplaceAll(strings.TrimRight(string(raw), "\x00"), "\x00", " "))
}

func cut(s string) string {
	if len(s) > maxCommandLine {
		return s[:maxCommandLine]
	}
	return s
}
