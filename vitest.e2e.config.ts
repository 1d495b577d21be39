import { configDefaults, defineConfig } from "vitest/config";

/** The built command line against real engines: one file per engine, side by side, since most of it is waiting. */
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/e2e/faults-*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
});
