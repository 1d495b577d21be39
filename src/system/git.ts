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
