import { PratiqueError } from "../errors.ts";
import { plural } from "../findings/counting.ts";
import { reportFailure, terminalOptions } from "./failure.ts";
import { stopOnSignals, write } from "./work.ts";

export interface PinRunOptions {
  readonly config?: string;
  readonly file?: string;
  readonly dryRun?: boolean;
  readonly exitCode?: boolean;
  readonly format: "text" | "json";
}

/** `pratique pin`: 3 where a registry did not say what a tag stands for; 1 for a change only where that was asked for. */
export async function runPin(targets: readonly string[], options: PinRunOptions): Promise<number> {
  const abort = new AbortController();
  const unhook = stopOnSignals(abort);
  const dryRun = options.dryRun === true;
  try {
    const { pinFiles, registryDigests } = await import("../pipeline/pin.ts");
    const files = await pinFiles({
      targets,
      config: options.config,
      file: options.file,
      write: !dryRun,
      digests: registryDigests(abort.signal),
      signal: abort.signal,
    });
    if (options.format === "json") await write(process.stdout, `${JSON.stringify({ files }, null, 2)}\n`);
    else {
      const { renderPins } = await import("../reporters/pin.ts");
      await write(process.stdout, renderPins(files, terminalOptions(process.stdout), dryRun));
    }
    const all = files.flatMap(({ images }) => images);
    const unknown = all.filter((image) => image.unknown).length;
    if (unknown > 0)
      return await reportFailure(
        new PratiqueError(
          "registry.failed",
          `Of ${plural(unknown, "image")} nobody said which digest the tag stands for.`,
          {
            hint: "The reasons stand above. Check names and network; log in where that is needed (podman login, docker login).",
          },
        ),
        [],
      );
    if (files.some(({ problem }) => problem !== "")) return 3;
    return options.exitCode === true && files.some(({ diff }) => diff !== "") ? 1 : 0;
  } finally {
    unhook();
  }
}
