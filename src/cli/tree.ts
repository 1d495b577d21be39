import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { EngineName } from "../engine/engine.ts";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { stopOnSignals, write } from "./work.ts";

export interface TreeCommandOptions {
  readonly engine?: EngineName;
  readonly format: "text" | "json";
  readonly json?: boolean;
  readonly glob: readonly string[];
  readonly largerThan?: number;
  readonly layer?: number;
  readonly depth?: number;
  readonly sort: "path" | "size" | "layer";
  readonly extract?: string;
  readonly to?: string;
  readonly verify: boolean;
}

/** As much text goes out at once. */
const PIECE = 64 * 1024;
/** A longer file on a terminal is a mistake. */
const MOST_ON_SCREEN = 1_000_000;

/** Lists the files of an image, or takes one out. */
export async function runTree(target: string, options: TreeCommandOptions): Promise<number> {
  if ((options.extract === undefined) !== (options.to === undefined))
    throw new PratiqueError("usage.bad-argument", "--extract and --to belong together.", {
      hint: "As in: pratique tree my-image --extract /etc/os-release --to -",
    });
  const abort = new AbortController();
  const unhook = stopOnSignals(abort);
  const asked = { ...options, target, globs: options.glob, signal: abort.signal };
  try {
    if (options.extract !== undefined) await extract(asked, options.extract, options.to ?? "-");
    else await list(asked);
    return 0;
  } finally {
    unhook();
  }
}

type Asked = Parameters<typeof import("../pipeline/tree.ts").listImage>[0] &
  Pick<TreeCommandOptions, "format" | "json">;

async function list(options: Asked): Promise<void> {
  const [{ listImage }, { treeJson, treeLine }] = await Promise.all([
    import("../pipeline/tree.ts"),
    import("../reporters/tree.ts"),
  ]);
  const { image, rows } = await listImage(options);
  const json = options.json === true || options.format === "json";
  let text = "";
  for (const piece of json ? treeJson(image, rows) : lines()) {
    text += piece;
    if (text.length < PIECE) continue;
    // Nobody reads any more, or it was stopped.
    if (process.stdout.destroyed || options.signal.aborted) break;
    await write(process.stdout, text);
    text = "";
  }
  await write(process.stdout, text);
  if (!json) for (const note of image.notes) process.stderr.write(`${note}\n`);
  function* lines(): Generator<string> {
    for (const row of rows) yield treeLine(row);
  }
}

async function extract(options: Asked, path: string, to: string): Promise<void> {
  const { extractFromImage } = await import("../pipeline/tree.ts");
  if (to !== "-") {
    const [{ plainLine }, { sizeOf }] = await Promise.all([
      import("../reporters/plain.ts"),
      import("../findings/counting.ts"),
    ]);
    const { path: found, size } = await extractFromImage(options, path, to);
    process.stderr.write(`${plainLine(found)}, ${sizeOf(size)}, is in ${plainLine(to)}\n`);
    return;
  }
  await extractFromImage(options, path, async (bytes, size) => {
    if (process.stdout.isTTY !== true)
      return pipeline(bytes, process.stdout, { end: false }).catch((error: unknown) => {
        // Nobody reads any more: that is the reader's choice and no failure.
        if (systemErrorCode(error) !== "EPIPE") throw error;
      });
    if (size > MOST_ON_SCREEN) {
      bytes.destroy();
      throw new PratiqueError("usage.bad-argument", "The file is too long for a screen.", {
        hint: "Name a file for it: --to found.bin",
      });
    }
    const { plainText } = await import("../reporters/plain.ts");
    await write(process.stdout, plainText((await buffer(bytes)).toString("utf8"), 4 * MOST_ON_SCREEN));
  });
}
