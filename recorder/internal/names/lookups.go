// Package names receives the queries of the program's resolvers and finds out who asked. It never answers, or makes an
// answer up.
package names

import (
	"sync"
	"time"

	"pratique/recorder/internal/decode"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
	"pratique/recorder/internal/waiting"
)

// lookup is one call of a program to its resolver, as far as queries can tell. Queries belong to it
//   - if they repeat a name on the same socket: the resolver loses patience, or wants A and AAAA;
//   - if the same process has not asked this very question in it yet: the resolver goes through its search domains, or
//     asks for A and AAAA from two sockets, as Go does.
//
// Go also takes a new socket for each repetition; those count as lookups of their own.
type lookup struct {
	name    string
	pid     int
	asked   map[decode.Question]bool
	sockets []uint64
	attempt int
	last    time.Time
}

const (
	maxLookups   = 512
	maxQuestions = 64 // in one lookup; glibc has at most seven domains, times two types
	// No resolver repeats a query after a longer pause.
	lookupMemory = 30 * time.Second
	// Resolvers lose patience after five seconds, or as many as "options timeout" says.
	longestPause = 10 * time.Second
)

// Lookups turns queries into attempts.
type Lookups struct {
	mu      sync.Mutex
	active  []*lookup
	search  Search
	book    *recording.Book
	tracker *waiting.Tracker
}

// NewLookups returns an empty one.
func NewLookups(search Search, book *recording.Book, tracker *waiting.Tracker) *Lookups {
	return &Lookups{search: search, book: book, tracker: tracker}
}

// Asked notes a query. The socket is its inode, or any number that tells it from others if that is unknown.
func (l *Lookups) Asked(q decode.Question, socket uint64, by tracee.Process, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	name := l.search.Plain(q.Name)
	known := l.find(name, q, socket, by.PID)
	if known == nil {
		known = &lookup{name: name, pid: by.PID, asked: map[decode.Question]bool{}}
		known.attempt = l.book.Attempt(recording.Target{Protocol: "dns", Host: name}, recording.Process(by))
		l.active = append(l.active, known)
	} else if pause := now.Sub(known.last); pause > 0 && pause <= longestPause {
		l.book.Lost(known.attempt, known.last, now) // it waited for an answer to the query before
	}
	known.asked[q] = true
	known.last = now
	if !contains(known.sockets, socket) {
		known.sockets = append(known.sockets, socket)
	}
	l.tracker.Begin(socket, waiting.Resolving, known.attempt, now)
	if socket&notAnInode == 0 {
		l.tracker.Seen(socket) // or its inode would not be known
	}
}

func (l *Lookups) find(name string, q decode.Question, socket uint64, pid int) *lookup {
	for _, k := range l.active {
		if k.name == name && contains(k.sockets, socket) {
			return k
		}
	}
	for i := len(l.active) - 1; i >= 0; i-- { // the latest first
		k := l.active[i]
		if k.name == name && k.pid == pid && pid != 0 && !k.asked[q] && len(k.asked) < maxQuestions {
			return k
		}
	}
	return nil
}

func (l *Lookups) prune(now time.Time) {
	kept := l.active[:0]
	for _, k := range l.active {
		if now.Sub(k.last) < lookupMemory {
			kept = append(kept, k)
		}
	}
	if len(kept) > maxLookups {
		kept = kept[len(kept)-maxLookups:]
	}
	l.active = kept
}

func contains(list []uint64, wanted uint64) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}
