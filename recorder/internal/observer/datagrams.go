package observer

import (
	"net/netip"
	"sync"
)

// connectedDatagrams are UDP sockets that were connected but, as far as we know, not used. glibc connects one to each
// address of a name merely to learn which source address the kernel would choose (RFC 3484), so a connect alone is no
// attempt; the first message that names no address is.
type connectedDatagrams struct {
	mu    *sync.Mutex
	peers map[uint64]netip.AddrPort
}

const maxConnectedDatagrams = 1024

func newConnectedDatagrams() connectedDatagrams {
	return connectedDatagrams{mu: &sync.Mutex{}, peers: map[uint64]netip.AddrPort{}}
}

func (c connectedDatagrams) connect(inode uint64, peer netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.peers) >= maxConnectedDatagrams {
		for someone := range c.peers {
			delete(c.peers, someone)
			break
		}
	}
	c.peers[inode] = peer
}

func (c connectedDatagrams) any() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.peers) > 0
}

func (c connectedDatagrams) peer(inode uint64) (netip.AddrPort, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	peer, found := c.peers[inode]
	return peer, found
}

func (c connectedDatagrams) forget(inode uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.peers, inode)
}
