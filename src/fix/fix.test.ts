import { existsSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instruction } from "../dockerfile/model.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import type { Finding } from "../findings/finding.ts";
import { applyRules } from "../rules/apply.ts";
import type { Rule } from "../rules/rule.ts";
import { dockerfileFacts, projectFacts, testProfile } from "../rules/test-facts.ts";
import { applyEdits } from "./apply.ts";
import { fixText, isCurable } from "./loop.ts";

const profile = testProfile();
const folder = new URL("../rules/", import.meta.url);
/** `PRATIQUE_RULES=one,other npx vitest run src/fix/fix.test.ts` looks at these rules alone. */
const only = process.env.PRATIQUE_RULES?.split(",");
const rules: Rule[] = [];
for (const entry of readdirSync(folder, { withFileTypes: true })) {
  if (!entry.isDirectory() || !existsSync(new URL(`${entry.name}/rule.ts`, folder))) continue;
  if (only !== undefined && !only.includes(entry.name)) continue;
  const module: { default: Rule } = await import(`../rules/${entry.name}/rule.ts`);
  rules.push(module.default);
}
const RUNS = Number(process.env.PRATIQUE_FUZZ ?? 100);
const all = Object.fromEntries(rules.map((rule) => [rule.id, "on" as const]));

const { context, source } = projectFacts("", {
  "src/a.py": "import numpy\n",
  "requirements.txt": "numpy==2.1.0\n",
});

const found = new Map<string, readonly Finding[]>();

/** Every rule that reads files, the optional ones too. A fix is looked at from several sides: each text is judged once. */
function find(text: string): readonly Finding[] {
  const known = found.get(text);
  if (known !== undefined) return known;
  if (found.size > 50) found.clear();
  const findings = judged(text);
  found.set(text, findings);
  return findings;
}

function judged(text: string): readonly Finding[] {
  const facts = { ...dockerfileFacts(text), context, source };
  const judge = <K extends "dockerfile" | "project">(kind: K): readonly Finding[] =>
    applyRules(
      kind,
      rules.filter((rule): rule is Rule & Rule<K> => rule.needs === kind) as unknown as Rule<K>[],
      facts as never,
      profile,
      all,
    ).findings;
  return [...judge("dockerfile"), ...judge("project")];
}

/** What an instruction does, whatever its layout. */
const meaning = (instruction: Instruction): string =>
  JSON.stringify([
    instruction.keyword,
    instruction.flags.map(({ name, value }) => [name, value]),
    instruction.exec ?? instruction.text.replace(/\s+/g, " "),
    instruction.heredocs.map(({ name, body, expands }) => [name, body.replaceAll("\r", ""), expands]),
  ]);

/** Makes one pass and proves that all but what the edits name is as it was. Undefined when nothing was to be done. */
function provenPass(text: string): string | undefined {
  const findings = find(text).filter((finding) => isCurable(finding, "Dockerfile"));
  const { text: next, applied } = applyEdits(
    text,
    findings.map(({ edits }) => edits ?? []),
  );
  if (applied.length === 0) {
    expect(next).toBe(text);
    return undefined;
  }
  const edits = applied.flatMap((index) => findings[index]?.edits ?? []);
  const before = parseDockerfile(text);
  const after = parseDockerfile(next);
  const shown = `${applied.map((index) => findings[index]?.rule).join(", ")}:\n${text}\n---\n${next}`;
  const isTouched = ({ range }: Instruction): boolean =>
    edits.some((edit) => {
      const below = edit.text.startsWith("\n") && edit.startLine === edit.endLine;
      if (below && edit.startColumn === (before.lines[edit.startLine - 1] ?? "").length + 1) return false;
      return edit.startLine <= range.end.line && edit.endLine >= range.start.line;
    });
  let at = 0;
  for (const instruction of before.instructions) {
    if (isTouched(instruction)) continue;
    const wanted = meaning(instruction);
    while (at < after.instructions.length && meaning(after.instructions[at] as Instruction) !== wanted) at++;
    expect(at, `${wanted} is lost by ${shown}`).toBeLessThan(after.instructions.length);
    at++;
  }
  const added = edits.reduce((sum, edit) => sum + edit.text.split("\n").length - 1, 0);
  expect(after.instructions.length, shown).toBeLessThanOrEqual(before.instructions.length + added);
  expect(after.problems.length, shown).toBeLessThanOrEqual(before.problems.length);
  expect([after.escape, after.stages.length, [...after.directives]], shown).toEqual([
    before.escape,
    before.stages.length,
    [...before.directives],
  ]);
  // Line endings, the byte order mark and the missing last newline stay.
  expect(next.startsWith("\uFEFF"), shown).toBe(text.startsWith("\uFEFF"));
  if (!/(?<!\r)\n/.test(text) && text.includes("\r\n")) expect(next, shown).not.toMatch(/(?<!\r)\n/);
  if (!text.includes("\r")) expect(next, shown).not.toContain("\r");
  expect(next.endsWith("\n"), shown).toBe(text.endsWith("\n"));
  return next;
}

const isBad = ({ severity }: Finding): boolean => severity !== "info";

/** Fixes that let another rule see what the first mistake hid from it. */
const UNCOVERS: Readonly<Record<string, string>> = {
  "unnoticed-install-failure": "packages-in-one-vector",
};

/** Fixes to the end, with every pass proven, and says what was found before and after. */
function provenFix(text: string): string {
  const seen = new Set(
    find(text)
      .filter(isBad)
      .map(({ rule }) => rule),
  );
  let current = text;
  for (let pass = 0; pass < 8; pass++) {
    const next = provenPass(current);
    if (next === undefined) break;
    current = next;
  }
  expect(provenPass(current), "it settles").toBeUndefined();
  if (current !== text) {
    const fresh = find(current).filter(
      (finding) => isBad(finding) && !seen.has(finding.rule) && !seen.has(UNCOVERS[finding.rule] ?? ""),
    );
    expect(
      fresh.map(({ rule, message }) => [rule, message]),
      `${text}\n---\n${current}`,
    ).toEqual([]);
  }
  return current;
}

const EXAMPLES: readonly [string, string, string][] = [
  [
    "add-instead-of-copy",
    "FROM a\nadd --chown=1:1 main.py \\\n  /opt/\n",
    "FROM a\ncopy --chown=1:1 main.py \\\n  /opt/\n",
  ],
  [
    "add-instead-of-copy",
    "FROM a\nADD code.bin $X src.tar /opt/\n",
    "FROM a\nADD code.bin $X src.tar /opt/\n",
  ],
  [
    "add-instead-of-copy",
    "FROM a\nADD --keep-git-dir=true main.py /opt/\n",
    "FROM a\nADD --keep-git-dir=true main.py /opt/\n",
  ],
  [
    "missing-safe-directories",
    "FROM python:3.12\r\nUSER nobody\r\nCMD x",
    "FROM python:3.12\r\nRUN mkdir -p /safe_data /safe_outputs /scratch\r\nUSER nobody\r\nCMD x",
  ],
  [
    "missing-safe-directories",
    "FROM quay.io/jupyter/base-notebook\nUSER root\nRUN true\nUSER 1000\n",
    "FROM quay.io/jupyter/base-notebook\nUSER root\nRUN mkdir -p /safe_data /safe_outputs /scratch\nRUN true\nUSER 1000\n",
  ],
  [
    "missing-safe-directories",
    "FROM quay.io/jupyter/base-notebook\n",
    "FROM quay.io/jupyter/base-notebook\n",
  ],
  [
    "missing-safe-directories",
    "FROM example.org/lab/base\nRUN mkdir /scratch && apt-get update && apt-get install -y gcc\n",
    "FROM example.org/lab/base\nRUN mkdir -p /safe_data /safe_outputs\nRUN mkdir /scratch && apt-get update && apt-get install -y gcc\n",
  ],
  [
    "missing-safe-directories",
    "FROM python:3 AS a\nUSER 1000\nFROM a\nRUN true\n",
    "FROM python:3 AS a\nUSER 1000\nFROM a\nRUN true\n",
  ],
  ["missing-safe-directories", "FROM python:3 \\\n# dangling", "FROM python:3 \\\n# dangling"],
  [
    "temporary-files-not-on-scratch",
    "FROM a\nRUN mkdir /scratch\nENV TMP=/scratch\nCOPY a.py /opt/\nUSER 1\nCMD x",
    "FROM a\nRUN mkdir /scratch\nENV TMP=/scratch\nCOPY a.py /opt/\nENV TMPDIR=/scratch TEMP=/scratch\nUSER 1\nCMD x",
  ],
  [
    "temporary-files-not-on-scratch",
    "FROM a\nRUN <<EOF\nmkdir /scratch\nEOF\n",
    "FROM a\nRUN <<EOF\nmkdir /scratch\nEOF\nENV TMPDIR=/scratch TMP=/scratch TEMP=/scratch\n",
  ],
  [
    "temporary-files-not-on-scratch",
    "FROM a\nRUN <<EOF\nmkdir /scratch\n",
    "FROM a\nRUN <<EOF\nmkdir /scratch\n",
  ],
  [
    "temporary-files-not-on-scratch",
    "FROM a\nRUN mkdir /scratch\nENV TMP=/tmp\n",
    "FROM a\nRUN mkdir /scratch\nENV TMP=/tmp\n",
  ],
  [
    "shell-form-start-command",
    "FROM a\nCMD python \\\n    # why\n    /opt/main.py --n=4\n",
    'FROM a\nCMD ["python", \\\n    # why\n    "/opt/main.py", "--n=4"]\n',
  ],
  [
    "shell-form-start-command",
    "# escape=`\nFROM a\nENTRYPOINT pyth`\non x`\n y",
    '# escape=`\nFROM a\nENTRYPOINT ["pyth`\non", "x",`\n "y"]',
  ],
  ...["echo done", "python $X", "A=1 python x", "python ~/x", "python x > y", "cd /x", "python *.py"].map(
    (line): [string, string, string] => [
      "shell-form-start-command",
      `FROM a\nCMD ${line}\n`,
      `FROM a\nCMD ${line}\n`,
    ],
  ),
  [
    "shell-form-start-command",
    'FROM a\nSHELL ["/bin/bash", "-lc"]\nCMD python x\n',
    'FROM a\nSHELL ["/bin/bash", "-lc"]\nCMD python x\n',
  ],
  [
    "shell-form-start-command",
    "FROM a\nENTRYPOINT python\nCMD x.py\n",
    "FROM a\nENTRYPOINT python\nCMD x.py\n",
  ],
];

describe("the edits of the rules", () => {
  const examples = EXAMPLES.filter(([rule]) => only?.includes(rule) ?? true);
  it.each(examples)("%s: %j", async (id, before, after) => {
    const one = (text: string): readonly Finding[] => find(text).filter(({ rule }) => rule === id);
    const fixed = await fixText(before, "Dockerfile", one);
    expect(fixed.text).toBe(after);
    expect(fixed.settled).toBe(true);
    expect(find(before).filter(({ rule }) => rule === id)).not.toHaveLength(0);
    if (after !== before) expect(one(after)).toEqual([]);
  });

  it.each(
    rules
      .filter(({ needs }) => needs === "dockerfile" || needs === "project")
      .flatMap((rule) =>
        [...rule.examples.bad, ...rule.examples.good].map(
          (example) => [rule.id, example.title, example] as const,
        ),
      ),
  )("change nothing else in the examples of %s: %s", (_rule, _title, { dockerfile }) => {
    provenFix(dockerfile ?? "");
    provenFix((dockerfile ?? "").replaceAll("\n", "\r\n"));
  });

  it("change nothing else in any Dockerfile", { timeout: 60_000 + RUNS * 30 }, () => {
    let changed = 0;
    fc.assert(
      fc.property(dockerfiles, (text) => {
        if (provenFix(text) !== text) changed++;
      }),
      { numRuns: RUNS, seed: 20_260_722 },
    );
    if (only === undefined) expect(changed).toBeGreaterThan(50);
  });
});

describe("fixText", () => {
  const finding = (text: string, from: string, to: string, rule = "r"): Finding[] => {
    const at = text.indexOf(from);
    if (at < 0) return [];
    const place = {
      file: "d",
      startLine: 1,
      startColumn: at + 1,
      endLine: 1,
      endColumn: at + 1 + from.length,
    };
    const said = {
      rule,
      title: "T",
      severity: "warning",
      requirements: [],
      message: "M.",
      aliases: [],
    } as const;
    return [{ ...said, location: place, edits: [{ ...place, text: to }] }];
  };

  it("goes on until nothing changes, and counts", async () => {
    const fixed = await fixText("aaa", "d", (text) => [
      ...finding(text, "a", "b"),
      ...finding(text, "bbb", "c", "s"),
    ]);
    expect(fixed).toMatchObject({ text: "c", settled: true, left: [] });
    expect([...fixed.rules]).toEqual([
      ["r", 3],
      ["s", 1],
    ]);
  });

  it("gives up where two rules undo each other", async () => {
    const fixed = await fixText("a", "d", (text) => [...finding(text, "a", "b"), ...finding(text, "b", "a")]);
    expect(fixed.settled).toBe(false);
  });

  it("leaves alone what is waived, and what is in another file", async () => {
    const waived = (text: string): Finding[] =>
      finding(text, "a", "b").map((one) => ({ ...one, waived: { reason: "ok" } }));
    expect((await fixText("a", "d", waived)).text).toBe("a");
    expect((await fixText("a", "main.py", (text) => finding(text, "a", "b"))).text).toBe("a");
  });
});

const shell = fc.constantFrom(
  "apt-get update && apt-get install -y gcc",
  "apt-get update && \\\n    # a comment\n    apt-get install -y \\\n\n      gcc g++ && rm -rf /var/lib/apt/lists/*",
  "pip install numpy==2.1.0",
  "pip3 install -r requirements.txt \\\n  && pip install 'pandas>=2'",
  "python -m pip install --upgrade pip",
  "conda install -y numpy && conda clean -afy",
  "mkdir /safe_data /safe_outputs /scratch",
  "mkdir -p /scratch && chmod 777 /scratch",
  "set -eux; for p in a b; do echo $p; done",
  "--mount=type=cache,target=/root/.cache/pip pip install scipy",
  "<<EOF\nset -e\napt-get install -y curl\n# not a comment of the file\nEOF",
  "<<-'EOT' bash\n\tpip install torch\n\tEOT",
  "cat <<A <<B > /x\none\nA\npip install two\nB",
  '["pip", "install", "numpy"]',
  "curl -fsSL https://example.org/x.tar.gz | tar xz",
  "wget https://example.org/a && sudo make install",
  "apk add bash",
  "Rscript -e 'install.packages(\"dplyr\")'",
  "useradd -u 1000 me && su me -c 'true'",
  "cd /tmp && ./configure --prefix=/opt",
  "yum install -y gcc",
);
const other = fc.constantFrom(
  "ADD main.py /opt/",
  "ADD --chown=root:root requirements.txt setup.cfg /opt/",
  "ADD code.tar.gz /opt/",
  "ADD https://example.org/x /opt/x",
  "ADD <<EOF /etc/x\nADD inner.py /opt/\nEOF",
  "COPY . /opt/app",
  "COPY --from=ghcr.io/astral-sh/uv:0.8 /uv /bin/",
  'COPY ["a b.py", "/opt/"]',
  'ENV A=1 B="two words"',
  "ENV LEGACY some value",
  "ENV TMP=/scratch",
  "ENV TMPDIR=/var/tmp",
  "ENV API_KEY=\\\n  abcdef",
  "ARG VERSION=3",
  "LABEL maintainer=me",
  "LABEL old style",
  "MAINTAINER Somebody <me@example.org>",
  "WORKDIR opt/app",
  "WORKDIR /opt/app",
  "USER 1000",
  "USER root",
  "EXPOSE 8080",
  "VOLUME /data",
  'SHELL ["/bin/bash", "-o", "pipefail", "-c"]',
  "STOPSIGNAL SIGTERM",
  "HEALTHCHECK CMD curl -f http://localhost/",
  "HEALTHCHECK NONE",
  "ONBUILD RUN pip install -r requirements.txt",
  "ONBUILD ADD . /opt/app",
  "onbuild maintainer x",
  "CMD python /opt/main.py",
  "CMD python \\\n  main.py \\\n  --all",
  'CMD ["python", "main.py"]',
  "CMD ['python', 'main.py']",
  "CMD echo $HOME && python x",
  "ENTRYPOINT /opt/run.sh",
  'ENTRYPOINT ["tini", "--"]',
  "# a comment",
  '# pratique allow=unpinned-base reason="it is ours"',
  "",
  "copy a.py b.py /opt",
  "   RUN   true  ",
  "RUN true \\",
  "NOSUCH thing",
);
const from = fc.constantFrom(
  "FROM python:3.12-slim",
  "FROM python",
  "from ubuntu:22.04 as base",
  "FROM --platform=linux/amd64 nvidia/cuda:12.4.1-runtime-ubuntu22.04 AS build",
  "FROM quay.io/jupyter/base-notebook:latest",
  "FROM rocker/r-ver:4.4.1 AS Final",
  "FROM base",
  "FROM build AS last",
  "FROM scratch",
  "FROM ${BASE}",
  "FROM mambaorg/micromamba:2",
);
/** The instructions of all examples of the rules. */
const exampleInstructions = [
  ...new Set(
    rules
      .flatMap(({ examples }) => [...examples.bad, ...examples.good])
      .flatMap((example) => {
        const { instructions, lines } = parseDockerfile(example.dockerfile ?? "");
        return instructions.map(({ range }) => lines.slice(range.start.line - 1, range.end.line).join("\n"));
      })
      .filter((text) => !/^FROM/i.test(text) && text.length < 2000),
  ),
];
const line = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("RUN true", ...exampleInstructions) },
  { weight: 3, arbitrary: shell.map((text) => `RUN ${text}`) },
  { weight: 5, arbitrary: other },
  { weight: 1, arbitrary: from },
);
const dockerfiles = fc
  .record({
    head: fc.constantFrom("", "", "ARG BASE=python:3.12\n", "# syntax=docker/dockerfile:1\n", "# escape=`\n"),
    from,
    lines: fc.array(line, { maxLength: 10 }),
    end: fc.constantFrom("\n", "\n", "", "\n\n"),
    crlf: fc.boolean(),
    bom: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ head, from: first, lines, end, crlf, bom }) => {
    let text = head + [first, ...lines].join("\n") + end;
    if (head.includes("escape")) text = text.replaceAll("\\\n", "`\n");
    return (bom === 0 ? "\uFEFF" : "") + (crlf ? text.replaceAll("\n", "\r\n") : text);
  });
