package usage

import "pratique/recorder/internal/recording"

// sample is one look.
type sample struct {
	at                                                           float64
	memory, scratch, outputs, sharedMemory, openFiles, processes *int64
	processors                                                   *float64
	threads                                                      int64
}

// keep adds a sample to the columns, and thins them out when they are long enough.
func (s *Sampler) keep(u *recording.Usage, row sample) {
	c := &u.Samples
	c.At = append(c.At, round(row.at))
	c.Memory = append(c.Memory, row.memory)
	c.Processors = append(c.Processors, roundedOf(row.processors))
	c.Scratch = append(c.Scratch, row.scratch)
	c.Outputs = append(c.Outputs, row.outputs)
	c.SharedMemory = append(c.SharedMemory, row.sharedMemory)
	c.OpenFiles = append(c.OpenFiles, row.openFiles)
	c.Processes = append(c.Processes, row.processes)

	p := &u.Peaks
	p.Memory = most(p.Memory, row.memory)
	p.Scratch = most(p.Scratch, row.scratch)
	p.Outputs = most(p.Outputs, row.outputs)
	p.SharedMemory = most(p.SharedMemory, row.sharedMemory)
	p.OpenFiles = most(p.OpenFiles, row.openFiles)
	p.Processes = most(p.Processes, row.processes)
	p.Threads = most(p.Threads, &row.threads)
	if share := roundedOf(row.processors); share != nil && (p.Processors == nil || *share > *p.Processors) {
		p.Processors = share
	}

	if len(c.At) >= maxSamples {
		halve(c)
		s.interval *= 2
	}
}

// halve makes one sample of every two. The larger value stays: what is drawn must not hide a peak.
func halve(c *recording.Samples) {
	n := len(c.At) / 2 * 2
	at := c.At[:0]
	for i := 0; i < n; i += 2 {
		at = append(at, c.At[i+1])
	}
	c.At = at
	for _, column := range []*[]*int64{&c.Memory, &c.Scratch, &c.Outputs, &c.SharedMemory, &c.OpenFiles, &c.Processes} {
		kept := (*column)[:0]
		for i := 0; i < n; i += 2 {
			kept = append(kept, most((*column)[i], (*column)[i+1]))
		}
		*column = kept
	}
	kept := c.Processors[:0]
	for i := 0; i < n; i += 2 {
		kept = append(kept, mean(c.Processors[i], c.Processors[i+1]))
	}
	c.Processors = kept
}

func most(a, b *int64) *int64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// mean is for what is a mean over an interval already.
func mean(a, b *float64) *float64 {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	m := round((*a + *b) / 2)
	return &m
}

func roundedOf(value *float64) *float64 {
	if value == nil {
		return nil
	}
	r := round(*value)
	return &r
}

// round keeps thousandths.
func round(value float64) float64 { return float64(int64(value*1000+0.5)) / 1000 }
