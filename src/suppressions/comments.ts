import type { Comment, Dockerfile, Instruction } from "../dockerfile/model.ts";
import { type FileLocation, wholeLine } from "../findings/finding.ts";
import type { Waiver, WaiverSource } from "../findings/waivers.ts";

/** Words of a comment that ask for a rule to be passed over, before it is known which lines they are for. */
interface Pragma {
  readonly source: WaiverSource;
  readonly rules: readonly string[];
  /** `next`: the instruction below; `file`: everything. */
  readonly reach: "next" | "file";
  readonly reason: string;
  readonly by?: string | undefined;
  readonly until?: string | undefined;
}

/** No comment that a person writes names more rules. */
const MOST_RULES = 50;
/** A pragma stands at the start of its comment; anything longer is no pragma. */
const LONGEST = 2000;

/**
 * `# pratique allow=<rule> reason="..."` and `allow-file=`, hadolint's `ignore=` and `global ignore=`, Trivy's
 * `trivy:ignore:`, Checkov's `checkov:skip=` and BuildKit's `check=skip=` directive.
 */
export function dockerfileWaivers(dockerfile: Dockerfile): Waiver[] {
  const waivers: Waiver[] = [];
  // Comments stand in order, and so do the instructions: the search goes on from where the last one ended.
  let from = 0;
  const stageEnds = new Map(
    dockerfile.stages.map(({ from: opens, instructions }) => [opens, instructions.at(-1)?.range.end.line]),
  );
  for (const [index, comment] of dockerfile.comments.entries()) {
    const pragmas = readPragmas(comment.text);
    if (pragmas.length === 0) continue;
    while ((dockerfile.instructions[from]?.range.end.line ?? Number.POSITIVE_INFINITY) <= comment.line)
      from++;
    const instruction = dockerfile.instructions[from];
    const location = wholeLine(dockerfile.file, comment.line, dockerfile.lines[comment.line - 1] ?? "");
    for (const pragma of pragmas) {
      const lines =
        pragma.reach === "file" ? undefined : reachOf(instruction, stageEnds, comment, pragma.source);
      const reason = pragma.reason === "" ? nearbyWords(dockerfile.comments, index, pragma) : pragma.reason;
      waivers.push(...toWaivers({ ...pragma, reason }, dockerfile.file, lines, location));
    }
  }
  const check = /(?:^|;)\s*skip=([^;]*)/.exec(dockerfile.directives.get("check") ?? "");
  if (check !== null) {
    const line = dockerfile.lines.findIndex((text) => /^#\s*check\s*=/i.test(text)) + 1;
    const location = wholeLine(dockerfile.file, Math.max(line, 1), dockerfile.lines[line - 1] ?? "");
    const rules = splitRules(check[1] ?? "").map((name) => (name === "all" ? name : `buildkit:${name}`));
    const pragma: Pragma = { source: "buildkit", rules, reach: "file", reason: "" };
    waivers.push(...toWaivers(pragma, dockerfile.file, undefined, location));
  }
  return waivers;
}

/** Our own pragma in any other text: on the line of the finding, or in a comment of its own just above it. */
export function textWaivers(text: string, file: string): Waiver[] {
  const waivers: Waiver[] = [];
  if (!text.includes("pratique")) return waivers;
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.length > LONGEST) continue;
    const start = /(?:#|\/\/|--|%)\s*pratique\s+allow/.exec(line);
    if (start === null) continue;
    const pragma = readOwn(line.slice(start.index).replace(/^(?:#|\/\/|--|%)\s*/, ""));
    if (pragma === undefined) continue;
    const alone = line.slice(0, start.index).trim() === "";
    const at = index + 1 + (alone ? 1 : 0);
    const reach = pragma.reach === "file" ? undefined : { first: at, last: at };
    waivers.push(...toWaivers(pragma, file, reach, wholeLine(file, index + 1, line)));
  }
  return waivers;
}

function toWaivers(
  { rules, source, reason, by, until }: Pragma,
  file: string,
  lines: Waiver["lines"],
  location: FileLocation,
): Waiver[] {
  return rules.map((rule) => ({ rule, path: file, lines, reason, by, until, source, location }));
}

function readPragmas(text: string): Pragma[] {
  if (text.length > LONGEST || !/^(?:pratique|hadolint|trivy|checkov)\b/i.test(text)) return [];
  const own = readOwn(text);
  if (own !== undefined) return [own];
  const hadolint =
    /^hadolint\s+(global\s+)?ignore\s*=\s*([\w,\s]*?\w)(?:\s*[;#]\s*(.*)|\s+-+\s*(.*))?$/i.exec(text);
  if (hadolint !== null) {
    return [
      {
        source: "hadolint",
        rules: splitRules(hadolint[2] ?? "").map((name) => `hadolint:${name}`),
        reach: hadolint[1] === undefined ? "next" : "file",
        reason: (hadolint[3] ?? hadolint[4] ?? "").trim(),
      },
    ];
  }
  const checkov = /^checkov:skip=(\w+)(?::(.*))?$/i.exec(text);
  if (checkov !== null) {
    const reason = (checkov[2] ?? "").trim();
    return [{ source: "checkov", rules: [`checkov:${checkov[1]}`], reach: "file", reason }];
  }
  return [...text.matchAll(/trivy:ignore:([\w-]+)(?::exp:(\d{4}-\d{2}-\d{2}))?/gi)]
    .slice(0, MOST_RULES)
    .map((match) => ({
      source: "trivy",
      rules: [`trivy:${match[1]}`],
      reach: "next",
      reason: "",
      until: match[2],
    }));
}

/** `pratique allow=a,b reason="why" by="who" until=2027-01-31`. */
function readOwn(text: string): Pragma | undefined {
  const head = /^pratique\s+allow(-file)?\s*=\s*([\w:.,-]+)/i.exec(text);
  if (head === null) return undefined;
  const fields = new Map<string, string>();
  for (const match of text.slice(head[0].length).matchAll(/\b(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))/g)) {
    fields.set((match[1] ?? "").toLowerCase(), match[2] ?? match[3] ?? match[4] ?? "");
  }
  return {
    source: "comment",
    rules: splitRules(head[2] ?? ""),
    reach: head[1] === undefined ? "next" : "file",
    reason: fields.get("reason") ?? "",
    by: fields.get("by"),
    until: fields.get("until"),
  };
}

const splitRules = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .filter((name) => name !== "")
    .slice(0, MOST_RULES);

/** The lines that a comment speaks for: the rest of the instruction that it stands in or above. */
function reachOf(
  instruction: Instruction | undefined,
  stageEnds: ReadonlyMap<Instruction, number | undefined>,
  comment: Comment,
  source: WaiverSource,
): NonNullable<Waiver["lines"]> {
  if (instruction === undefined) return { first: comment.line, last: comment.line };
  const { start, end } = instruction.range;
  if (start.line < comment.line) return { first: comment.line + 1, last: comment.line + 1 };
  // Trivy's comment above FROM speaks for the whole stage.
  const stageEnd = source === "trivy" ? stageEnds.get(instruction) : undefined;
  return { first: start.line, last: stageEnd ?? end.line };
}

/** Peers' pragmas have no place for a reason: plain comments right above or below them are taken for one. */
function nearbyWords(comments: readonly Comment[], index: number, { source }: Pragma): string {
  if (source === "comment") return "";
  const words: string[] = [];
  for (const step of [-1, 1]) {
    for (let at = index + step; ; at += step) {
      const comment = comments[at];
      const expected = (comments[index]?.line ?? 0) + (at - index);
      if (comment === undefined || comment.line !== expected || Math.abs(at - index) > 5) break;
      if (readPragmas(comment.text).length > 0 || comment.text === "") continue;
      if (step < 0) words.unshift(comment.text);
      else words.push(comment.text);
    }
  }
  return words.join(" ").slice(0, 500);
}
