import { mentions } from "../dockerfile/mentions.ts";
import { oncePerProgram, shellCommands } from "../dockerfile/shell.ts";
import { innerCommand } from "./inner-command.ts";
import { installIn } from "./packages.ts";
import { type DockerfileFacts, oncePerFile, type Rule } from "./rule.ts";

/** What a rule says that a Dockerfile must have before it can find anything there. */
type Needed = Pick<Rule, "keywords" | "programs" | "mentions">;

/** Keywords of all instructions, those that ONBUILD wraps included. */
const keywordsIn = oncePerFile(({ dockerfile }): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const { keyword, trigger } of dockerfile.instructions) {
    found.add(keyword);
    if (trigger !== undefined) found.add(trigger.keyword);
  }
  return found;
});

/** Programs that any RUN starts, also by way of others: `sudo`, `conda run`, `python -m`, `sh /usr/bin/apt-get`. */
const programsIn = oncePerFile(({ dockerfile }): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const written of dockerfile.instructions) {
    const instruction = written.trigger ?? written;
    if (instruction.keyword !== "RUN") continue;
    for (const command of shellCommands(instruction)) {
      found.add(command.name);
      const inner = innerCommand(command);
      if (inner !== command) found.add(inner.name);
      const install = installIn(inner);
      if (install !== undefined) found.add(install.program);
    }
  }
  return found;
});

/**
 * Tells which rules can find something in a file, by one look at what the file has: most rules are about something that
 * it has not, and need not run. Made once for a list of rules.
 */
export class Gate<R extends Needed> {
  readonly #rules: readonly R[];
  /** The patterns that a program's name matches. */
  readonly #patternsFor: (name: string) => readonly RegExp[];

  constructor(rules: readonly R[]) {
    this.#rules = rules;
    const patterns = [...new Set(rules.flatMap(({ programs }) => programs ?? []))];
    this.#patternsFor = oncePerProgram((name) => patterns.filter((pattern) => pattern.test(name)));
  }

  /** The rules to run, in their order. */
  open(facts: DockerfileFacts): readonly R[] {
    const keywords = keywordsIn(facts);
    let matched: Set<RegExp> | undefined;
    const starts = (pattern: RegExp): boolean => {
      if (matched === undefined) {
        matched = new Set();
        for (const name of programsIn(facts)) for (const one of this.#patternsFor(name)) matched.add(one);
      }
      return matched.has(pattern);
    };
    const open: R[] = [];
    for (const rule of this.#rules) {
      if (rule.keywords !== undefined && !rule.keywords.some((keyword) => keywords.has(keyword))) continue;
      if (rule.programs !== undefined && !starts(rule.programs)) continue;
      if (rule.mentions !== undefined && !mentions(facts.dockerfile, rule.mentions)) continue;
      open.push(rule);
    }
    return open;
  }
}
