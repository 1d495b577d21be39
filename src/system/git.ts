import { resolve } from "node:path";
import { PratiqueError } from "../errors.ts";
import { run } from "./process.ts";

/** The commit that a folder is at and whether the folder differs from it; null outside a repository or without git. */
export async function gitState(folder: string): Promise<{ commit: string; clean: boolean } | null> {
  try {
    const head = await run("git", ["-C", folder, "rev-parse", "--verify", "HEAD"], { timeout: 10_000 });
    const commit = head.stdout.trim();
    if (head.code !== 0 || !/^[0-9a-f]{40,64}$/.test(commit)) return null;
    const status = await run("git", ["-C", folder, "status", "--porcelain", "--", "."], { timeout: 30_000 });
    return { commit, clean: status.code === 0 && status.stdout === "" };
  } catch (error) {
    if (error instanceof PratiqueError && error.code === "tool.failed") return null;
    throw error;
  }
}

/**
 * Absolute paths of the files that git tracks and that differ from what they were where `since` and the commit of now went
 * apart; what was removed or renamed is among them. Undefined where git cannot tell. Fails with `usage.bad-argument` for
 * what can be no commit.
 */
export async function changedSince(folder: string, since: string): Promise<string[] | undefined> {
  if (!/^[\w@][\w./~^@{}+-]{0,250}$/.test(since))
    throw new PratiqueError("usage.bad-argument", "What stands after --since is no commit.", {
      hint: "As in: --since origin/main, or the hash of a commit.",
    });
  const git = (...args: string[]) => run("git", ["-C", folder, ...args], { timeout: 60_000 });
  try {
    const up = await git("rev-parse", "--show-cdup");
    if (up.code !== 0) return undefined;
    const top = resolve(folder, up.stdout.trim());
    // A commit that is not there, in a shallow copy for example, is no empty list.
    const { code, stdout } = await git(
      "diff",
      "--name-only",
      "--no-renames",
      "-z",
      "--merge-base",
      since,
      "--",
      ":/",
    );
    if (code !== 0) return undefined;
    return stdout
      .split("\0")
      .filter((path) => path !== "")
      .map((path) => resolve(top, path));
  } catch (error) {
    if (error instanceof PratiqueError && error.code === "tool.failed") return undefined;
    throw error;
  }
}
