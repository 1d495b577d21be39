import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

/** Images for tests, made byte by byte: what a real program would never write can be written too. */

export interface Member {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** `0` file, `1` hard link, `2` symbolic link, `5` folder; any other byte. */
  readonly type?: string;
  readonly link?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** In place of the content's size, as bytes of the field. */
  readonly sizeField?: string | Buffer;
  /** Changes the header before its checksum is made. */
  readonly change?: (header: Buffer) => void;
}

const BLOCK = 512;

const padded = (content: Uint8Array): Buffer =>
  Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);

export function member(item: Member): Buffer {
  const content =
    typeof item.content === "string" ? Buffer.from(item.content) : (item.content ?? Buffer.alloc(0));
  const header = Buffer.alloc(BLOCK);
  const put = (text: string | Buffer, at: number, length: number): void => {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    bytes.copy(header, at, 0, length);
  };
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  put(item.name, 0, 100);
  put(octal(item.mode ?? 0o755, 7), 100, 8);
  put(octal(item.uid ?? 0, 7), 108, 8);
  put(octal(item.gid ?? 0, 7), 116, 8);
  put(item.sizeField ?? octal(content.length, 11), 124, 12);
  put(octal(0, 11), 136, 12);
  put(item.type ?? "0", 156, 1);
  put(item.link ?? "", 157, 100);
  put("ustar\x0000", 257, 8);
  item.change?.(header);
  header.fill(32, 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  put(octal(sum, 6), 148, 8);
  return Buffer.concat([header, padded(content)]);
}

export const END = Buffer.alloc(2 * BLOCK);

export const tar = (...members: readonly Member[]): Buffer => Buffer.concat([...members.map(member), END]);

/** A member of attributes for the one after it. */
export const pax = (records: Readonly<Record<string, string>>): Member => ({
  name: "PaxHeaders/x",
  type: "x",
  content: Object.entries(records)
    .map(([key, value]) => paxRecord(key, value))
    .join(""),
});

export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

export const folder = (name: string, mode = 0o755): Member => ({ name, mode, type: "5" });
export const file = (name: string, content: string | Buffer = "", mode = 0o644): Member => ({
  name,
  content,
  mode,
});
export const symlink = (name: string, link: string): Member => ({ name, link, type: "2" });
export const hardlink = (name: string, link: string): Member => ({ name, link, type: "1" });

export const hexOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** A zstd frame of stored blocks: what the format allows at its simplest. */
export function zstd(content: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58])];
  const most = 64 * 1024;
  for (let at = 0; at === 0 || at < content.length; at += most) {
    const block = content.subarray(at, at + most);
    const last = at + most >= content.length ? 1 : 0;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | last, 0, 3);
    parts.push(header, block);
  }
  return Buffer.concat(parts);
}

export type Packing = "none" | "gzip" | "zstd";
export const packed = (layer: Buffer, packing: Packing): Buffer =>
  packing === "gzip" ? gzipSync(layer) : packing === "zstd" ? zstd(layer) : layer;

interface ImageOptions {
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly names?: readonly string[];
  readonly packing?: Packing;
  readonly config?: object;
  /** In place of a RUN for each layer. */
  readonly history?: readonly object[];
}

export function configuration(layers: readonly Buffer[], options: ImageOptions = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      ...options.platform,
      created: "2026-01-02T03:04:05Z",
      config: { Cmd: ["/bin/job"], Env: ["PATH=/bin"], ...options.config },
      rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${hexOf(layer)}`) },
      history: options.history ?? [
        ...layers.map((_, index) => ({ created_by: `RUN step ${index}` })),
        { created_by: "CMD job", empty_layer: true },
      ],
    }),
  );
}

/** The members of an archive as `docker save` wrote it for years; `layers` are plain tars. */
export function dockerMembers(layers: readonly Buffer[], options: ImageOptions = {}): Map<string, Buffer> {
  const config = configuration(layers, options);
  const members = new Map<string, Buffer>();
  const names = layers.map((layer, index) => {
    const name = `${index}${hexOf(layer).slice(1)}/layer.tar`;
    members.set(name, packed(layer, options.packing ?? "none"));
    return name;
  });
  members.set(`${hexOf(config)}.json`, config);
  const manifest = [
    { Config: `${hexOf(config)}.json`, RepoTags: options.names ?? ["lab/job:1"], Layers: names },
  ];
  members.set("manifest.json", Buffer.from(JSON.stringify(manifest)));
  return members;
}

/** The files of an OCI layout with one image for each of `images`. */
export function ociMembers(
  images: readonly ({ readonly layers: readonly Buffer[] } & ImageOptions)[],
): Map<string, Buffer> {
  const members = new Map<string, Buffer>([["oci-layout", Buffer.from('{"imageLayoutVersion":"1.0.0"}')]]);
  const blob = (bytes: Buffer, mediaType: string) => {
    members.set(`blobs/sha256/${hexOf(bytes)}`, bytes);
    return { mediaType, digest: `sha256:${hexOf(bytes)}`, size: bytes.length };
  };
  const manifests = images.map(({ layers, ...options }) => {
    const config = blob(configuration(layers, options), "application/vnd.oci.image.config.v1+json");
    const stored = layers.map((layer) =>
      blob(packed(layer, options.packing ?? "none"), "application/vnd.oci.image.layer.v1.tar"),
    );
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: stored }));
    return {
      ...blob(manifest, "application/vnd.oci.image.manifest.v1+json"),
      ...(options.platform === undefined ? {} : { platform: options.platform }),
      ...(options.names === undefined
        ? {}
        : { annotations: { "org.opencontainers.image.ref.name": options.names[0] } }),
    };
  });
  members.set("index.json", Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
  return members;
}

export const archive = (members: ReadonlyMap<string, Buffer>): Buffer =>
  tar(...[...members].map(([name, content]) => ({ name, content })));
