import { configDefaults, defineConfig } from "vitest/config";
import { COMMANDS } from "./vitest.commands.config.ts";

/** Unit tests need nothing but Node; the command line, pages and engines have tests of their own. */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx", "test/*.test.ts", "tools/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.browser.test.ts", "test/e2e/**", COMMANDS],
    // Seconds on an idle machine; what a test promises about time it measures on the processor.
    testTimeout: 60_000,
    // Files share what they import: loading the rules anew for each takes longer than most tests do.
    isolate: false,
    maxWorkers: "100%",
  },
});
