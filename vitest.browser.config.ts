import { defineConfig } from "vitest/config";

/** Pages in a real browser; needs Chromium (`npm test` installs it). */
export default defineConfig({
  test: {
    include: ["src/**/*.browser.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
