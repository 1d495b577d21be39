import { describe, expect, it } from "vitest";
import type { Finding } from "../src/findings/finding.ts";
import { applyWaivers } from "../src/findings/waivers.ts";
import { findProfile } from "../src/profiles/find.ts";
import { forget } from "../src/remember.ts";
import { applyRules } from "../src/rules/apply.ts";
import { loadRules } from "../src/rules/registry/registry.gen.ts";
import { projectFacts } from "../src/rules/test-facts.ts";
import { dockerfileWaivers } from "../src/suppressions/comments.ts";

/** `n` lines or words, by number. */
const times = (n: number, make: (index: number) => string): string[] =>
  Array.from({ length: n }, (_, index) => make(index));
const below = (lines: readonly string[]): string => ["FROM python:3.12", ...lines].join("\n");

/** Texts that grow in one way each, with how many of it are enough to tell growth from noise. */
const CASES: Readonly<Record<string, readonly [count: number, make: (n: number) => string]>> = {
  "ENV lines": [600, (n) => below(times(n, (i) => `ENV A${i}=$A${i - 1}`))],
  "a PATH that grows": [700, (n) => below(times(n, (i) => `ENV PATH=/opt/x${i}:$PATH`))],
  "ARG before FROM and in stages": [
    150,
    (n) =>
      [
        ...times(n, (i) => `ARG G${i}=1`),
        ...times(n, (i) => `FROM python:3 AS s${i}\nARG G${i}\nRUN pip install x$G${i}`),
      ].join("\n"),
  ],
  "stages on top of each other": [
    250,
    (n) =>
      times(
        n,
        (i) =>
          `FROM ${i === 0 ? "python:3" : `s${i - 1}`} AS s${i}\nENV X${i}=1\nCOPY --from=s0 /a /b\nRUN pip install x`,
      ).join("\n"),
  ],
  "stages in a circle": [500, (n) => times(n, (i) => (i % 2 ? "FROM a AS b" : "FROM b AS a")).join("\n")],
  "RUN lines": [
    120,
    (n) => below(times(n, (i) => `RUN apt-get update && pip install x${i} && tar xf /a${i}`)),
  ],
  "COPY lines": [400, (n) => below(times(n, (i) => `COPY --chown=me a${i}.tar /opt/x${i}`))],
  "folders to go to": [250, (n) => below([`RUN ${times(n, (i) => `cd a${i} && wget b${i}`).join(" && ")}`])],
  "words of one command": [3000, (n) => below([`RUN apt-get install ${times(n, (i) => `w${i}`).join(" ")}`])],
  "scripts in one RUN": [
    250,
    (n) => below([`RUN ${times(n, (i) => `python -c "import os; os.mkdir('a${i}')"`).join(" && ")}`]),
  ],
  "R calls in one RUN": [
    150,
    (n) => below([`RUN Rscript -e "${times(n, (i) => `install.packages('x${i}')`).join(";")}"`]),
  ],
  "brackets without end": [
    2500,
    (n) => below([`RUN ${"$(".repeat(n)}`, `RUN ${"$( ( { if x; then ".repeat(n)}`]),
  ],
  "one long line": [50000, (n) => below([`RUN echo "${"a b=".repeat(n)}"`])],
  heredocs: [200, (n) => below(times(n, () => "RUN <<E\npip install x\nE"))],
  "heredocs of one command": [
    1200,
    (n) => below([`RUN cat ${times(n, (i) => `<<E${i}`).join(" ")}`, ...times(n, () => "x")]),
  ],
  comments: [5000, (n) => below([...times(n, (i) => `# number ${i}`), "RUN x"])],
  "comments that allow": [
    500,
    (n) =>
      below(times(n, (i) => `# pratique allow=unpinned-package,DL3042 reason="r${i}"\nRUN pip install x`)),
  ],
  "comments about stages": [1000, (n) => times(n, () => "# trivy:ignore:DS-0001\nFROM a").join("\n")],
};

const profile = findProfile("shs-gpu-cluster");
const dockerfileRules = await loadRules("dockerfile");
const projectRules = await loadRules("project");

/** Processor time of everything that is done with one file, in milliseconds. */
function cost(text: string): number {
  // What a line before it has taught would make the short file cheaper than the long one.
  forget();
  const start = process.cpuUsage();
  const facts = projectFacts(text, { "src/a.py": "import os\n", "requirements.txt": "numpy\n" });
  const judgements = [
    applyRules("dockerfile", dockerfileRules, facts, profile, {}),
    applyRules("project", projectRules, facts, profile, {}),
  ];
  for (const { notAssessed } of judgements) {
    // A rule that throws would be quick.
    expect([...notAssessed.values()].filter((reason) => reason.includes("failed: "))).toEqual([]);
  }
  const findings = judgements.flatMap((judgement): readonly Finding[] => judgement.findings);
  applyWaivers(findings, dockerfileWaivers(facts.dockerfile), "2026-01-01");
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

const STEP = 12;
/** Twice what growing in line would be, and far below the square. */
const MOST = STEP * 2;
/** Collecting garbage and compiling may take this much at any time. */
const NOISE = 300;

describe("time grows in line with", () => {
  it.each(Object.entries(CASES))("%s", (_name, [count, make]) => {
    cost(make(count));
    const once = cost(make(count));
    const many = cost(make(count * STEP));
    expect(many).toBeLessThan(MOST * once + NOISE);
  });
});
