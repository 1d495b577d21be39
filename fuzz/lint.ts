import { performance } from "node:perf_hooks";
import { findProfile } from "../src/profiles/find.ts";
import { applyRules } from "../src/rules/apply.ts";
import type { Rule, RuleKind } from "../src/rules/rule.ts";
import { settle } from "../src/rules/selection.ts";
import { projectFacts } from "../src/rules/test-facts.ts";
import { dockerfileWaivers } from "../src/suppressions/comments.ts";
import { mutate } from "./mutate.ts";

/** Files around the Dockerfile, so that rules about the project have something to look at. */
const FILES = {
  "src/a.py": 'import transformers\nm = transformers.AutoModel.from_pretrained("x/y")\n',
  "run.sh": "#!/bin/sh\npip install x\n",
  "data/x.csv": "a,b\n",
  "requirements.txt": "numpy\n",
  ".dockerignore": "data\n",
};

/** No crafted text of this size may take longer; a machine under load is allowed for. */
const MOST_MILLISECONDS = 2000;

/** What a message must never hold: a line of its own, or a value that went missing. Reporters see to control characters. */
const SPOILED = /\n|\bundefined\b|\bNaN\b|\[object/;

/** Lints one crafted text with every rule, and says what went wrong, if something did. */
export function fuzzCase(
  seed: number,
  corpus: readonly string[],
  rules: readonly Rule[],
): string | undefined {
  const text = mutate(seed, corpus);
  const start = performance.now();
  try {
    const profile = findProfile("shs-gpu-cluster");
    const facts = projectFacts(text, FILES);
    dockerfileWaivers(facts.dockerfile);
    const lines = facts.dockerfile.lines.length;
    const settings = settle({ rules: {}, select: ["all"], ignore: [] }, rules);
    for (const kind of ["dockerfile", "project"] as const) {
      const own = rules.filter((rule) => rule.needs === kind) as unknown as Rule<typeof kind>[];
      const { findings, notAssessed } = applyRules<RuleKind>(
        kind,
        own as never,
        facts as never,
        profile,
        settings,
      );
      for (const reason of notAssessed.values()) if (/failed: /.test(reason)) return reason;
      for (const { rule, message, location } of findings) {
        if (SPOILED.test(message)) return `${rule} says ${JSON.stringify(message)}`;
        if (location === undefined || !("file" in location) || location.file !== "Dockerfile") continue;
        const inside =
          location.startLine >= 1 && location.endLine <= lines + 1 && location.startLine <= location.endLine;
        if (!inside || location.startColumn < 1)
          return `${rule} points outside the file: ${JSON.stringify(location)}`;
      }
    }
  } catch (error) {
    return `it threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const took = performance.now() - start;
  return took > MOST_MILLISECONDS
    ? `it took ${Math.round(took)} ms for ${text.length} characters`
    : undefined;
}
