package observer

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"pratique/recorder/internal/calls"
	"pratique/recorder/internal/seccomp"
)

// crew answers notifications. One worker waits for them and answers one after another. If it takes long over one, because
// a file system or a process's memory lets it wait, another worker takes over, so that one slow look does not hold up
// every process of the program.
//
// To hand over at every call would cost more than the answers: it wakes a thread that has gone cold, on another processor.
type crew struct {
	workers []*worker
	onDuty  atomic.Int32 // which of them waits
}

const (
	maxWorkers = 4
	// A look takes some ten microseconds. So often somebody checks that the same one does not go on and on.
	patience = 20 * time.Millisecond
	// After 10 ms of the same goroutine, Go takes its processor away whenever it waits for a call, and for a millisecond looks
	// every 20 µs whether to do so again: that cost a sixth of the time that 8,000 files took. Who yields in time is left alone.
	yieldInterval = 5 * time.Millisecond
)

// listener is a seccomp.Listener, save in tests.
type listener interface {
	Receive(into *seccomp.Notification) error
	Valid(id uint64) bool
	Continue(id uint64)
	Refuse(id uint64, errno syscall.Errno)
}

// worker answers one call after another.
type worker struct {
	event
	listener listener
	call     calls.Call
	steps    atomic.Uint64 // odd while it has a call to answer
	resting  atomic.Bool
	turn     chan struct{} // tells it to wait for calls
	text     [maxPath]byte
	path     [2 * maxPath]byte
}

// Serve starts to answer. It is called on the filtered thread, where a trapped call would wait for ever: there is nobody
// to answer it yet. So it does nothing but start goroutines, which run on other threads.
func (o *Observer) Serve(listener listener) {
	for i := 0; i < maxWorkers; i++ {
		w := &worker{event: event{observer: o}, listener: listener, turn: make(chan struct{}, 1)}
		o.crew.workers = append(o.crew.workers, w)
		go w.serve(int32(i))
	}
	o.crew.workers[0].turn <- struct{}{}
	go o.crew.watch()
}

// Drain waits until what was received is in the book.
func (o *Observer) Drain(patience time.Duration) {
	for deadline := time.Now().Add(patience); o.crew.busy() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

func (c *crew) busy() bool {
	for _, w := range c.workers {
		if w.steps.Load()%2 == 1 {
			return true
		}
	}
	return false
}

// watch relieves the worker on duty if it has been at the same call since the last look.
func (c *crew) watch() {
	var before uint64
	for range time.Tick(patience) {
		steps := c.workers[c.onDuty.Load()].steps.Load()
		if steps%2 == 1 && steps == before {
			c.relieve()
		}
		before = steps
	}
}

// relieve gives the duty to somebody who rests. If nobody does, all are at calls that take long; the first to be through
// will get it.
func (c *crew) relieve() {
	for i, w := range c.workers {
		if w.resting.CompareAndSwap(true, false) {
			c.onDuty.Store(int32(i))
			w.turn <- struct{}{}
			return
		}
	}
}

// serve answers while the worker is on duty. One that has just been relieved may answer another call, side by side with its
// successor: that does no harm.
func (w *worker) serve(number int32) {
	yielded := time.Now()
	for {
		w.resting.Store(true)
		<-w.turn
		w.resting.Store(false)
		for w.observer.crew.onDuty.Load() == number {
			if w.listener.Receive(&w.Notification) != nil {
				return
			}
			w.steps.Add(1)
			w.answer()
			w.steps.Add(1)
			if now := time.Now(); now.Sub(yielded) > yieldInterval {
				yielded = now
				runtime.Gosched()
			}
		}
	}
}

// answer examines the call while its caller waits, writes it down, and lets it continue: in this order, so that what a
// thread does is written down in the order it is done. If the caller is gone after the look, what was read may come from
// another process with the same id, and is thrown away.
func (w *worker) answer() {
	abi, known := w.observer.ABIs.Find(w.Arch)
	if !known {
		w.observer.count(func(t *tally) { t.foreign++ })
		w.listener.Continue(w.ID)
		return
	}
	w.abi, w.call = abi, abi.Lookup(w.Number)
	if w.unremarkable() {
		w.listener.Continue(w.ID)
		return
	}
	commit, refuse := w.examine(w.call)
	if commit != nil && w.listener.Valid(w.ID) {
		commit()
	}
	if w.call == calls.Exec && w.observer.Starting != nil {
		w.observer.starting.Do(w.observer.Starting)
	}
	if refuse != 0 {
		w.listener.Refuse(w.ID, refuse)
	} else {
		w.listener.Continue(w.ID)
	}
}
