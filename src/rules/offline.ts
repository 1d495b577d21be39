import type { Draft } from "../findings/finding.ts";
import type { LibraryUse } from "../source/facts.ts";
import { hideSecrets } from "./secrets.ts";

/** Place and text of a use, ready to spread into a draft. */
export const useLocation = (use: LibraryUse): Pick<Draft, "location" | "excerpt"> => ({
  location: {
    file: use.file,
    startLine: use.line,
    startColumn: use.startColumn,
    endLine: use.line,
    endColumn: use.endColumn,
  },
  excerpt: hideSecrets(use.excerpt),
});

/** ENV lines for variables that do not depend on the project. */
export const environmentLines = (variables: Readonly<Record<string, string>>): string[] =>
  Object.entries(variables)
    .filter(([name, value]) => /^[A-Za-z_]\w*$/.test(name) && !/[<>\s;]/.test(value) && value !== "")
    .map(([name, value]) => `ENV ${name}=${value}`);
