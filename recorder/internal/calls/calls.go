// Package calls is the list of system calls the recorder wants to see, for every ABI a kernel of one of our
// architectures accepts. It is data: the filter is generated from it, and the observer looks meanings up in it.
package calls

// Call says what a system call means, whatever its number is in one ABI.
type Call uint8

const (
	None Call = iota
	Connect
	SendTo
	SendMsg
	SendMMsg
	SocketCall // i386 only: one system call for all of the above
	Open
	OpenAt
	OpenAt2
	Creat
	Mkdir
	MkdirAt
	Rename
	RenameAt
	Link
	LinkAt
	Symlink
	SymlinkAt
	Unlink
	UnlinkAt
	Rmdir
	Mknod
	MknodAt
	Truncate
	Exec
	ExecAt
	ExitGroup
	Bind
	Listen
	IOUringSetup
	X32 // any call with the x32 bit: refused, so that nothing passes unseen
)

// TestKind says what the filter checks, in the kernel, before it bothers the recorder.
type TestKind uint8

const (
	Always  TestKind = iota // every call is of interest
	AnyBit                  // only if Arg has one of the bits of Mask
	NonZero                 // only if Arg, as 64 bits, is not zero
)

// Test is such a check.
type Test struct {
	Kind TestKind
	Arg  int
	Mask uint32
}

// Entry is one system call of one ABI.
type Entry struct {
	Number uint32
	Call   Call
	Test   Test
}

// ABI is one way into the kernel. A 64-bit kernel usually accepts a 32-bit one too.
type ABI struct {
	Name        string
	AuditArch   uint32
	PointerSize int
	HasX32      bool
	Entries     []Entry
}

// Open flags with which a file may change. They are the same numbers in all four ABIs. O_TMPFILE needs one of the
// first two, so it is covered.
const WriteFlags = openWriteOnly | openReadWrite | openCreate | openTruncate

const (
	openWriteOnly = 0o1
	openReadWrite = 0o2
	openCreate    = 0o100
	openTruncate  = 0o1000
)

// Lookup finds the meaning of a number, None if it is not in the list.
func (a *ABI) Lookup(number uint32) Call {
	if a.HasX32 && number >= X32Bit {
		return X32
	}
	for _, e := range a.Entries {
		if e.Number == number {
			return e.Call
		}
	}
	return None
}

// X32Bit marks calls of the x32 ABI, which shares its audit architecture with amd64.
const X32Bit = 0x40000000

// ABIs are all that a kernel accepts.
type ABIs []ABI

// For returns the ABIs of a kernel whose native architecture is goarch.
func For(goarch string) ABIs {
	switch goarch {
	case "amd64":
		return ABIs{amd64, i386}
	case "arm64":
		return ABIs{arm64, arm}
	}
	return nil
}

// WithReads returns the same with files that are opened for reading as well.
func (abis ABIs) WithReads() ABIs {
	all := make(ABIs, len(abis))
	for i, abi := range abis {
		abi.Entries = append([]Entry(nil), abi.Entries...)
		for j := range abi.Entries {
			if call := abi.Entries[j].Call; call == Open || call == OpenAt {
				abi.Entries[j].Test = Test{}
			}
		}
		all[i] = abi
	}
	return all
}

// Find returns the ABI with this audit architecture.
func (abis ABIs) Find(auditArch uint32) (*ABI, bool) {
	for i := range abis {
		if abis[i].AuditArch == auditArch {
			return &abis[i], true
		}
	}
	return nil, false
}
