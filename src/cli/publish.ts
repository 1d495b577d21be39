import type { EngineName } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import { keyOf, packagesOf } from "./evidence.ts";
import { terminalOptions } from "./failure.ts";
import { makeProgress } from "./progress.ts";
import { readSecret } from "./secret.ts";
import { stopOnSignals, write } from "./work.ts";

export interface PublishRunOptions {
  readonly image?: string;
  readonly engine?: EngineName;
  readonly latest: boolean;
  readonly key?: string;
  readonly keyless?: boolean;
  readonly fulcioUrl?: string;
  readonly rekorUrl?: string;
  readonly override?: string;
  readonly checkToken?: boolean;
  readonly format: "text" | "json";
}

/** `pratique publish`: 1 where the image is not clear and no reason is given for publishing it all the same. */
export async function runPublish(
  target: string,
  evidence: string,
  options: PublishRunOptions,
): Promise<number> {
  const { image, engine, latest, override, checkToken, format } = options;
  const key = options.key === undefined && options.keyless !== true ? undefined : keyOf(options);
  const abort = new AbortController();
  const unhook = stopOnSignals(abort);
  const progress = makeProgress(true, false);
  try {
    const { signal } = abort;
    const token = checkToken === true ? await rightsOf(target, signal) : undefined;
    const [{ publish }, { renderCrate }] = await Promise.all([
      import("../pipeline/publish.ts"),
      import("../reporters/ro-crate.ts"),
    ]);
    const published = await publish({
      target,
      evidence,
      image,
      engine,
      latest,
      key,
      override,
      signal,
      progress: progress.sink,
      render,
      packages: packagesOf,
      crate: renderCrate,
    });
    progress.stop();
    const { publication, imageId, layers, attached, pull, notes, signed } = published;
    const shown = {
      ...publication,
      imageId,
      layers,
      signed,
      attached: attached.artifacts,
      cosignTag: attached.cosignTag ?? null,
      pull,
      notes,
      token,
    };
    if (format === "json") {
      await write(process.stdout, `${JSON.stringify(shown, null, 2)}\n`);
      return 0;
    }
    const { renderPublication } = await import("../reporters/publication.ts");
    await write(process.stdout, renderPublication(shown, terminalOptions(process.stdout)));
    return 0;
  } finally {
    progress.stop();
    unhook();
  }
}

async function render(report: Report): Promise<{ json: string; page: string }> {
  const [{ renderHtml }, { renderJson }] = await Promise.all([
    import("../reporters/page/render.tsx"),
    import("../reporters/json.ts"),
  ]);
  return { json: renderJson(report), page: renderHtml(report) };
}

async function rightsOf(target: string, signal: AbortSignal) {
  const token = await readSecret("Token for pulling (it is not shown): ", signal);
  if (token === "")
    throw new PratiqueError("usage.bad-argument", "No token was given.", {
      hint: "Type it, or hand it over on standard input: --check-token < token.txt",
    });
  const { tokenRights } = await import("../pipeline/pull-token.ts");
  const host = target.replace(/^docker:\/\//, "").split("/")[0] ?? "";
  return tokenRights(token, host, { api: process.env.GITHUB_API_URL, signal });
}
