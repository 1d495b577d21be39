import { posix } from "node:path";
import { type Entry, type ImageTree, resolvePath } from "../tree.ts";

/** The user that a job runs as, as numbers; 0 may do everything. */
export interface JobUser {
  readonly uid: number;
  readonly gid: number;
  /** HOME where the image sets none, or where it does not count. */
  readonly home: string;
  readonly imageHome: boolean;
  /** Folders that are mounted when the job runs, and can be written then. */
  readonly writable: readonly string[];
}

export type Permission = "read" | "write" | "execute";

const BIT: Readonly<Record<Permission, number>> = { read: 4, write: 2, execute: 1 };

/** What the mode of a file or folder lets the user do with it. */
export function may({ mode, owner, group }: Entry, user: JobUser, permission: Permission): boolean {
  if (user.uid === 0) return permission !== "execute" || (mode & 0o111) !== 0;
  const shift = owner === user.uid ? 6 : group === user.gid ? 3 : 0;
  return ((mode >> shift) & BIT[permission]) !== 0;
}

export interface Reached {
  /** After links. */
  readonly path: string;
  readonly entry: Entry;
  /** The first folder on the way that the user may not pass; undefined where all let it. */
  readonly closedBy: string | undefined;
}

/** Goes to a path as the user would; undefined where nothing is there. */
export function reach(tree: ImageTree, path: string, user: JobUser): Reached | undefined {
  let closedBy: string | undefined;
  const found = resolvePath(tree, path, (folder, at) => {
    const passes = user.uid === 0 || may(folder, user, "execute");
    if (!passes) closedBy ??= at;
  });
  return found === undefined ? undefined : { ...found, closedBy };
}

/** The nearest folder above a path that is there. */
export function nearest(tree: ImageTree, path: string, user: JobUser): Reached | undefined {
  for (let at = path; ; at = posix.dirname(at)) {
    const found = reach(tree, at, user);
    if (found !== undefined || at === "/") return found;
  }
}
