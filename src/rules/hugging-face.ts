import type { LibraryUse } from "../source/facts.ts";
import { jobUses } from "./job-code.ts";
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

/** Uses of the Hub by the job's own code that are not settled in the call. */
export const hubUses = (facts: ProjectFacts): LibraryUse[] =>
  jobUses(facts).filter((use) => usesHub(use) && use.local === undefined);
