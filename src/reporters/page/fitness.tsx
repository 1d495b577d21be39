import type { FitnessSummary, FoundPaths } from "../../evidence/fitness.ts";
import type { Report } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { DataTable, Section } from "./elements.tsx";

/** What was looked at so that the job's user can start the image, and what came of it. */
export function Fitness({ report }: { report: Report }) {
  const { fitness } = report;
  return (
    <Section id="fitness" title="Fit for the job’s user and machine">
      {fitness === undefined ? (
        <p>No image’s files were read, so nothing is said about whom they suit.</p>
      ) : (
        <Looked fitness={fitness} />
      )}
    </Section>
  );
}

function Looked({ fitness }: { fitness: FitnessSummary }) {
  const { user, notAssessed } = fitness;
  return (
    <>
      <p>
        Looked at for the user {user.uid} with the group {user.gid}, whom the image does not know.
      </p>
      {notAssessed.length > 0 && (
        <p class="note">Not followed: {notAssessed.map((gap) => plainText(gap, 300)).join("; ")}.</p>
      )}
      <DataTable
        caption="What was looked at"
        rows={rowsOf(fitness)}
        columns={[
          { head: "What", cell: ([what]) => what },
          { head: "Found", cell: ([, found]) => found },
        ]}
      />
    </>
  );
}

type Row = readonly [what: string, found: string];

const STATES: Readonly<Record<FitnessSummary["folders"][number]["state"], string>> = {
  writable: "can be written",
  creatable: "can be made",
  mounted: "is mounted there, and can be written",
  "mounted-read-only": "is mounted there, and cannot be written",
  "not-writable": "cannot be written",
  closed: "may not be entered",
};

const text = (value: string): string => plainText(value, 200);

function rowsOf(fitness: FitnessSummary): Row[] {
  const { programs, missing, closed, machines, absentLibraries, folders } = fitness;
  return [
    [
      "Programs that start",
      or(
        programs.map(
          ({ path, architecture, libraries }) =>
            `${text(path)} (${architecture === null ? "script" : `${text(architecture)}, ${plural(libraries, "library", "libraries")}`})`,
        ),
        "none was found",
      ),
    ],
    [
      "Missing to start them",
      or(
        missing.map(
          ({ what, name, neededBy }) =>
            `${text(what)} ${text(name)}${neededBy === null ? "" : `, for ${text(neededBy)}`}`,
        ),
      ),
    ],
    [
      "Needed, and closed to the user",
      or(
        closed.map(
          ({ path, variable, closedBy }) =>
            `${text(path)}${variable === null ? "" : ` (${text(variable)})`}, by ${text(closedBy)}`,
        ),
      ),
    ],
    ...folders.map(
      ({ variable, path, set, state }): Row => [
        text(variable),
        `${text(path)} ${STATES[state]}${set ? "" : " (the image sets none)"}`,
      ],
    ),
    [
      "Programs and libraries by machine",
      or(Object.entries(machines).map(([name, { count }]) => `${text(name)}: ${count}`)),
    ],
    [
      "Libraries that files ask for and that are not there",
      or(Object.entries(absentLibraries).map(([name, users]) => `${text(name)} (for ${found(users)})`)),
    ],
    ["Compilers and build tools", or(fitness.buildTools.map(text))],
    ["Programs with a set-user-ID or set-group-ID mark", found(fitness.setUserId)],
    ["Files and folders that everyone may write", found(fitness.worldWritable)],
    ["Programs that others than root can change", found(fitness.changeablePrograms)],
    ["Owners above 65,535, in any layer", found(fitness.largeIds)],
    ["Deleted again where the place mounts its folders", found(fitness.deletedBelowMounts)],
    ["Left by editors, shells and builds", found(fitness.leftOvers)],
    ["Accounts with an empty password", or(fitness.openAccounts.map(text))],
  ];
}

const or = (parts: readonly string[], none = "none"): string =>
  parts.length === 0 ? none : parts.join("; ");

function found({ count, paths }: FoundPaths): string {
  if (count === 0) return "none";
  const more = count - paths.length;
  return `${count}: ${paths.map(text).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
