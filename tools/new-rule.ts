/** Makes the folder of a new rule: `npm run new-rule -- my-rule-id dockerfile`. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RULE_ID, ruleScaffold, SCAFFOLD_KINDS } from "./rule-scaffold.ts";

declare const PROJECT_ROOT: string;

const [id = "", wanted = "dockerfile"] = process.argv.slice(2);
const kind = SCAFFOLD_KINDS.find((known) => known === wanted);
const folder = join(PROJECT_ROOT, "src", "rules", id);

if (!RULE_ID.test(id) || id.length > 40 || kind === undefined) {
  console.error(`usage: npm run new-rule -- <id> [${SCAFFOLD_KINDS.join("|")}]`);
  console.error("The id is lower-case words with hyphens that read well after “allow”: no-runtime-download");
  process.exitCode = 2;
} else if (existsSync(folder)) {
  console.error(`src/rules/${id} is there already.`);
  process.exitCode = 2;
} else {
  mkdirSync(folder);
  writeFileSync(join(folder, "rule.ts"), ruleScaffold(id, kind));
  console.log(`src/rules/${id}/rule.ts is there. Now:
  1. write its examples, then its check, then its words;
  2. npx vitest run src/rules -t ${id}
  3. npm run format && npm run generate    its page, its place in the registry`);
}
