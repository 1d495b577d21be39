import { assignments } from "../../dockerfile/variables.ts";
import type { Draft } from "../../findings/finding.ts";
import type { LabelFormat } from "../../profiles/profile.ts";
import { at, expandKnown, finalSteps, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { FORMAT_WORDS, fits } from "./formats.ts";

const WANTED = {
  labels: {
    required: {
      "org.opencontainers.image.authors": "text",
      "org.opencontainers.image.source": "url",
      "org.opencontainers.image.licenses": "spdx",
    },
    strict: true,
  },
} as const;
/** The peers' rules for a value of the wrong form. */
const PEERS: Readonly<Record<LabelFormat, readonly string[]>> = {
  text: [],
  url: ["hadolint:DL3052"],
  rfc3339: ["hadolint:DL3053"],
  spdx: ["hadolint:DL3054"],
  hash: ["hadolint:DL3055"],
  semver: ["hadolint:DL3056"],
  email: ["hadolint:DL3058"],
};

const REST =
  'LABEL org.opencontainers.image.source="https://example.org/lab/code" \\\n      org.opencontainers.image.licenses="MIT"\n';

export default defineRule<"dockerfile">({
  id: "label-schema",
  title: "The image's labels are not as the settings ask",
  category: "reproducibility",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "Labels say who made an image, from which code and when. What the settings ask for can be relied on only where it is there and well formed. Without labels in the settings this rule says nothing.",
  fix: "Add the label that is missing, or correct its value.",
  aliases: [
    "hadolint:DL3049",
    "hadolint:DL3050",
    "hadolint:DL3051",
    "hadolint:DL3052",
    "hadolint:DL3053",
    "hadolint:DL3054",
    "hadolint:DL3055",
    "hadolint:DL3056",
    "hadolint:DL3058",
  ],
  examples: {
    bad: [
      { title: "missing", profile: WANTED, dockerfile: `FROM python:3.12\n${REST}`, lines: [1] },
      {
        title: "empty, malformed and not asked for",
        profile: WANTED,
        dockerfile:
          'FROM python:3.12\nLABEL org.opencontainers.image.authors="" \\\n  org.opencontainers.image.source=code \\\n  org.opencontainers.image.licenses="free"\nLABEL mood=good\n',
        lines: [2, 3, 4, 5],
      },
      {
        title: "time, commit, version and address",
        profile: {
          labels: { required: { created: "rfc3339", revision: "hash", version: "semver", contact: "email" } },
        },
        dockerfile:
          "FROM python:3.12\nLABEL created=today\nLABEL revision=main\nLABEL version=v1\nLABEL contact=Ada other=x\n",
        lines: [2, 3, 4, 5],
      },
    ],
    good: [
      {
        title: "all there",
        profile: WANTED,
        dockerfile: `FROM python:3.12 AS a\nLABEL org.opencontainers.image.authors=Ada\nFROM a\n${REST}`,
      },
      {
        title: "corrected by a later one, or filled in at the build",
        profile: { labels: { required: { version: "semver", revision: "hash" } } },
        dockerfile: "FROM python:3.12\nARG COMMIT\nLABEL version=one revision=$COMMIT\nLABEL version=1.0.0\n",
      },
      { title: "nothing asked for", dockerfile: "FROM python:3.12\nLABEL mood=good\n" },
    ],
  },
  *check(facts, profile) {
    const wanted = profile.labels;
    const last = facts.stages.at(-1);
    if (wanted === undefined || last === undefined) return;
    const found = new Map<string, { value: string; place: Pick<Draft, "location" | "excerpt"> }>();
    for (const { instruction, variables } of finalSteps(facts)) {
      if (instruction.keyword !== "LABEL") continue;
      for (const { name, value = "", word } of assignments(instruction)) {
        const known = word.expands ? expandKnown(value, variables) : value;
        found.set(name, { value: known.trim(), place: at(facts.dockerfile, word.range) });
      }
    }
    for (const [name, format] of Object.entries(wanted.required)) {
      const label = found.get(name);
      if (label === undefined) {
        yield {
          severity: "info",
          aliases: ["hadolint:DL3049"],
          message: `The label ${name} is missing.`,
          fix: fixOf(`Add it: ${FORMAT_WORDS[format]}.`, `LABEL ${name}="<value>"`),
          ...at(facts.dockerfile, last.stage.from.range),
        };
      } else if (label.value === "") {
        yield {
          aliases: ["hadolint:DL3051"],
          message: `The label ${name} is empty.`,
          fix: fixOf(`Give it a value: ${FORMAT_WORDS[format]}.`, `LABEL ${name}="<value>"`),
          ...label.place,
        };
      } else if (!label.value.includes("$") && !fits(label.value, format)) {
        yield {
          aliases: PEERS[format],
          message: `The label ${name} is not ${FORMAT_WORDS[format]}.`,
          fix: "Correct the value.",
          ...label.place,
        };
      }
    }
    if (wanted.strict !== true) return;
    for (const [name, { place }] of found) {
      if (Object.hasOwn(wanted.required, name)) continue;
      yield {
        severity: "info",
        aliases: ["hadolint:DL3050"],
        message: `The label ${name.slice(0, 120)} is not among those that the settings list.`,
        fix: "Take it out, or list it in the settings.",
        ...place,
      };
    }
  },
});
