package decode

import "encoding/binary"

// Pointer reads one pointer or size_t of a 4- or 8-byte ABI.
func Pointer(b []byte, size int) uint64 {
	if size == 4 {
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

// MessageSize is sizeof(struct msghdr).
func MessageSize(pointerSize int) int {
	if pointerSize == 4 {
		return 28
	}
	return 56
}

// MMessageSize is sizeof(struct mmsghdr), an array of which sendmmsg takes.
func MMessageSize(pointerSize int) int {
	return MessageSize(pointerSize) + pointerSize // an unsigned int, padded to a pointer
}

// Message is the part of struct msghdr that says where to.
type Message struct {
	Name    uint64
	NameLen uint32
}

// ParseMessage decodes struct msghdr, or the head of struct mmsghdr.
func ParseMessage(b []byte, pointerSize int) (Message, bool) {
	if len(b) < MessageSize(pointerSize) {
		return Message{}, false
	}
	return Message{
		Name:    Pointer(b, pointerSize),
		NameLen: binary.LittleEndian.Uint32(b[pointerSize:]),
	}, true
}

// SocketCallArgs decodes the argument array of i386's socketcall.
func SocketCallArgs(b []byte) [6]uint64 {
	var args [6]uint64
	for i := range args {
		if len(b) < 4*(i+1) {
			break
		}
		args[i] = uint64(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return args
}

// OpenHowSize is the size of the first version of struct open_how.
const OpenHowSize = 24

// ParseOpenHow returns the flags in struct open_how.
func ParseOpenHow(b []byte) (flags uint64, ok bool) {
	if len(b) < OpenHowSize {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}
