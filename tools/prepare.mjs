// @ts-check
/**
 * Builds dist/ when npm installs the package from its repository, as pre-commit does; npm calls this as “prepare”.
 *
 * npm promises that the development dependencies are there by then. With `--global` they are not (npm issue 8440):
 * the inner installation inherits the flag and puts them elsewhere. Then they are installed here.
 */
import path from "node:path";
import process from "node:process";
import { commandLine, must, root, run } from "./setup/shared.mjs";

commandLine(import.meta.url, async () => {
  const probe = ["--input-type=module", "--eval", "await import('esbuild')"];
  if ((await run(process.execPath, probe)).code !== 0) {
    await must("npm", ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"], {
      what: "npm ci",
      env: {
        npm_config_global: "false",
        npm_config_location: "project",
        npm_config_prefix: undefined,
        NPM_CONFIG_PREFIX: undefined,
      },
    });
  }
  await must(process.execPath, [path.join(root, "tools/build.mjs")], { what: "the build" });
});
