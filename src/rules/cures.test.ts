import { describe, expect, it } from "vitest";
import { cureOf } from "./cures.ts";
import { jobUses } from "./job-code.ts";
import { projectFacts } from "./test-facts.ts";

const FETCH = 'import nltk\nnltk.download("punkt")\n';

function cure(
  dockerfile: string,
  files: Readonly<Record<string, string>>,
  id: string,
): string | boolean | undefined {
  const facts = projectFacts(dockerfile, files);
  const use = jobUses(facts).find(({ library, by }) => library === id && by === "call");
  const library = facts.source.libraries.get(id);
  if (use === undefined || library === undefined) return undefined;
  const { cured, but } = cureOf(facts, library, use);
  return but ?? cured;
}

const nltk = (
  dockerfile: string,
  files: Readonly<Record<string, string>> = {},
): string | boolean | undefined =>
  cure(`FROM python:3.12\n${dockerfile}\nCOPY src /opt/\n`, { "src/a.py": FETCH, ...files }, "nltk");

describe("cureOf", () => {
  it("knows what the build fetches", () => {
    expect(nltk("")).toBe(false);
    expect(nltk("RUN python -m nltk.downloader -d /usr/share/nltk_data punkt")).toBe(true);
    expect(nltk("RUN python -c \"import nltk; nltk.download('punkt')\"")).toBe(true);
    expect(nltk("RUN python <<EOF\nimport nltk\nnltk.download('punkt')\nEOF")).toBe(true);
    expect(nltk("RUN python -m nltk.downloader stopwords")).toBe(
      "Line 2 of the Dockerfile fetches something for nltk, but not “punkt”.",
    );
    expect(nltk("# RUN python -m nltk.downloader punkt")).toBe(false);
  });

  it("knows what scripts of the build fetch, however they are called", () => {
    const script = { "src/get.py": 'import nltk as n\nn.download("punkt")\n' };
    expect(nltk("COPY src/get.py /tmp/\nRUN python /tmp/get.py", script)).toBe(true);
    const both = { ...script, "src/setup.sh": "python get.py\n" };
    expect(nltk("COPY src /tmp/\nRUN cd /tmp && sh setup.sh", both)).toBe(true);
    const other = { "src/get.py": 'import nltk\nnltk.download("stopwords")\n' };
    expect(nltk("COPY src/get.py /tmp/\nRUN python /tmp/get.py", other)).toBe(
      "src/get.py fetches “stopwords” while building, but not “punkt”.",
    );
  });

  it("asks for a folder that something is put into", () => {
    expect(nltk("ENV NLTK_DATA=/safe_data/nltk")).toBe(true);
    expect(nltk("ENV NLTK_DATA=/opt/nltk\nCOPY nltk_data /opt/nltk")).toBe(true);
    expect(nltk("ENV NLTK_DATA=/opt/nltk")).toBe(
      "NLTK_DATA is /opt/nltk, and nothing in the Dockerfile puts files there.",
    );
    expect(nltk("ENV NLTK_DATA=/scratch/nltk\nRUN mkdir -p /scratch/nltk")).toBe(
      "NLTK_DATA is /scratch/nltk, and nothing in the Dockerfile puts files there.",
    );
  });

  it("follows stages", () => {
    const stage = "FROM python:3.12 AS get\nRUN python -m nltk.downloader -d /data punkt\nFROM python:3.12\n";
    expect(cure(`${stage}COPY src /opt/\n`, { "src/a.py": FETCH }, "nltk")).toBe(
      "It is fetched in a build stage of which nothing is copied (line 2).",
    );
    expect(cure(`${stage}COPY --from=get /data /data\nCOPY src /opt/\n`, { "src/a.py": FETCH }, "nltk")).toBe(
      true,
    );
  });

  it("knows switches, and those that are turned the wrong way", () => {
    const wandb = (dockerfile: string, code: string, files: Readonly<Record<string, string>> = {}) =>
      cure(`FROM python:3.12\nCOPY . /opt/\n${dockerfile}\n`, { "a.py": code, ...files }, "wandb");
    const code = "import wandb\nwandb.init()\n";
    expect(wandb("", code)).toBe(false);
    expect(wandb("ENV WANDB_MODE=disabled", code)).toBe(true);
    expect(wandb("ENV WANDB_MODE=online", code)).toBe(
      "WANDB_MODE is “online”, which does not switch it off.",
    );
    expect(wandb("", `import os\nos.environ["WANDB_MODE"] = "offline"\n${code}`)).toBe(true);
    expect(wandb("", `import os\n${code}os.environ["WANDB_MODE"] = "offline"\n`)).toMatch(
      /a\.py:4 sets WANDB_MODE, but after/,
    );
    const start = { "start.sh": "export WANDB_MODE=offline\npython a.py\n" };
    expect(wandb('CMD ["sh", "/opt/start.sh"]', code, start)).toBe(true);
    expect(wandb('CMD ["python", "/opt/a.py"]', code, start)).toBe(false);
    const inner = { "start.sh": "sh env.sh\n", "env.sh": "export WANDB_MODE=offline\n" };
    expect(wandb('CMD ["sh", "/opt/start.sh"]', code, inner)).toBe(true);
  });
});
