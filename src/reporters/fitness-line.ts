import type { FitnessSummary } from "../evidence/fitness.ts";
import { plural } from "../findings/counting.ts";
import { plainLine } from "./plain.ts";

/** In one line what an image starts, and whether all of it is there for the job's user. */
export function fitnessLine({ programs, missing, closed, user, notAssessed }: FitnessSummary): string {
  const last = programs.at(-1);
  if (last === undefined) return "Starts nothing that was found in it";
  const libraries = programs.reduce((sum, one) => sum + one.libraries, 0);
  const lacks = [
    missing.length === 0 ? "" : `${plural(missing.length, "file")} it needs missing`,
    closed.length === 0 ? "" : `${plural(closed.length, "place")} closed to user ${user.uid}`,
    notAssessed.length === 0 ? "" : "not all of it could be followed",
  ].filter(Boolean);
  const what = `Starts ${programs.map(({ path }) => plainLine(path).slice(0, 100)).join(", ")} with ${plural(libraries, "library", "libraries")}`;
  return `${what}; ${lacks.length === 0 ? `all there, and open to user ${user.uid}` : lacks.join(", ")}`;
}
