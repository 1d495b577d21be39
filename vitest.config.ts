import { configDefaults, defineConfig } from "vitest/config";

/** Unit tests need nothing but Node; browser and e2e tests have commands of their own. */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx", "test/*.test.ts", "tools/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.browser.test.ts", "test/e2e/**"],
    // Seconds on an idle machine; what a test promises about time it measures on the processor.
    testTimeout: 60_000,
    // Files share what they import: loading the rules anew for each takes longer than most tests do.
    isolate: false,
    maxWorkers: "100%",
  },
});
