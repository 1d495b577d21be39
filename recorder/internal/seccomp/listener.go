// Package seccomp installs a user-notification filter on one thread and serves its notifications from others.
package seccomp

import (
	"fmt"
	"syscall"
	"unsafe"
)

const (
	prSetNoNewPrivs  = 38
	setModeFilter    = 1
	flagNewListener  = 1 << 3
	flagWaitKillable = 1 << 5

	ioctlReceive = 0xC0502100
	ioctlSend    = 0xC0182101
	ioctlIDValid = 0x40082102
	ioctlFlags   = 0x40082104

	flagSyncWakeUp = 1

	respondContinue = 1
)

// Notification is struct seccomp_notif: a system call that waits for our answer.
type Notification struct {
	ID     uint64
	TID    uint32 // the thread, as this process sees it; 0 if it cannot see it
	Flags  uint32
	Number uint32
	Arch   uint32
	IP     uint64
	Args   [6]uint64
}

type response struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// Listener receives what the filter reports.
type Listener struct{ fd uintptr }

// Install puts the filter on the calling thread. The caller must have locked its goroutine to that thread, and never
// unlock it: whatever the thread forks inherits the filter, and the rest of this process stays free of it. The
// listener therefore needs no passing between processes.
func Install(program []Instruction) (*Listener, error) {
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return nil, fmt.Errorf("no_new_privs: %w", errno)
	}
	prog := struct {
		length uint16
		filter *Instruction
	}{uint16(len(program)), &program[0]}

	// Without WAIT_KILLABLE_RECV (Linux before 5.19) a signal restarts a call that we have seen already. The Go
	// runtime sends itself many.
	var errno syscall.Errno
	for _, flags := range []uintptr{flagNewListener | flagWaitKillable, flagNewListener} {
		var fd uintptr
		fd, _, errno = syscall.RawSyscall(sysSeccomp, setModeFilter, flags, uintptr(unsafe.Pointer(&prog)))
		if errno == 0 {
			// Caller and listener take turns, so they are best on one processor: waking another one costs more than the
			// look itself. Linux before 6.6 does not know the flag.
			_, _, _ = syscall.RawSyscall(syscall.SYS_IOCTL, fd, ioctlFlags, flagSyncWakeUp)
			return &Listener{fd: fd}, nil
		}
		if errno != syscall.EINVAL {
			break
		}
	}
	return nil, fmt.Errorf("seccomp: %w", errno)
}

// Receive waits for the next system call.
func (l *Listener) Receive(into *Notification) error {
	for {
		// The kernel insists on a zeroed structure. It may have grown beyond ours, hence the spare room.
		var buffer struct {
			n     Notification
			spare [64]byte
		}
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, l.fd, ioctlReceive, uintptr(unsafe.Pointer(&buffer)))
		switch errno {
		case 0:
			*into = buffer.n
			return nil
		case syscall.EINTR, syscall.ENOENT, syscall.EAGAIN: // ENOENT: the caller was killed in the meantime
			continue
		}
		return errno
	}
}

// Valid tells whether the call still waits. What was read from its memory before counts only if so: otherwise the
// thread's id may belong to someone else by now.
func (l *Listener) Valid(id uint64) bool {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, l.fd, ioctlIDValid, uintptr(unsafe.Pointer(&id)))
	return errno == 0
}

// Continue lets the kernel carry the call out.
func (l *Listener) Continue(id uint64) {
	l.send(response{id: id, flags: respondContinue})
}

// Refuse makes the call fail.
func (l *Listener) Refuse(id uint64, errno syscall.Errno) {
	l.send(response{id: id, errno: -int32(errno)})
}

// send fails if the caller has been killed meanwhile, and then nobody is left to care.
func (l *Listener) send(r response) {
	for {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, l.fd, ioctlSend, uintptr(unsafe.Pointer(&r)))
		if errno != syscall.EINTR {
			return
		}
	}
}
