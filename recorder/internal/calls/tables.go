package calls

// Read-only opens and sends without an address are by far the most frequent; the filter lets them pass by itself.
func writeFlagsIn(arg int) Test { return Test{Kind: AnyBit, Arg: arg, Mask: WriteFlags} }
func addressIn(arg int) Test    { return Test{Kind: NonZero, Arg: arg} }

// The numbers are from the kernel's syscall tables (arch/*/entry/syscalls, include/uapi/asm-generic/unistd.h).
var amd64 = ABI{
	Name: "amd64", AuditArch: 0xC000003E, PointerSize: 8, HasX32: true,
	Entries: []Entry{
		{Number: 2, Call: Open, Test: writeFlagsIn(1)},
		{Number: 257, Call: OpenAt, Test: writeFlagsIn(2)},
		{Number: 42, Call: Connect},
		{Number: 44, Call: SendTo, Test: addressIn(4)},
		{Number: 46, Call: SendMsg},
		{Number: 307, Call: SendMMsg},
		{Number: 59, Call: Exec},
		{Number: 322, Call: ExecAt},
		{Number: 231, Call: ExitGroup},
		{Number: 49, Call: Bind},
		{Number: 50, Call: Listen},
		{Number: 76, Call: Truncate},
		{Number: 82, Call: Rename},
		{Number: 83, Call: Mkdir},
		{Number: 84, Call: Rmdir},
		{Number: 85, Call: Creat},
		{Number: 86, Call: Link},
		{Number: 87, Call: Unlink},
		{Number: 88, Call: Symlink},
		{Number: 133, Call: Mknod},
		{Number: 258, Call: MkdirAt},
		{Number: 259, Call: MknodAt},
		{Number: 263, Call: UnlinkAt},
		{Number: 264, Call: RenameAt},
		{Number: 265, Call: LinkAt},
		{Number: 266, Call: SymlinkAt},
		{Number: 316, Call: RenameAt},
		{Number: 425, Call: IOUringSetup},
		{Number: 437, Call: OpenAt2},
	},
}

var arm64 = ABI{
	Name: "arm64", AuditArch: 0xC00000B7, PointerSize: 8,
	Entries: []Entry{
		{Number: 56, Call: OpenAt, Test: writeFlagsIn(2)},
		{Number: 203, Call: Connect},
		{Number: 206, Call: SendTo, Test: addressIn(4)},
		{Number: 211, Call: SendMsg},
		{Number: 269, Call: SendMMsg},
		{Number: 221, Call: Exec},
		{Number: 281, Call: ExecAt},
		{Number: 94, Call: ExitGroup},
		{Number: 200, Call: Bind},
		{Number: 201, Call: Listen},
		{Number: 45, Call: Truncate},
		{Number: 33, Call: MknodAt},
		{Number: 34, Call: MkdirAt},
		{Number: 35, Call: UnlinkAt},
		{Number: 36, Call: SymlinkAt},
		{Number: 37, Call: LinkAt},
		{Number: 38, Call: RenameAt},
		{Number: 276, Call: RenameAt},
		{Number: 425, Call: IOUringSetup},
		{Number: 437, Call: OpenAt2},
	},
}

// The 32-bit ABIs share the old numbers below 200.
var common32 = []Entry{
	{Number: 5, Call: Open, Test: writeFlagsIn(1)},
	{Number: 8, Call: Creat},
	{Number: 9, Call: Link},
	{Number: 10, Call: Unlink},
	{Number: 11, Call: Exec},
	{Number: 14, Call: Mknod},
	{Number: 38, Call: Rename},
	{Number: 39, Call: Mkdir},
	{Number: 40, Call: Rmdir},
	{Number: 83, Call: Symlink},
	{Number: 92, Call: Truncate},
	{Number: 193, Call: Truncate}, // truncate64
	{Number: 425, Call: IOUringSetup},
	{Number: 437, Call: OpenAt2},
}

var i386 = ABI{
	Name: "i386", AuditArch: 0x40000003, PointerSize: 4,
	Entries: append([]Entry{
		{Number: 295, Call: OpenAt, Test: writeFlagsIn(2)},
		{Number: 102, Call: SocketCall},
		{Number: 362, Call: Connect},
		{Number: 369, Call: SendTo, Test: addressIn(4)},
		{Number: 370, Call: SendMsg},
		{Number: 345, Call: SendMMsg},
		{Number: 358, Call: ExecAt},
		{Number: 252, Call: ExitGroup},
		{Number: 361, Call: Bind},
		{Number: 363, Call: Listen},
		{Number: 296, Call: MkdirAt},
		{Number: 297, Call: MknodAt},
		{Number: 301, Call: UnlinkAt},
		{Number: 302, Call: RenameAt},
		{Number: 303, Call: LinkAt},
		{Number: 304, Call: SymlinkAt},
		{Number: 353, Call: RenameAt},
	}, common32...),
}

var arm = ABI{
	Name: "arm", AuditArch: 0x40000028, PointerSize: 4,
	Entries: append([]Entry{
		{Number: 322, Call: OpenAt, Test: writeFlagsIn(2)},
		{Number: 283, Call: Connect},
		{Number: 290, Call: SendTo, Test: addressIn(4)},
		{Number: 296, Call: SendMsg},
		{Number: 374, Call: SendMMsg},
		{Number: 387, Call: ExecAt},
		{Number: 248, Call: ExitGroup},
		{Number: 282, Call: Bind},
		{Number: 284, Call: Listen},
		{Number: 323, Call: MkdirAt},
		{Number: 324, Call: MknodAt},
		{Number: 328, Call: UnlinkAt},
		{Number: 329, Call: RenameAt},
		{Number: 330, Call: LinkAt},
		{Number: 331, Call: SymlinkAt},
		{Number: 382, Call: RenameAt},
	}, common32...),
}
