package usage

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pratique/recorder/internal/census"
	"pratique/recorder/internal/recording"
	"pratique/recorder/internal/tracee"
)

func TestSamplesAreBoundedAndKeepPeaks(t *testing.T) {
	s := &Sampler{interval: leastInterval}
	var u recording.Usage
	for i := 0; i < 5000; i++ {
		memory := int64(i % 7)
		if i == 1234 {
			memory = 1 << 30
		}
		row := sample{at: float64(i), memory: &memory}
		if i%2 == 0 {
			share := 1.0
			row.processors = &share
		}
		s.keep(&u, row)
	}
	c := u.Samples
	if len(c.At) >= maxSamples || len(c.At) < maxSamples/2-1 || s.interval <= leastInterval {
		t.Errorf("%d samples, every %s", len(c.At), s.interval)
	}
	found := false
	for i, at := range c.At {
		if i > 0 && at <= c.At[i-1] {
			t.Fatal("time runs backwards")
		}
		found = found || c.Memory[i] != nil && *c.Memory[i] == 1<<30
	}
	if !found || *u.Peaks.Memory != 1<<30 {
		t.Error("the peak is lost")
	}
	for _, length := range []int{len(c.Memory), len(c.Processors), len(c.Scratch), len(c.Outputs), len(c.SharedMemory), len(c.OpenFiles), len(c.Processes)} {
		if length != len(c.At) {
			t.Error("columns of different lengths")
		}
	}
}

func TestSamplesOfAnUnevenNumber(t *testing.T) {
	one, two := int64(1), int64(2)
	c := recording.Samples{
		At: []float64{1, 2, 3}, Memory: []*int64{&one, nil, &two}, Processors: make([]*float64, 3), Scratch: make([]*int64, 3),
		Outputs: make([]*int64, 3), SharedMemory: make([]*int64, 3), OpenFiles: make([]*int64, 3), Processes: make([]*int64, 3),
	}
	halve(&c)
	if len(c.At) != 1 || c.At[0] != 2 || *c.Memory[0] != 1 {
		t.Errorf("%+v", c)
	}
}

func TestVolumeAddsUpAndGivesUp(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a"), bytes.Repeat([]byte("x"), 100000), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Symlink("/", filepath.Join(folder, "root"))
	v := newVolume(folder)
	v.own = false
	used, full := v.measure()
	if used == nil || *used < 100000 || *used > 200000 || full {
		t.Error(used, full)
	}
	for i := 0; i <= walkEntries; i++ {
		_ = os.WriteFile(filepath.Join(folder, string(rune('b'+i%20))+time.Duration(i).String()), nil, 0o600)
	}
	if used, _ = v.measure(); used == nil || *used < 0 || v.walked {
		t.Error(used, v.walked)
	}
	if newVolume("/nonexistent").method() != "" || newVolume("").limit() != nil {
		t.Error("what is not there was measured")
	}
}

func TestSampler(t *testing.T) {
	book := recording.NewBook(recording.Document{}, time.Now)
	s := &Sampler{
		Book: book, Census: census.New(book, os.Getpid()), Directory: tracee.NewDirectory(), Started: time.Now(),
		Scratch: t.TempDir(), SharedMemory: "/dev/shm",
	}
	s.Prepare()
	s.Sample()
	s.noteFull(s.Scratch, 1, []int{os.Getpid()})
	s.Finish()
	book.Edit(func(d *recording.Document) {
		if len(d.Usage.Samples.At) != 1 || d.Usage.CPUSeconds == nil || len(d.Usage.Full) != 1 || d.Usage.Methods["memory"] == "" {
			t.Errorf("%+v", d.Usage)
		}
	})
}

func TestWriters(t *testing.T) {
	folder := t.TempDir()
	file, err := os.Create(filepath.Join(folder, "big"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	book := recording.NewBook(recording.Document{}, time.Now)
	s := &Sampler{Book: book, Directory: tracee.NewDirectory()}
	s.noteFull(folder, 1, []int{os.Getpid()})
	book.Edit(func(d *recording.Document) {
		if len(d.FailedWrites) != 1 || d.FailedWrites[0].Path != file.Name() || d.FailedWrites[0].Reason != noSpaceLeft {
			t.Errorf("%+v", d.FailedWrites)
		}
	})
}

func FuzzCounter(f *testing.F) {
	f.Add([]byte("anon 5\nshmem 7\n"), "shmem")
	f.Add([]byte("oom_kill -1"), "oom_kill")
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		if n, ok := counter(content, name); ok && n < 0 {
			t.Error(n)
		}
	})
}
