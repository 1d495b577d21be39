package recording

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// Snapshot renders the document as it stands. It tells whether anything changed since the last one.
func (b *Book) Snapshot() (content []byte, changed bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.dirty {
		return nil, false, nil
	}
	b.dirty = false
	shown := b.document
	shown.Seconds = seconds(b.clock().Sub(b.started))
	shown.FailedWrites = make([]Failure, 0, len(b.document.FailedWrites))
	for _, failure := range b.document.FailedWrites {
		if failure.Count > 0 { // not withdrawn
			shown.FailedWrites = append(shown.FailedWrites, failure)
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(shown)
	return out.Bytes(), true, err
}

// FileName is the recording's name in the folder that the engine mounts.
const FileName = "recording.json"

// Save writes the recording if it changed: whole or not at all, readable by whoever started the engine.
func (b *Book) Save(folder string) error {
	// One at a time: an older snapshot must not replace the final one.
	b.saving.Lock()
	defer b.saving.Unlock()
	content, changed, err := b.Snapshot()
	if err != nil || !changed {
		return err
	}
	temporary, err := os.CreateTemp(folder, ".recording-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // fails, as it should, after the rename
	if _, err = temporary.Write(content); err == nil {
		err = temporary.Chmod(0o644)
	}
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), filepath.Join(folder, FileName))
}

// SaveInterval is the least time between two snapshots of a running program.
const SaveInterval = 500 * time.Millisecond

// KeepSaving writes snapshots until stop is closed, so that a recorder that is killed leaves its last state. A large
// recording takes longer to write and is written less often.
func (b *Book) KeepSaving(folder string, stop <-chan struct{}) {
	interval := SaveInterval
	for {
		select {
		case <-stop:
			return
		case <-time.After(interval):
		}
		began := time.Now()
		_ = b.Save(folder) // the last Save reports
		if interval = 100 * time.Since(began); interval < SaveInterval {
			interval = SaveInterval
		}
	}
}
