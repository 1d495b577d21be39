package recording

import "time"

type span struct{ from, to time.Time }

func (s span) length() time.Duration { return s.to.Sub(s.from) }

// covered adds up time that spans cover, whatever order they come in: what lies in several of them counts once.
type covered struct {
	spans []span // none touches another; the latest last
	sum   time.Duration
}

// maxSpans bounds what is kept: a wait is credited some moments after it was, and not later.
const maxSpans = 16

func (c *covered) add(from, to time.Time) {
	if !to.After(from) {
		return
	}
	whole := span{from, to}
	kept := make([]span, 0, len(c.spans)+1)
	for _, s := range c.spans {
		if s.to.Before(whole.from) || whole.to.Before(s.from) {
			kept = append(kept, s)
			continue
		}
		if s.from.Before(whole.from) {
			whole.from = s.from
		}
		if s.to.After(whole.to) {
			whole.to = s.to
		}
		c.sum -= s.length()
	}
	c.sum += whole.length()
	c.spans = append(kept, whole)
	if len(c.spans) > maxSpans {
		c.spans = c.spans[1:]
	}
}
