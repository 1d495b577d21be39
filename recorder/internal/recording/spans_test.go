package recording

import (
	"math/rand"
	"testing"
	"time"
)

func TestCoveredCountsEveryMomentOnce(t *testing.T) {
	start := time.Unix(0, 0)
	random := rand.New(rand.NewSource(1))
	for round := 0; round < 200; round++ {
		var c covered
		var moments [100]bool
		for i := 0; i < 15; i++ {
			from := random.Intn(100)
			to := from + random.Intn(100-from)
			c.add(start.Add(time.Duration(from)*time.Second), start.Add(time.Duration(to)*time.Second))
			for m := from; m < to; m++ {
				moments[m] = true
			}
			want := 0
			for _, there := range moments {
				if there {
					want++
				}
			}
			if c.sum != time.Duration(want)*time.Second {
				t.Fatalf("round %d: %v, want %d s", round, c.sum, want)
			}
		}
	}
}

func TestCoveredIsBounded(t *testing.T) {
	var c covered
	start := time.Unix(0, 0)
	for i := 0; i < 1000; i++ {
		c.add(start.Add(time.Duration(2*i)*time.Second), start.Add(time.Duration(2*i+1)*time.Second))
	}
	if c.sum != 1000*time.Second || len(c.spans) > maxSpans {
		t.Fatalf("%v in %d spans", c.sum, len(c.spans))
	}
}
