import type { FitnessSummary } from "../evidence/fitness.ts";
import type { FitnessFacts } from "../image/fitness/fitness.ts";

/** The fitness of an image as the report has it. */
export function fitnessSummary(facts: FitnessFacts): FitnessSummary {
  const { start, machines, absentLibraries, closedPlaces, ...rest } = facts;
  return {
    ...rest,
    programs: start.programs.map(({ path, architecture, libraries }) => ({
      path,
      architecture: architecture ?? null,
      libraries,
    })),
    missing: [
      ...start.missingPrograms.map(({ name, startedBy }) => ({
        what: "program" as const,
        name,
        neededBy: startedBy,
      })),
      ...start.missingLoaders.map(({ loader, program }) => ({
        what: "loader" as const,
        name: loader,
        neededBy: program,
      })),
      ...start.missingLibraries.map((one) => ({ what: "library" as const, ...one })),
      ...(start.missingScript === undefined
        ? []
        : [{ what: "script" as const, name: start.missingScript, neededBy: null }]),
    ],
    closed: [
      ...start.closed.map(({ path, closedBy }) => ({ path, variable: null, closedBy: closedBy ?? path })),
      ...closedPlaces.map(({ path, variable, closedBy }) => ({ path, variable: variable ?? null, closedBy })),
    ],
    machines: Object.fromEntries(machines),
    absentLibraries: Object.fromEntries(absentLibraries),
  };
}
