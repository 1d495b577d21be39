package names

import (
	"sync"

	"pratique/recorder/internal/tracee"
)

// Owners remembers which process pointed a socket at the name server, from the system call that did so.
type Owners struct {
	mu      sync.Mutex
	byInode map[uint64]tracee.Process
}

const maxOwners = 4096

// NewOwners returns an empty one.
func NewOwners() *Owners { return &Owners{byInode: map[uint64]tracee.Process{}} }

// Note remembers an owner.
func (o *Owners) Note(inode uint64, process tracee.Process) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.byInode) >= maxOwners {
		o.byInode = map[uint64]tracee.Process{} // Of falls back to a search
	}
	o.byInode[inode] = process
}

// Of finds the owner of a socket.
func (o *Owners) Of(inode uint64) tracee.Process {
	o.mu.Lock()
	process, found := o.byInode[inode]
	o.mu.Unlock()
	if !found {
		process, _ = tracee.OwnerOf(inode)
	}
	return process
}
