package waiting

import (
	"testing"
	"time"

	"pratique/recorder/internal/procnet"
)

type ledger map[int]time.Duration

func (l ledger) Lost(attempt int, from, to time.Time) { l[attempt] += to.Sub(from) }

var (
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	none  = map[uint64]uint8{}
)

func after(seconds float64) time.Time {
	return start.Add(time.Duration(seconds * float64(time.Second)))
}

func TestConnectIsTimedWhileInSynSent(t *testing.T) {
	book := ledger{}
	tracker := NewTracker(book)
	tracker.Begin(5, Connecting, 1, start)
	tracker.settle(none, none, after(0.1)) // not in the table yet
	tracker.settle(map[uint64]uint8{5: procnet.SynSent}, none, after(1))
	tracker.settle(map[uint64]uint8{5: procnet.SynSent}, none, after(2))
	tracker.settle(map[uint64]uint8{5: procnet.Established}, none, after(3))
	if book[1] != 2500*time.Millisecond || tracker.Waiting(5) {
		t.Error(book, tracker.Waiting(5))
	}
}

func TestRefusedAtOnceCostsNothing(t *testing.T) {
	book := ledger{}
	tracker := NewTracker(book)
	tracker.Begin(5, Connecting, 1, start)
	tracker.settle(none, none, after(1))
	if book[1] != 0 || tracker.Waiting(5) {
		t.Error(book)
	}
}

func TestLookupIsTimedUntilItsSocketIsGone(t *testing.T) {
	book := ledger{}
	tracker := NewTracker(book)
	tracker.Begin(9, Resolving, 2, start)
	tracker.settle(none, map[uint64]uint8{9: 7}, after(4))
	tracker.Begin(9, Resolving, 2, after(5)) // sent again
	tracker.settle(none, map[uint64]uint8{9: 7}, after(9))
	tracker.settle(none, none, after(10))
	tracker.settle(none, none, after(11))
	if book[2] != 9500*time.Millisecond || tracker.Waiting(9) {
		t.Error(book)
	}
}

// A busy machine may look only when the socket is gone.
func TestSocketSeenByOthers(t *testing.T) {
	book := ledger{}
	tracker := NewTracker(book)
	tracker.Begin(9, Resolving, 2, start)
	tracker.Seen(9)
	tracker.Seen(10)
	tracker.settle(none, none, after(1))
	tracker.settle(none, none, after(2))
	if book[2] != 500*time.Millisecond || tracker.Waiting(9) {
		t.Error(book)
	}
}

// The kernel's tables leave sockets out now and then.
func TestSocketThatDropsOutOfSight(t *testing.T) {
	book := ledger{}
	tracker := NewTracker(book)
	tracker.Begin(9, Resolving, 2, start)
	tracker.settle(none, map[uint64]uint8{9: 7}, after(1))
	tracker.settle(none, none, after(2))
	tracker.settle(none, map[uint64]uint8{9: 7}, after(3))
	tracker.settle(none, none, after(4))
	tracker.settle(none, none, after(5))
	if book[2] != 3500*time.Millisecond || tracker.Waiting(9) {
		t.Error(book)
	}
}

func TestSocketKeptForLaterIsNotWaiting(t *testing.T) {
	book := ledger{}
	tracker := NewTracker(book)
	tracker.Begin(9, Resolving, 2, start)
	tracker.settle(none, map[uint64]uint8{9: 7}, after(31))
	tracker.settle(none, map[uint64]uint8{9: 7}, after(100))
	if book[2] != 31*time.Second {
		t.Error(book)
	}
}

func TestBounded(t *testing.T) {
	tracker := NewTracker(ledger{})
	for i := uint64(1); i < 10000; i++ {
		tracker.Begin(i, Connecting, 0, start)
	}
	if tracker.pending() != maxWaits {
		t.Error(tracker.pending())
	}
}
