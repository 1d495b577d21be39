import { createHash } from "node:crypto";
import type { Finding, Location } from "./finding.ts";

/**
 * One name for each finding that stays the same when lines move: a SHA-256 over the rule, the place and what is found
 * there. Findings that are equal in all of these are counted, so that no name occurs twice.
 */
export function fingerprints(findings: readonly Finding[]): string[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const identity = JSON.stringify([finding.rule, placeOf(finding.location), matterOf(finding)]);
    const occurrence = (seen.get(identity) ?? 0) + 1;
    seen.set(identity, occurrence);
    return createHash("sha256").update(`${identity}\n${occurrence}`).digest("hex");
  });
}

/** The place without line numbers and process ids. */
function placeOf(location: Location | undefined): readonly string[] {
  if (location === undefined) return [];
  if ("file" in location) return ["file", location.file];
  if ("imagePath" in location) return ["image", location.imagePath];
  return ["process", location.process.executable];
}

/** The source line; failing that what the finding is about; failing that its words, without the numbers in them. */
function matterOf({ excerpt, subjects = [], message }: Finding): string {
  if (excerpt !== undefined) return excerpt.trim().replace(/\s+/g, " ");
  return subjects.length > 0 ? [...subjects].sort().join("\n") : message.replace(/\d+/g, "");
}
