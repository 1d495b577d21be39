import { defineConfig } from "vitest/config";

/** Programs and images that go wrong, on Docker, Podman and rootless Podman. */
export default defineConfig({
  test: {
    include: ["test/e2e/faults-*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Fault cases wait about as long as they work: two cases at each place keep two processors busy.
    maxWorkers: 3,
    maxConcurrency: 2,
  },
});
