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

// ReadString reads up to a zero byte, at most limit bytes.
func ReadString(tid uint32, address uint64, limit int) (string, error) {
	var text []byte
	for len(text) < limit {
		chunk := pageSize - int(address%pageSize)
		if chunk > limit-len(text) {
			chunk = limit - len(text)
		}
		buffer := make([]byte, chunk)
		if err := Read(tid, address, buffer); err != nil {
			return "", err
		}
		if end := bytes.IndexByte(buffer, 0); end >= 0 {
			return string(append(text, buffer[:end]...)), nil
		}
		text = append(text, buffer...)
		address += uint64(chunk)
	}
	return string(text), nil
}
