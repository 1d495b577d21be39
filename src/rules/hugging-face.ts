import { lineage } from "../dockerfile/variables.ts";
import type { LibraryUse } from "../source/facts.ts";
import { jobFiles } from "./copied-files.ts";
import type { ProjectFacts } from "./rule.ts";

/** Libraries of the knowledge that fetch from the Hugging Face Hub and obey its variables. */
const LIBRARIES = new Set(
  "hf-hub transformers hf-datasets hf-evaluate sentence-transformers diffusers timm open-clip bert-score faster-whisper pyannote speechbrain llama-cpp".split(
    " ",
  ),
);

export const HUB_SUBJECTS: readonly string[] = [
  "host:huggingface.co",
  "host:hf.co",
  "host:cdn-lfs.huggingface.co",
];

export const usesHub = (use: LibraryUse): boolean => LIBRARIES.has(use.library);

/** Uses of the Hub by the job's own code that are not settled on their own line. */
export const hubUses = (facts: ProjectFacts): LibraryUse[] =>
  jobUses(facts).filter((use) => usesHub(use) && !isLocal(use.excerpt));

/** Uses in code that the job runs: not in tests, not in what only a RUN executes, not in what stays outside the image. */
export function jobUses(facts: ProjectFacts): LibraryUse[] {
  const inImage = jobFiles(facts);
  const built = lineage(facts.stages)
    .flatMap(({ stage }) => stage.instructions)
    .filter(({ keyword }) => keyword === "RUN")
    .map(({ text, heredocs }) => [text, ...heredocs.map(({ body }) => body)].join("\n"))
    .join("\n");
  const started = lineage(facts.stages)
    .flatMap(({ stage }) => stage.instructions)
    .filter(({ keyword }) => keyword === "CMD" || keyword === "ENTRYPOINT")
    .map(({ text }) => text)
    .join("\n");
  return facts.source.uses.filter(({ file }) => {
    if (inImage !== undefined && !inImage.has(file)) return false;
    if (/(?:^|\/)(?:tests?|docs?)\/|(?:^|\/)test_[^/]*$|_test\.\w+$/.test(file)) return false;
    const name = file.slice(file.lastIndexOf("/") + 1);
    return !mentions(built, name) || mentions(started, name);
  });
}

/** The file's name as a word of its own, run by something: `python download.py`, `./download.sh`. */
function mentions(script: string, name: string): boolean {
  for (let at = script.indexOf(name); at >= 0; at = script.indexOf(name, at + 1)) {
    const before = script[at - 1] ?? " ";
    const after = script[at + name.length] ?? " ";
    if (/[\s/"'=]/.test(before) && /[\s"';&|)\],]/.test(after)) return true;
  }
  return false;
}

/** Loads from a folder, or is told not to ask. */
export const isLocal = (line: string): boolean =>
  /local_files_only\s*=\s*True/.test(line) || /\(\s*[rf]?["'](?:\/|\.\.?\/|~)/.test(line);

export const isOn = (value: string | undefined): boolean =>
  value !== undefined && /^(?:1|true|yes|on)$/i.test(value.trim());
