import { isImageName, parseImageReference } from "../dockerfile/image-reference.ts";
import type { Dockerfile } from "../dockerfile/model.ts";
import { applyEdits } from "../fix/apply.ts";
import { unifiedDiff } from "../fix/diff.ts";
import { defaultBehind, followedTag, imagesIn, type NamedImage, taggedName } from "../fix/pin.ts";
import { type DigestSource, registryClient } from "../registry/client.ts";
import { storedCredentials } from "../registry/credentials.ts";
import { askHelper } from "../registry/helper.ts";
import { writeWhole } from "../system/files.ts";
import { type CommandOptions, settingsOf } from "./command.ts";
import { readable, readUnchanged } from "./fix.ts";
import { displayPath, readDockerfile } from "./project.ts";
import { resolveTargets } from "./targets.ts";

export interface PinOptions extends Pick<CommandOptions, "config" | "file" | "signal"> {
  /** Folders, files and patterns. */
  readonly targets: readonly string[];
  /** False: the files stay as they are. */
  readonly write: boolean;
  /** Says what tags stand for now. */
  readonly digests: DigestSource;
}

/** One place in a Dockerfile that names an image. */
export interface PinnedImage {
  readonly line: number;
  /** As it is written. */
  readonly image: string;
  readonly tag: string | null;
  /** `current`: its digest is what its tag stands for. */
  readonly status: "pinned" | "updated" | "current" | "left";
  readonly before: string | null;
  readonly after: string | null;
  /** Why it was left; empty otherwise. */
  readonly reason: string;
  /** Whether that is because its registry did not say. */
  readonly unknown: boolean;
}

export interface PinnedFile {
  readonly file: string;
  readonly images: readonly PinnedImage[];
  /** Unified; empty where nothing changes. */
  readonly diff: string;
  readonly written: boolean;
  /** Why it was not written though something changes; empty otherwise. */
  readonly problem: string;
}

/** What registries say, with the logins that Podman and Docker keep. */
export const registryDigests = (signal: AbortSignal): DigestSource =>
  registryClient({
    credentials: storedCredentials(process.env, undefined, askHelper),
    timeout: 15_000,
    signal,
  });

/**
 * Puts the digest that each image's tag stands for now behind it, in place of an older one where there is one. Names
 * that are put together from variables, and those that no registry knows, are left and said to be.
 */
export async function pinFiles(options: PinOptions): Promise<readonly PinnedFile[]> {
  const chosen = async (folder: string): Promise<string | undefined> =>
    (await settingsOf(folder, { config: options.config })).config.dockerfile;
  const units = await resolveTargets(options.targets, options.file, chosen);
  const files: PinnedFile[] = [];
  for (const { kind, file, root } of units) {
    options.signal.throwIfAborted();
    if (kind !== "dockerfile") continue;
    files.push(await pinFile(root, file, options));
  }
  return files;
}

async function pinFile(root: string, path: string, { write, digests }: PinOptions): Promise<PinnedFile> {
  const { dockerfile, absolute, sha256 } = await readDockerfile(root, path);
  const file = displayPath(process.cwd(), absolute);
  const named = namedIn(dockerfile);
  const images = await Promise.all(named.map((image) => look(dockerfile, image, digests)));
  const edits = images.flatMap(({ after, status, tag }, index) => {
    const { range, written } = named[index] ?? {};
    if (
      range === undefined ||
      written === undefined ||
      after === null ||
      tag === null ||
      status === "current"
    )
      return [];
    return [
      [
        {
          file: dockerfile.file,
          startLine: range.start.line,
          startColumn: range.start.column,
          endLine: range.end.line,
          endColumn: range.end.column,
          text: `${taggedName(written, tag)}@${after}`,
        },
      ],
    ];
  });
  const result = { file, images, diff: "", written: false, problem: "" };
  if (edits.length === 0) return result;
  const before = await readUnchanged({ absolute, root, sha256 });
  if ("problem" in before) return { ...result, problem: before.problem };
  const { text } = applyEdits(before.text, edits);
  const diff = unifiedDiff(file, before.text, text, readable);
  if (write) await writeWhole(before.path, text, before.mode);
  return { ...result, diff, written: write };
}

/** The images of a file, those behind a variable where this gets its value, each place once. */
function namedIn(dockerfile: Dockerfile): readonly NamedImage[] {
  const found = new Map<string, NamedImage>();
  for (const image of imagesIn(dockerfile)) {
    const one = defaultBehind(dockerfile, image) ?? image;
    found.set(`${one.place.line}:${one.place.column} ${one.written}`, one);
  }
  return [...found.values()];
}

async function look(dockerfile: Dockerfile, named: NamedImage, digests: DigestSource): Promise<PinnedImage> {
  const { written, place, range } = named;
  const reference = parseImageReference(written);
  const before = reference.digest ?? null;
  const tag = written.includes("$") ? undefined : followedTag(dockerfile, named);
  const common = { line: place.line, image: readable(written), tag: tag ?? null, before };
  const left = (reason: string, unknown = false): PinnedImage => ({
    ...common,
    status: "left",
    after: null,
    reason,
    unknown,
  });
  if (written.includes("$"))
    return left("it is put together from variables: pin it where they get their values");
  if (range === undefined || !isImageName(written)) return left("its name does not stand there in one piece");
  if (tag === undefined)
    return left(
      "it has a digest and no tag, so nothing says what it is to follow: name the tag before the @",
    );
  const answer = await digests(parseImageReference(taggedName(written, tag)));
  if ("reason" in answer) return left(answer.reason, true);
  const { digest } = answer;
  // A digest without its tag is not yet in the form that update bots follow.
  const current = before === digest && reference.tag !== undefined;
  return {
    ...common,
    status: current ? "current" : before === null ? "pinned" : "updated",
    after: digest,
    reason: "",
    unknown: false,
  };
}
