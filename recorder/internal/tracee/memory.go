// Package tracee looks at a process of the program under test: its memory, descriptors and identity.
package tracee

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// ErrUnreadable means that the kernel denies the view into a process, for example because it is not dumpable.
var ErrUnreadable = errors.New("the process's memory cannot be read")

// pageSize is the smallest page of our architectures: reads that stay within one never fail half-way.
const pageSize = 4096

// Read fills buffer from the thread's memory, or fails.
func Read(tid uint32, address uint64, buffer []byte) error {
	if tid == 0 || address == 0 || len(buffer) == 0 {
		return ErrUnreadable
	}
	if readv(tid, address, buffer) {
		return nil
	}
	// Docker 20.10's seccomp profile refuses process_vm_readv on old kernels; the file is the same right.
	file, err := os.Open("/proc/" + strconv.Itoa(int(tid)) + "/mem")
	if err != nil {
		return ErrUnreadable
	}
	defer file.Close()
	if n, _ := file.ReadAt(buffer, int64(address)); n != len(buffer) {
		return ErrUnreadable
	}
	return nil
}

func readv(tid uint32, address uint64, buffer []byte) bool {
	type iovec struct{ base, length uintptr }
	local := struct {
		base   *byte
		length uintptr
	}{&buffer[0], uintptr(len(buffer))}
	remote := iovec{uintptr(address), uintptr(len(buffer))}
	n, _, errno := syscall.Syscall6(sysProcessVMReadv, uintptr(tid),
		uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	return errno == 0 && int(n) == len(buffer)
}

// firstChunk holds nearly every path and word. Reading more than is needed costs.
const firstChunk = 256

// ReadText reads up to a zero byte into memory that the caller owns. It fails if there is none within.
func ReadText(tid uint32, address uint64, into []byte) (length int, ok bool) {
	for length < len(into) {
		chunk := pageSize - int(address%pageSize)
		if length == 0 && chunk > firstChunk {
			chunk = firstChunk
		}
		if chunk > len(into)-length {
			chunk = len(into) - length
		}
		piece := into[length : length+chunk]
		if Read(tid, address, piece) != nil {
			return 0, false
		}
		if end := bytes.IndexByte(piece, 0); end >= 0 {
			return length + end, true
		}
		length += chunk
		address += uint64(chunk)
	}
	return length, false
}

// ReadString reads up to a zero byte, at most as much as the buffer holds.
func ReadString(tid uint32, address uint64, buffer []byte) (string, error) {
	length, ended := ReadText(tid, address, buffer)
	if length == 0 && !ended {
		return "", ErrUnreadable
	}
	return string(buffer[:length]), nil
}
