package observer

import (
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"pratique/recorder/internal/seccomp"
)

// calling is a listener whose calls come from a test. Their answers can be made to take long.
type calling struct {
	waiting  chan uint64
	answered chan uint64
	hold     sync.Map // id → chan struct{}: until it is closed, the answer takes
	number   uint32   // of the calls, for amd64; 0: they are of no architecture that is known
}

func (c *calling) Receive(into *seccomp.Notification) error {
	id, open := <-c.waiting
	if !open {
		return errors.New("closed")
	}
	*into = seccomp.Notification{ID: id}
	if c.number != 0 {
		into.Number, into.Arch = c.number, 0xC000003E
	}
	return nil
}

func (c *calling) Valid(uint64) bool { return true }

func (c *calling) Continue(id uint64) {
	if until, held := c.hold.Load(id); held {
		<-until.(chan struct{})
	}
	c.answered <- id
}

func (c *calling) Refuse(uint64, syscall.Errno) {}

func (c *calling) next(t *testing.T) uint64 {
	t.Helper()
	select {
	case id := <-c.answered:
		return id
	case <-time.After(10 * time.Second):
		t.Fatal("a call is not answered")
		return 0
	}
}

func TestALongLookHoldsUpNobodyElse(t *testing.T) {
	o := newTestObserver(t, "/nowhere")
	c := &calling{waiting: make(chan uint64), answered: make(chan uint64, 100)}
	o.Serve(c)
	defer close(c.waiting)
	var held []chan struct{}
	id := uint64(1)
	for ; id < maxWorkers; id++ { // all but one are held up
		until := make(chan struct{})
		held = append(held, until)
		c.hold.Store(id, until)
		c.waiting <- id
	}
	for ; id < 20; id++ {
		c.waiting <- id
		if got := c.next(t); got != id {
			t.Errorf("%d instead of %d", got, id)
		}
	}
	if !o.crew.busy() {
		t.Error("what is not written down yet is forgotten")
	}
	for _, until := range held {
		close(until)
		c.next(t)
	}
	o.Drain(10 * time.Second)
	if o.crew.busy() {
		t.Error("it never ends")
	}
	for ; id < 40; id++ { // whoever is on duty now
		c.waiting <- id
		c.next(t)
	}
	if o.unseen.foreign != 39 {
		t.Error(o.unseen.foreign)
	}
}

func TestAllAreHeldUp(t *testing.T) {
	o := newTestObserver(t, "/nowhere")
	c := &calling{waiting: make(chan uint64), answered: make(chan uint64, 100)}
	o.Serve(c)
	defer close(c.waiting)
	until := make(chan struct{})
	for id := uint64(1); id <= maxWorkers; id++ {
		c.hold.Store(id, until)
		c.waiting <- id
	}
	time.Sleep(3 * patience)
	close(until)
	c.waiting <- 99
	for range make([]struct{}, maxWorkers+1) {
		c.next(t)
	}
}

func TestTheFirstExecveTakesPlaceOutOfReach(t *testing.T) {
	const execve = 59
	o := newTestObserver(t, "/nowhere")
	c := &calling{waiting: make(chan uint64), answered: make(chan uint64, 100), number: execve}
	before := -1
	o.Starting = func() { before = len(c.answered) }
	o.Serve(c)
	defer close(c.waiting)
	for id := uint64(1); id < 4; id++ {
		c.waiting <- id
	}
	for id := uint64(1); id < 4; id++ {
		c.next(t)
	}
	if before != 0 {
		t.Errorf("%d calls were let through before", before)
	}
}
