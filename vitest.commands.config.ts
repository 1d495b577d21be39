import { defineConfig } from "vitest/config";

/** The built command line as a user starts it, again and again; needs nothing but Node. */
export const COMMANDS = "test/{canaries,ci,cli,cli-image,data,docs,job,lint,lsp,pre-commit,shell}.test.ts";

export default defineConfig({
  test: {
    include: [COMMANDS],
    testTimeout: 60_000,
    maxWorkers: "100%",
  },
});
