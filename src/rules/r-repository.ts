import { familiarRepository, parseImageReference } from "../dockerfile/image-reference.ts";
import { DATED_REPOSITORY } from "./code-pins.ts";
import { copyParts } from "./helpers.ts";
import { type DockerfileFacts, oncePerFile } from "./rule.ts";

/** rocker's images with a version of R take packages from that version's own days. */
const DATED_BASE =
  /^(?:rocker\/(?:r-ver|rstudio|tidyverse|verse|geospatial|shiny|shiny-verse|ml|ml-verse|cuda|binder)|bioconductor\/\w+)$/;

/** True where R's packages come from a repository as of one day, or where a file that we do not see may say so. */
export const hasDatedRepository = oncePerFile(
  (facts): boolean => facts.stages.some(isDatedBase) || facts.dockerfile.instructions.some(saysSo),
);

function isDatedBase({ base }: DockerfileFacts["stages"][number]): boolean {
  const reference = parseImageReference(base);
  if (!DATED_BASE.test(familiarRepository(reference))) return false;
  return reference.tag === undefined
    ? reference.digest !== undefined
    : /^\d+\.\d+|^RELEASE_\d|^\d{4}/.test(reference.tag);
}

function saysSo(instruction: DockerfileFacts["dockerfile"]["instructions"][number]): boolean {
  if (instruction.keyword === "COPY" || instruction.keyword === "ADD") {
    const { sources, target = "" } = copyParts(instruction);
    return [...sources, target].some((path) => /(?:Rprofile(?:\.site)?|Renviron(?:\.site)?)$/.test(path));
  }
  if (instruction.keyword !== "RUN" && instruction.keyword !== "ENV" && instruction.keyword !== "ARG")
    return false;
  return [instruction.text, ...instruction.heredocs.map(({ body }) => body)].some((text) =>
    DATED_REPOSITORY.test(text.slice(0, 200_000)),
  );
}

const RELEASE = /BiocManager::install\([^()]{0,300}\bversion\s{0,5}=/;

/** True where the file names the release of Bioconductor once, for all that follows. */
export const hasBioconductorRelease = oncePerFile((facts): boolean =>
  facts.dockerfile.instructions.some(
    ({ keyword, text, heredocs }) =>
      keyword === "RUN" &&
      [text, ...heredocs.map(({ body }) => body)].some((part) => RELEASE.test(part.slice(0, 200_000))),
  ),
);
