// @ts-check
/**
 * Compiles cosign, which the tests let read what we attach to images; once, which takes some minutes.
 *
 *     node tools/setup/cosign.mjs
 */
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ensurePackages } from "./packages.mjs";
import { cacheFolder, commandLine, exists, locked, must, say } from "./shared.mjs";

const VERSION = "v2.6.5";

/** @returns {Promise<string>} the program */
export async function ensureCosign() {
  const program = path.join(cacheFolder, "tools", `cosign-${VERSION}`);
  await locked("cosign", async () => {
    if (await exists(program)) return;
    await ensurePackages(["go"]);
    say(`compiling cosign ${VERSION}`);
    await mkdir(path.dirname(program), { recursive: true });
    const draft = await mkdtemp(path.join(cacheFolder, "cosign-"));
    try {
      await must(
        "go",
        ["install", "-trimpath", "-ldflags=-s -w", `github.com/sigstore/cosign/v2/cmd/cosign@${VERSION}`],
        {
          env: { GOBIN: draft, GOFLAGS: "", GOWORK: "off", CGO_ENABLED: "0" },
          what: "compiling cosign",
        },
      );
      await rename(path.join(draft, "cosign"), program);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
  return program;
}

commandLine(import.meta.url, async () => say(await ensureCosign()));
