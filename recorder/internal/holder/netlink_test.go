package holder

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestAttributeIsPadded(t *testing.T) {
	got := attribute(3, 'l', 'o', 0)
	if !bytes.Equal(got, []byte{7, 0, 3, 0, 'l', 'o', 0, 0}) {
		t.Error(got)
	}
}

func TestMessagesAreAligned(t *testing.T) {
	for what, message := range map[string][]byte{
		"address": addressMessage(2, []byte{10, 96, 0, 10}, 1), "route": defaultRouteMessage(2, 1),
		"dummy": deviceMessage("dummy", "pratique0", 1001, "", 0), "veth": deviceMessage("veth", "pratique0", 1001, "pratique1", 1002),
	} {
		if len(message)%4 != 0 {
			t.Errorf("%s has %d bytes", what, len(message))
		}
	}
	link := linkMessage(1001, 1)
	if len(link) != 16 || binary.LittleEndian.Uint32(link[4:]) != 1001 {
		t.Error(link)
	}
}
