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
	var words []string
	length := 0
	for i := 0; i < maxArguments && length < maxCommandLine; i++ {
		slot := make([]byte, pointerSize)
		if Read(tid, address+uint64(i*pointerSize), slot) != nil {
			break
		}
		pointer := decode.Pointer(slot, pointerSize)
		if pointer == 0 {
			break
		}
		word, err := ReadString(tid, pointer, maxCommandLine)
		if err != nil {
			break
		}
		words, length = append(words, word), length+len(word)+1
	}
	return cut(strings.Join(words, " "))
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
