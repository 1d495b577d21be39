/** Machine code that ends with exit code 0: `exit(0)` as a bare system call. */
const EXIT: Readonly<Record<string, { readonly machine: number; readonly code: readonly number[] }>> = {
  // mov eax, 60; xor edi, edi; syscall
  amd64: { machine: 62, code: [0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05] },
  // mov x8, #93; mov x0, #0; svc #0
  arm64: { machine: 183, code: [0xa8, 0x0b, 0x80, 0xd2, 0, 0, 0x80, 0xd2, 0x01, 0, 0, 0xd4] },
};

const HEADER = 64;
const SEGMENT = 56;
const ADDRESS = 0x40_0000;

/**
 * A static ELF program of some 130 bytes that does nothing and succeeds: all that a container needs in order to show
 * that containers start. Undefined for an architecture that we know no code for.
 */
export function smallestProgram(architecture: string): Buffer | undefined {
  const exit = EXIT[architecture];
  if (exit === undefined) return undefined;
  const size = HEADER + SEGMENT + exit.code.length;
  const file = Buffer.alloc(size);
  // e_ident: magic, 64 bit, little endian, version 1, System V.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16); // e_type: executable
  file.writeUInt16LE(exit.machine, 18);
  file.writeUInt32LE(1, 20); // e_version
  file.writeBigUInt64LE(BigInt(ADDRESS + HEADER + SEGMENT), 24); // e_entry
  file.writeBigUInt64LE(BigInt(HEADER), 32); // e_phoff
  file.writeUInt16LE(HEADER, 52); // e_ehsize
  file.writeUInt16LE(SEGMENT, 54); // e_phentsize
  file.writeUInt16LE(1, 56); // e_phnum
  file.writeUInt32LE(1, HEADER); // p_type: load
  file.writeUInt32LE(5, HEADER + 4); // p_flags: read and execute
  file.writeBigUInt64LE(BigInt(ADDRESS), HEADER + 16); // p_vaddr
  file.writeBigUInt64LE(BigInt(ADDRESS), HEADER + 24); // p_paddr
  file.writeBigUInt64LE(BigInt(size), HEADER + 32); // p_filesz
  file.writeBigUInt64LE(BigInt(size), HEADER + 40); // p_memsz
  file.writeBigUInt64LE(0x1000n, HEADER + 48); // p_align
  file.set(exit.code, HEADER + SEGMENT);
  return file;
}
