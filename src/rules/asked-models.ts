import type { AskedFor } from "../image/contents.ts";
import { usesHub } from "./hugging-face.ts";
import { jobUses } from "./job-code.ts";
import { useLocation } from "./offline.ts";
import type { ProjectFacts } from "./rule.ts";

/** Libraries whose models have the name that code asks for. */
const KINDS: Readonly<Record<string, string>> = { nltk: "NLTK", spacy: "spaCy", whisper: "Whisper" };
/** Libraries of the Hub that give it the name as it is; others have short names of their own for some repositories. */
const PLAIN = new Set(["hf-hub", "transformers", "sentence-transformers", "diffusers"]);
/** What a model may be called: no path, no address, nothing that only the running program knows. */
const NAME = /^[A-Za-z0-9][\w.-]{0,95}(?:\/[\w.-]{1,96})?$/;

/** What the job's own code loads by name, to be looked for in the image. */
export function askedFor(facts: ProjectFacts): AskedFor[] {
  const asked: AskedFor[] = [];
  for (const use of jobUses(facts)) {
    const kind = usesHub(use) ? "Hugging Face" : KINDS[use.library];
    if (kind === undefined || use.local !== undefined || use.cache !== undefined || use.by !== "call")
      continue;
    // Data sets have a cache of another form.
    if (use.library === "hf-datasets" || use.library === "hf-evaluate") continue;
    for (const name of kind === "NLTK" ? (use.wanted ?? "").split(" ") : [use.wanted ?? ""]) {
      if (!NAME.test(name)) continue;
      if (kind === "Hugging Face" && !PLAIN.has(use.library) && !name.includes("/")) continue;
      const { location, excerpt = "" } = useLocation(use);
      if (location === undefined || !("file" in location)) continue;
      asked.push({ kind, name, place: location, excerpt });
    }
  }
  return asked;
}
