package holder

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// accepts runs the filter as the kernel would.
func accepts(t *testing.T, packetType uint32, packet []byte) bool {
	t.Helper()
	a := uint32(0)
	for i := 0; i < len(outgoingDatagrams); i++ {
		step := outgoingDatagrams[i]
		at := int(step.K)
		switch step.Code {
		case opLoadWord:
			switch {
			case step.K == packetTypeAt:
				a = packetType
			case at+4 > len(packet):
				return false
			default:
				a = binary.BigEndian.Uint32(packet[at:])
			}
		case opLoadByte:
			if at >= len(packet) {
				return false
			}
			a = uint32(packet[at])
		case opMask:
			a &= step.K
		case opIfEqual:
			if a == step.K {
				i += int(step.Jt)
			} else {
				i += int(step.Jf)
			}
		case opReturn:
			return step.K != 0
		default:
			t.Fatalf("step %d is unknown: %+v", i, step)
		}
	}
	t.Fatal("the filter has no end")
	return false
}

func packetTo(address string, protocol byte) []byte {
	to := netip.MustParseAddr(address)
	if to.Is4() {
		b := make([]byte, 28)
		b[0], b[9] = 0x45, protocol
		copy(b[16:], to.AsSlice())
		return b
	}
	b := make([]byte, 48)
	b[0], b[6] = 0x60, protocol
	copy(b[24:], to.AsSlice())
	return b
}

func TestOutgoingDatagrams(t *testing.T) {
	for address, want := range map[string]bool{
		"192.0.2.7": true, "10.96.0.10": true, "127.0.0.1": false, "127.9.9.9": false,
		"2001:db8::1": true, "::1": false, "::2": true, "1::1": true, "0:1::1": true, "::1:0:0:1": true, "::1:0:1": true,
	} {
		if got := accepts(t, outgoing, packetTo(address, 17)); got != want {
			t.Errorf("UDP to %s: %v", address, got)
		}
		if accepts(t, outgoing, packetTo(address, 6)) {
			t.Errorf("TCP to %s", address)
		}
		if accepts(t, 0, packetTo(address, 17)) {
			t.Errorf("UDP to %s that comes in", address)
		}
	}
	if accepts(t, outgoing, []byte{0, 1, 8, 0}) || accepts(t, outgoing, nil) || accepts(t, outgoing, []byte{0x45}) {
		t.Error("what is no packet")
	}
}
