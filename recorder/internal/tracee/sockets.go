package tracee

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// SocketInode identifies the socket behind a descriptor, 0 if it is none.
func SocketInode(tid uint32, fd int32) uint64 {
	target, err := os.Readlink(descriptor(tid, fd))
	if err != nil {
		return 0
	}
	return parseSocketLink(target)
}

// parseSocketLink reads "socket:[12345]".
func parseSocketLink(target string) uint64 {
	if !strings.HasPrefix(target, "socket:[") || !strings.HasSuffix(target, "]") {
		return 0
	}
	inode, err := strconv.ParseUint(target[len("socket:["):len(target)-1], 10, 64)
	if err != nil {
		return 0
	}
	return inode
}

// SocketProtocol names the protocol of a socket as the kernel does: "TCP", "UDPv6", "UNIX", ... A socket that has not
// been used yet is in no table of /proc/net, but sockfs tells by an extended attribute.
func SocketProtocol(tid uint32, fd int32) string {
	path, err := syscall.BytePtrFromString(descriptor(tid, fd))
	if err != nil {
		return ""
	}
	attribute := []byte("system.sockprotoname\x00")
	value := make([]byte, 32)
	n, _, errno := syscall.Syscall6(syscall.SYS_GETXATTR, uintptr(unsafe.Pointer(path)),
		uintptr(unsafe.Pointer(&attribute[0])), uintptr(unsafe.Pointer(&value[0])), uintptr(len(value)), 0, 0)
	if errno != 0 || int(n) > len(value) {
		return ""
	}
	return strings.TrimRight(string(value[:n]), "\x00")
}

func descriptor(tid uint32, fd int32) string {
	return "/proc/" + strconv.Itoa(int(tid)) + "/fd/" + strconv.Itoa(int(fd))
}

// Bounds of the search below: a fork bomb must not stop the recorder.
const (
	maxProcesses   = 4096
	maxDescriptors = 1024
)

// OwnerOf searches all processes for the one that holds a socket. It is the last resort.
func OwnerOf(inode uint64) (Process, bool) {
	for _, pid := range PIDs() {
		folder, err := os.Open("/proc/" + strconv.Itoa(pid) + "/fd")
		if err != nil {
			continue
		}
		names, _ := folder.Readdirnames(maxDescriptors)
		folder.Close()
		for _, name := range names {
			fd, err := strconv.ParseInt(name, 10, 32)
			if err == nil && SocketInode(uint32(pid), int32(fd)) == inode && pid != os.Getpid() {
				return Lookup(uint32(pid)), true
			}
		}
	}
	return Process{}, false
}

// PIDs lists the processes this one can see.
func PIDs() []int {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(maxProcesses)
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
