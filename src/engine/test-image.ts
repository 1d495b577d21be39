import { pack } from "tar-stream";

/** The file tree of an image that holds one program, as a tar archive: `/ok`. */
export async function testImage(program: Buffer): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: "ok", mode: 0o755, size: program.length }, program);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
