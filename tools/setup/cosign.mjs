// @ts-check
/**
 * Compiles cosign, which the tests let read what we attach to images; once, which takes some minutes.
 *
 *     node tools/setup/cosign.mjs
 */
import { ensureGoProgram } from "./go-program.mjs";
import { commandLine, say } from "./shared.mjs";

/** @returns {Promise<string>} the program */
export const ensureCosign = () =>
  ensureGoProgram({ module: "github.com/sigstore/cosign/v2/cmd/cosign", version: "v2.6.5" });

commandLine(import.meta.url, async () => say(await ensureCosign()));
