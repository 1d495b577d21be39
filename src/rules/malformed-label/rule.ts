import type { Instruction } from "../../dockerfile/model.ts";
import { assignments, type Environment } from "../../dockerfile/variables.ts";
import { allSteps, at, expandKnown } from "../helpers.ts";
import { withTriggers } from "../overridden.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "malformed-label",
  title: "A label has a name that Docker's rules do not allow",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  requirements: [],
  why: "Tools find labels by their names. Small letters, digits, full stops and hyphens work everywhere; names that begin with com.docker, io.docker or org.dockerproject belong to Docker.",
  fix: "Use small letters, digits, single full stops and hyphens: org.example.version.",
  aliases: ["hadolint:DL3048"],
  keywords: ["LABEL"],
  examples: {
    bad: [
      {
        title: "signs, capital letters and edges",
        dockerfile: "FROM python:3.12\nLABEL +a=1 Version=1 \\\n  a_b=1 1a=1 a-=1 a..b=1\nLABEL a--b 1\n",
        lines: [2, 2, 3, 3, 3, 3, 4],
      },
      {
        title: "Docker's own",
        dockerfile:
          'FROM python:3.12 AS a\nLABEL "com.docker.x"=1\nFROM a\nLABEL io.docker.x=1 org.dockerproject.x=1\n',
        lines: [2, 4, 4],
      },
      { title: "by a variable", dockerfile: "FROM python:3.12\nARG NAME=a_b\nLABEL $NAME=1\n", lines: [3] },
    ],
    good: [
      {
        title: "well formed",
        dockerfile:
          'FROM python:3.12\nLABEL org.opencontainers.image.title="A B" org.label-schema.schema-version=1.0 a1=x\n',
      },
      { title: "a variable", dockerfile: "FROM python:3.12\nLABEL $NAME=1\n" },
    ],
  },
  *check(facts) {
    const { dockerfile } = facts;
    let variables: ReadonlyMap<Instruction, Environment> | undefined;
    const variablesAt = (instruction: Instruction): Environment | undefined => {
      variables ??= new Map(allSteps(facts).map((step) => [step.instruction, step.variables]));
      return variables.get(instruction);
    };
    for (const instruction of withTriggers(dockerfile.instructions)) {
      if (instruction.keyword !== "LABEL") continue;
      for (const { name: written, word } of assignments(instruction)) {
        // A variable that nothing sets is another rule's.
        const known = word.expands && written.includes("$") ? variablesAt(instruction) : undefined;
        const name = known === undefined ? written : expandKnown(written, known);
        const wrong = wrongWith(name.trim());
        if (wrong === undefined) continue;
        yield {
          message: `The label ${name.slice(0, 80)} ${wrong}.`,
          fix: "Use small letters, digits, single full stops and hyphens: org.example.version.",
          ...at(dockerfile, word.range),
        };
      }
    }
  },
});

function wrongWith(name: string): string | undefined {
  if (name === "" || name.includes("$")) return undefined;
  if (/^(?:com\.docker|io\.docker|org\.dockerproject)\./.test(name))
    return "is of a kind that belongs to Docker";
  if (/[^a-z0-9.-]/.test(name)) return "has other signs than small letters, digits, full stops and hyphens";
  if (!/^[a-z]/.test(name)) return "does not begin with a small letter";
  if (!/[a-z0-9]$/.test(name)) return "ends with a sign";
  return /\.\.|--/.test(name) ? "has two full stops or hyphens in a row" : undefined;
}
