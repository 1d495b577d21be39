import { defineConfig } from "vitest/config";

/** Programs and images that go wrong, on Docker, Podman and rootless Podman. */
export default defineConfig({
  test: {
    include: ["test/e2e/faults-*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    // Fault cases wait more than they work.
    maxConcurrency: 3,
  },
});
