import type { RepositoryFacts, WorkTree } from "../repository/facts.ts";

/** The work tree that keeps the project: one around it whose git knows none of its Dockerfiles is another project's. */
export function keptIn({ workTree, dockerfiles, untracked }: RepositoryFacts): WorkTree | undefined {
  const isForeign = untracked !== undefined && untracked.length === dockerfiles.length;
  return isForeign ? undefined : workTree;
}

/** Why nothing is known of the repository of a project that lies in none here: a copy need not bring it along. */
export const NOT_KEPT = "this copy of the project is not under version control, so it shows no repository";

export const NO_REMOTE = "this copy of the repository has no remote, so it does not show where it is kept";

/** True when it is kept on another machine. */
export const hasRemote = ({ remotes }: WorkTree): boolean => remotes.some(({ kind }) => kind !== "folder");

export const isOnForge = ({ remotes }: WorkTree): boolean =>
  remotes.some(({ kind }) => kind === "github" || kind === "gitlab");

/** Names for a message: the first few, and how many more. */
export function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => name.slice(0, 120));
  const more = names.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
