/** A unified diff of two texts by lines, in time that is bounded whatever the texts are. */

interface Change {
  readonly kind: " " | "-" | "+";
  readonly line: string;
}

/** Lines shown around a change. */
const CONTEXT = 3;
/** Texts that differ by more lines than this are shown as one replaced block: exact, though not shortest. */
const MOST_DIFFERENCES = 400;

/**
 * `--- a/file`, `+++ b/file` and hunks; empty when nothing differs. `show` makes each line fit to be seen. Line endings
 * of CRLF files are not shown.
 */
export function unifiedDiff(
  file: string,
  before: string,
  after: string,
  show: (line: string) => string = (line) => line,
): string {
  if (before === after) return "";
  const changes = compare(toLines(before), toLines(after));
  return [`--- a/${file}\n`, `+++ b/${file}\n`, ...hunks(changes, show)].join("");
}

const NO_NEWLINE = "\n\\ No newline at end of file";

/** Lines without their endings; a last line that has none says so, as diff(1) does. */
function toLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const last = lines.pop() ?? "";
  return last === "" ? lines : [...lines, last + NO_NEWLINE];
}

function compare(before: readonly string[], after: readonly string[]): Change[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++;
  const same = (line: string): Change => ({ kind: " ", line });
  return [
    ...before.slice(0, head).map(same),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** Myers' greedy algorithm, given up after `MOST_DIFFERENCES`: time and memory stay within lines times that. */
function middle(before: readonly string[], after: readonly string[]): Change[] {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  const most = Math.min(before.length + after.length, MOST_DIFFERENCES);
  for (let d = 0; d <= most; d++) {
    trace.push(new Map(furthest));
    for (let k = -d; k <= d; k += 2) {
      const left = furthest.get(k - 1) ?? -1;
      const right = furthest.get(k + 1) ?? -1;
      let x = k === -d || (k !== d && left < right) ? right : left + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
      furthest.set(k, x);
      if (x >= before.length && x - k >= after.length) return walkBack(trace, before, after);
    }
  }
  return [
    ...before.map((line): Change => ({ kind: "-", line })),
    ...after.map((line): Change => ({ kind: "+", line })),
  ];
}

function walkBack(
  trace: readonly ReadonlyMap<number, number>[],
  before: readonly string[],
  after: readonly string[],
): Change[] {
  const changes: Change[] = [];
  let x = before.length;
  let y = after.length;
  for (let d = trace.length - 1; d >= 0; d--) {
    const at = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (at.get(k - 1) ?? -1) < (at.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (at.get(from) ?? 0);
    const fromY = d === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY) {
      changes.push({ kind: " ", line: before[--x] ?? "" });
      y--;
    }
    if (d === 0) break;
    if (down) changes.push({ kind: "+", line: after[--y] ?? "" });
    else changes.push({ kind: "-", line: before[--x] ?? "" });
  }
  return changes.reverse();
}

function hunks(changes: readonly Change[], show: (line: string) => string): string[] {
  const text: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  let index = 0;
  while (index < changes.length) {
    const first = changes.findIndex((change, at) => at >= index && change.kind !== " ");
    if (first < 0) break;
    const start = Math.max(index, first - CONTEXT);
    oldLine += start - index;
    newLine += start - index;
    let end = first + 1;
    for (let at = end, quiet = 0; at < changes.length && quiet <= 2 * CONTEXT; at++) {
      quiet = changes[at]?.kind === " " ? quiet + 1 : 0;
      if (quiet === 0) end = at + 1;
    }
    const part = changes.slice(start, Math.min(changes.length, end + CONTEXT));
    const olds = part.filter(({ kind }) => kind !== "+").length;
    const news = part.filter(({ kind }) => kind !== "-").length;
    text.push(`@@ -${span(oldLine, olds)} +${span(newLine, news)} @@\n`);
    for (const { kind, line } of part) {
      const [shown = "", ...none] = line.split("\n");
      text.push([`${kind}${show(shown)}`, ...none, ""].join("\n"));
    }
    oldLine += olds;
    newLine += news;
    index = start + part.length;
  }
  return text;
}

/** An empty side is said to stand after the line before it. */
const span = (line: number, count: number): string =>
  count === 1 ? `${line}` : `${count === 0 ? line - 1 : line},${count}`;
