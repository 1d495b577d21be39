import { remembered } from "../remember.ts";
import type { Instruction } from "./model.ts";
import { lineLocator } from "./positions.ts";
import { parseScript } from "./shell-tree.ts";

/** Which commands of a RUN may fail without the build noticing. */

interface Node {
  readonly type?: string;
  readonly pos?: number;
  readonly value?: string;
  readonly name?: Node;
  readonly suffix?: readonly Node[];
  readonly command?: Node;
  readonly commands?: readonly Node[];
  readonly operators?: readonly string[];
  readonly body?: Node;
  readonly then?: Node;
  readonly else?: Node;
  readonly elif?: readonly Node[];
  readonly background?: boolean;
}

/** How a failure goes unnoticed: the next command runs all the same, or `|| true` takes it away. */
export type Unnoticed = "next-command" | "forgiven";

interface Task {
  readonly node: Node;
  readonly unnoticed: Unnoticed | undefined;
  readonly stops: boolean;
  /** What becomes of a failure before the last `&&` of a chain, where `set -e` does not look. */
  readonly inChain?: Unnoticed | undefined;
}

/**
 * The commands whose failure is lost, by the place they begin at (`line:column`). `stops` says that the shell ends at
 * the first failure from the start, as `SHELL ["/bin/bash", "-ec"]` makes it.
 */
export function unnoticedFailures(instruction: Instruction, stops: boolean): ReadonlyMap<string, Unnoticed> {
  if (instruction.exec !== undefined) return NONE;
  const script = instruction.heredocs.find(() => instruction.words[0]?.raw.startsWith("<<") === true);
  const text = script?.body ?? instruction.text;
  if (!/[;&|\n]/.test(text)) return NONE;
  const shebang = script !== undefined && /^#!.*\s-\w*e/.test(script.body.slice(0, 200));
  const lost = stops || shebang ? whereItStops(text) : whereItGoesOn(text);
  if (lost.length === 0) return NONE;
  const place =
    script === undefined
      ? (offset: number) => instruction.positionAt(offset)
      : lineLocator(script.body, script.startLine);
  return new Map(
    lost.map(({ pos, unnoticed }) => {
      const { line, column } = place(pos);
      return [`${line}:${column}`, unnoticed];
    }),
  );
}

const NONE: ReadonlyMap<string, Unnoticed> = new Map();

/** Scripts whose answers are held: files of one folder repeat them. */
const MOST_SCRIPTS = 1000;
const whereItStops = remembered(MOST_SCRIPTS, (text) => lostIn(text, true));
const whereItGoesOn = remembered(MOST_SCRIPTS, (text) => lostIn(text, false));

interface Lost {
  readonly pos: number;
  readonly unnoticed: Unnoticed;
}

/** The commands of a script whose failure is lost, by their offsets. */
function lostIn(text: string, stops: boolean): readonly Lost[] {
  const found: Lost[] = [];
  const tree = parseScript(text);
  if (tree === undefined) return found;
  const stack: Task[] = [{ node: tree as Node, unnoticed: undefined, stops }];
  for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
    const { node, unnoticed } = task;
    if (node.type === "Command" || node.type === "Pipeline") {
      if (node.type === "Pipeline")
        for (const part of node.commands ?? []) stack.push({ ...task, node: part });
      else if (unnoticed !== undefined && node.pos !== undefined) found.push({ pos: node.pos, unnoticed });
    } else if (node.type === "Script" || node.type === "CompoundList") pushStatements(task, stack);
    else if (node.type === "AndOr") pushParts(task, stack);
    else pushBodies(task, stack);
  }
  return found;
}

/** Statements one after another: without `set -e` only the last one's failure counts. */
function pushStatements(task: Task, stack: Task[]): void {
  const statements = task.node.commands ?? [];
  let { stops } = task;
  statements.forEach((statement, index) => {
    const node = statement.command ?? statement;
    const last = index === statements.length - 1;
    const asks = /\$\?/.test(wordsOf(statements[index + 1]));
    // `set -e && a` holds for `a` already.
    if (node.type === "AndOr") stops = setting(node) ?? stops;
    const lost = !last && !asks && statement.background !== true ? "next-command" : undefined;
    stack.push({
      node,
      unnoticed: task.unnoticed ?? (stops ? undefined : lost),
      stops,
      inChain: lost,
    });
    stops = setting(node) ?? stops;
  });
}

/** `a && b || c`: what stands before `|| true` is forgiven, what stands before `|| exit 1` is looked at. */
function pushParts(task: Task, stack: Task[]): void {
  const parts = task.node.commands ?? [];
  const operators = task.node.operators ?? [];
  let { unnoticed } = task;
  let answered = false;
  for (let index = parts.length - 1; index >= 0; index--) {
    const node = parts[index];
    if (node === undefined) continue;
    stack.push({ node, unnoticed, stops: task.stops });
    // The operator before this part says what becomes of everything before it.
    if (operators[index - 1] === "||") {
      unnoticed = afterwards(node, task.unnoticed);
      answered = true;
    } else if (!answered) {
      unnoticed ??= task.inChain;
    }
  }
}

/** What becomes of a failure that this command answers. */
function afterwards(node: Node, otherwise: Unnoticed | undefined): Unnoticed | undefined {
  if (node.type === "Command") {
    const name = node.name?.value ?? "";
    const first = node.suffix?.[0]?.value;
    if (/^(?:true|:|echo|printf)$/.test(name)) return "forgiven";
    if (name === "exit" || name === "return") return first === "0" ? "forgiven" : undefined;
    // Another attempt: its own failure is what counts.
    return name === "false" ? undefined : otherwise === "forgiven" ? "forgiven" : undefined;
  }
  return undefined;
}

/** Groups, loops and branches. What only decides what runs next (`if a`) is no mistake. */
function pushBodies(task: Task, stack: Task[]): void {
  const { node, stops } = task;
  const loop = /^(?:For|ArithmeticFor|While|Select)$/.test(node.type ?? "");
  const inside = loop && !stops ? (task.unnoticed ?? "next-command") : task.unnoticed;
  if (node.type === "Function" || node.type === "Coproc") return;
  if (node.body !== undefined) stack.push({ node: node.body, unnoticed: inside, stops });
  for (const branch of [node.then, node.else, ...(node.elif ?? [])]) {
    if (branch !== undefined) stack.push({ node: branch, unnoticed: task.unnoticed, stops });
  }
  if (node.type === "Redirected" && node.command !== undefined) stack.push({ ...task, node: node.command });
}

/** What `set -e` and `set +e` say, also as the first of a chain; undefined where nothing is said. */
function setting(node: Node): boolean | undefined {
  let said: boolean | undefined;
  for (const part of node.type === "AndOr" ? (node.commands ?? []).slice(0, 50) : [node]) {
    if (part.type !== "Command" || part.name?.value !== "set") continue;
    const words = (part.suffix ?? []).map(({ value }) => value ?? "");
    words.forEach((word, index) => {
      if (/^-[a-zA-Z]*e/.test(word) || (/^-[a-zA-Z]*o$/.test(word) && words[index + 1] === "errexit"))
        said = true;
      else if (/^\+[a-zA-Z]*e/.test(word) || (word === "+o" && words[index + 1] === "errexit")) said = false;
    });
  }
  return said;
}

/** The first words of a statement, to see whether it asks for `$?`. */
function wordsOf(statement: Node | undefined): string {
  let node = statement?.command ?? statement;
  for (let turn = 0; turn < 4 && node !== undefined && node.type !== "Command"; turn++) {
    const clause = (node as { clause?: Node }).clause;
    node = clause?.commands?.[0]?.command ?? node.commands?.[0];
  }
  if (node === undefined) return "";
  const expression = (node as { text?: string }).text ?? "";
  return [
    expression,
    node.name?.value ?? "",
    ...(node.suffix ?? []).slice(0, 5).map(({ value }) => value ?? ""),
  ].join(" ");
}
