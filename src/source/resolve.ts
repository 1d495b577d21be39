import { COMMAND, NAME, NEWLINE, NUMBER, OPEN, OPERATOR, STRING, TEMPLATE } from "./lex.ts";
import type { Argument, Binding, Node, Outline, Span } from "./outline.ts";

/** What a name or call is by its full name: `["nltk", "download"]` for `n.download` after `import nltk as n`. */
export interface Qualified {
  readonly path: readonly string[];
  /** False when the first name comes from nowhere that the text tells: a built-in, or a variable of unknown kind. */
  readonly resolved: boolean;
  /** Token of the import that decided. */
  readonly importedAt: number;
}

/** A text as far as it is written down: `complete` is false when more follows that only the running program knows. */
export interface Known {
  readonly text: string;
  readonly complete: boolean;
}

/** How far a chain of assignments is followed. */
const MOST_STEPS = 8;
/** How many parts one value may be made of. */
const MOST_PARTS = 200;
/** Stands for the home folder in paths. */
const HOME = "~";

const NOTHING = new Set(["None", "NULL", "nothing", "True", "False", "TRUE", "FALSE"]);
/** Functions whose result is the path that their arguments make up. */
const JOINS = new Set([
  "os.path.join",
  "posixpath.join",
  "pathlib.Path",
  "pathlib.PurePath",
  "pathlib.PosixPath",
  "file.path",
  "fs.path",
  "joinpath",
  "base.file.path",
  "os.path.abspath",
  "os.path.realpath",
  "os.path.normpath",
  "os.fspath",
  "str",
  "normalizePath",
  "path.expand",
  "abspath",
  "expanduser",
  "os.path.expanduser",
  "os.path.expandvars",
]);
const CONCATENATES = new Set(["paste0", "string"]);
const HOMES = new Set(["pathlib.Path.home", "homedir", "fs.path_home"]);
/** Methods of a path that leave it where it is. */
const KEEPS = new Set([
  "resolve",
  "absolute",
  "expanduser",
  "as_posix",
  "with_suffix",
  "with_name",
  "strip",
  "rstrip",
  "format",
]);

/** Answers what names mean and what values are, from what one text says. */
export class Resolver {
  readonly outline: Outline;
  private readonly cache = new Map<Node, Qualified>();
  /** Parts that one evaluation may still look at: names that stand for sums of names must not multiply. */
  private budget = 0;

  constructor(outline: Outline) {
    this.outline = outline;
  }

  qualify(node: Node, steps = 0): Qualified {
    const known = this.cache.get(node);
    if (known !== undefined) return known;
    const made = this.work(node, steps);
    this.cache.set(node, made);
    return made;
  }

  private work(node: Node, steps: number): Qualified {
    const unknown = { path: ["?", ...node.chain], resolved: false, importedAt: -1 };
    if (steps > MOST_STEPS || node.receiver === -2) return unknown;
    if (node.receiver >= 0) {
      const receiver = this.outline.nodes[node.receiver];
      // A long chain of calls is followed only so far.
      if (receiver === undefined) return unknown;
      const before = this.qualify(receiver, steps + 1);
      if (before.path.length > 12) return unknown;
      return before.resolved
        ? { ...before, path: [...before.path, ...node.chain] }
        : {
            path: before.path.length > 1 ? [...before.path, ...node.chain] : unknown.path,
            resolved: false,
            importedAt: -1,
          };
    }
    return this.qualifyChain(node.chain, node.token, steps);
  }

  /** The full name of `chain` as it stands at a token. */
  qualifyChain(chain: readonly string[], at: number, steps = 0): Qualified {
    const [root = ""] = chain;
    const binding =
      this.lookup(root, at) ?? (chain.length > 2 ? this.lookup(`${root}.${chain[1]}`, at) : undefined);
    const own = this.outline.bindings.has(root) ? 1 : 2;
    if (binding === undefined) return { path: chain, resolved: false, importedAt: -1 };
    const rest = chain.slice(own);
    if (binding.imported !== undefined)
      return { path: [...binding.imported, ...rest], resolved: true, importedAt: binding.at };
    if (binding.value === undefined) return { path: ["", ...chain], resolved: true, importedAt: -1 };
    const made = steps > MOST_STEPS ? undefined : this.qualifyValue(binding.value, steps + 1);
    return made?.resolved === true && made.path.length < 12
      ? { ...made, path: [...made.path, ...rest] }
      : { path: ["?", ...rest], resolved: false, importedAt: -1 };
  }

  /** What a value is an instance or another name of. */
  private qualifyValue(span: Span, steps: number): Qualified | undefined {
    const { tokens } = this.outline;
    let { from } = span;
    while (tokens.kinds[from] === NAME && /^(?:await|new)$/.test(this.word(from))) from++;
    if (tokens.kinds[from] !== NAME) return undefined;
    const node = this.nodeAt(from, span.to);
    if (node !== undefined && node.end >= span.to - 0) return this.qualify(node, steps);
    if (node !== undefined) return undefined;
    return from + 1 >= span.to ? this.qualifyChain([this.word(from)], from, steps) : undefined;
  }

  /** The last binding before a token; failing that, the first one after it, which a function may be called after. */
  private lookup(name: string, at: number): Binding | undefined {
    const list = this.outline.bindings.get(name);
    if (list === undefined) return undefined;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((list[middle]?.at ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    // `x = None` says nothing, and `x = f(x)` means an earlier x.
    for (let index = low - 1; index >= 0 && index > low - 6; index--) {
      const one = list[index];
      if (
        one !== undefined &&
        !this.isNothing(one) &&
        !(one.value !== undefined && one.value.to > at && one.value.from <= at)
      )
        return one;
    }
    const later = list[low];
    return later !== undefined &&
      !(later.value !== undefined && later.value.from <= at && later.value.to > at)
      ? later
      : undefined;
  }

  private isNothing({ value }: Binding): boolean {
    return value !== undefined && value.to - value.from === 1 && NOTHING.has(this.word(value.from));
  }

  /** The longest expression that begins at a token and ends before `limit`. */
  nodeAt(head: number, limit: number): Node | undefined {
    const list = this.outline.byHead.get(head);
    if (list === undefined) return undefined;
    for (let index = list.length - 1; index >= 0 && index > list.length - 40; index--) {
      const node = this.outline.nodes[list[index] ?? -1];
      if (node !== undefined && node.end <= limit) return node;
    }
    return undefined;
  }

  word(at: number): string {
    const { text, starts, ends } = this.outline.tokens;
    return text.slice(starts[at], ends[at]);
  }

  /** The text between the first and the last token of a span. */
  source({ from, to }: Span): string {
    const { text, starts, ends } = this.outline.tokens;
    return text.slice(starts[from], ends[to - 1]);
  }

  /** The argument of a name, or at a place. */
  argument(node: Node, place: number | undefined, names: readonly string[]): Argument | undefined {
    const named = node.args.find(({ name }) => name !== undefined && names.includes(name));
    if (named !== undefined || place === undefined) return named;
    const index = node.piped ? place - 1 : place;
    if (index < 0) return undefined;
    // Only arguments without a name have a place.
    let count = 0;
    for (const argument of node.args) {
      if (argument.name !== undefined) continue;
      if (count++ === index) return argument;
    }
    return undefined;
  }

  /** The text that a value has, as far as this file says. */
  evaluate(span: Span, steps = 0): Known | undefined {
    if (steps === 0) this.budget = MOST_PARTS;
    if (steps > MOST_STEPS) return undefined;
    const { kinds } = this.outline.tokens;
    let { from, to } = span;
    while (kinds[from] === NEWLINE && from < to) from++;
    while (kinds[to - 1] === NEWLINE && to > from) to--;
    let result = "";
    let some = false;
    for (let turn = 0; turn < 20 && from < to; turn++) {
      const part = this.operand(from, to, steps);
      if (part === undefined) return some ? { text: result, complete: false } : undefined;
      result += part.text;
      some = true;
      from = part.end;
      if (!part.complete) return { text: result, complete: false };
      while (kinds[from] === NEWLINE && from < to) from++;
      if (from >= to) return { text: result, complete: true };
      const operator = kinds[from] === OPERATOR ? this.word(from) : "";
      if (operator === "/") result = result.endsWith("/") ? result : `${result}/`;
      else if (operator !== "+" && operator !== "*") return { text: result, complete: false };
      from++;
    }
    return some ? { text: result, complete: false } : undefined;
  }

  private operand(from: number, to: number, steps: number): (Known & { readonly end: number }) | undefined {
    if (this.budget-- <= 0) return undefined;
    const { kinds } = this.outline.tokens;
    const kind = kinds[from];
    if (kind === STRING || kind === TEMPLATE) {
      let text = "";
      let end = from;
      let complete = true;
      // Neighbouring strings are one.
      while (
        end < to &&
        complete &&
        (kinds[end] === STRING || kinds[end] === TEMPLATE || kinds[end] === NEWLINE)
      ) {
        if (kinds[end] !== NEWLINE) {
          const part = this.string(end, steps);
          text += part.text;
          complete = part.complete;
        }
        end++;
      }
      return { text, complete, end };
    }
    if (kind === OPEN && this.word(from) === "(") {
      const close = this.closeOf(from, to);
      if (close === undefined) return undefined;
      const inner = this.evaluate({ from: from + 1, to: close }, steps + 1);
      return inner === undefined ? undefined : { ...inner, end: close + 1 };
    }
    if (kind !== NAME) return undefined;
    const node = this.nodeAt(from, to);
    if (node !== undefined) {
      const value = this.evaluateNode(node, steps + 1);
      return value === undefined ? undefined : { ...value, end: node.end };
    }
    const binding = this.lookup(this.word(from), from);
    const value = binding?.value === undefined ? undefined : this.evaluate(binding.value, steps + 1);
    return value === undefined ? undefined : { ...value, end: from + 1 };
  }

  private closeOf(open: number, limit: number): number | undefined {
    const { kinds } = this.outline.tokens;
    let depth = 0;
    for (let at = open; at < limit && at < open + 400; at++) {
      if (kinds[at] === OPEN) depth++;
      else if (kinds[at] === 7 && --depth === 0) return at;
    }
    return undefined;
  }

  private evaluateNode(node: Node, steps: number): Known | undefined {
    if (steps > MOST_STEPS) return undefined;
    const { path } = this.qualify(node);
    const name = path.join(".");
    if (node.kind === "name") {
      const binding = this.lookup(node.chain.join("."), node.token);
      if (binding?.value !== undefined) return this.evaluate(binding.value, steps + 1);
      if (path.at(-1) !== "parent" && path.at(-1) !== "name") return undefined;
      return undefined;
    }
    if (HOMES.has(name)) return { text: HOME, complete: true };
    const [first] = node.args;
    if (isEnvironment(name)) {
      const variable = first === undefined ? undefined : this.evaluate(first, steps + 1);
      return variable?.complete === true && /^(?:HOME|USERPROFILE)$/.test(variable.text)
        ? { text: HOME, complete: true }
        : undefined;
    }
    if (node.kind === "index") return undefined;
    const method = node.chain.at(-1) ?? "";
    if (JOINS.has(name)) return this.join(node.args, "", steps);
    if (CONCATENATES.has(name)) return this.concatenate(node.args, steps);
    if (method === "joinpath" || KEEPS.has(method)) {
      const before = this.receiverText(node, steps);
      if (before === undefined || KEEPS.has(method)) return before;
      return this.join(node.args, before.text, steps);
    }
    return undefined;
  }

  /** What a method is called on. */
  receiverText(node: Node, steps = 0): Known | undefined {
    if (steps === 0) this.budget = MOST_PARTS;
    if (steps > MOST_STEPS) return undefined;
    if (node.receiver >= 0) {
      const receiver = this.outline.nodes[node.receiver];
      if (receiver === undefined) return undefined;
      if (node.chain.length > 1) return undefined;
      return this.evaluateNode(receiver, steps + 1);
    }
    if (node.receiver === -2) return this.bracketText(node, steps);
    if (node.chain.length < 2) return undefined;
    const binding = this.lookup(node.chain.slice(0, -1).join("."), node.token);
    return binding?.value === undefined ? undefined : this.evaluate(binding.value, steps + 1);
  }

  /** `(a / "b").open("w")`: the bracket before the dot. */
  private bracketText(node: Node, steps: number): Known | undefined {
    const { kinds } = this.outline.tokens;
    const close = node.token - 2;
    if (kinds[close] !== 7) return undefined;
    let depth = 0;
    for (let at = close; at > close - 60 && at >= 0; at--) {
      if (kinds[at] === 7) depth++;
      else if (kinds[at] === OPEN && --depth === 0)
        return this.evaluate({ from: at + 1, to: close }, steps + 1);
    }
    return undefined;
  }

  private join(args: readonly Argument[], before: string, steps: number): Known | undefined {
    let text = before;
    for (const [index, argument] of args.entries()) {
      if (index > 10) break;
      if (argument.name !== undefined) continue;
      const part = this.evaluate(argument, steps + 1);
      if (part === undefined) return text === "" ? undefined : { text: `${text}/`, complete: false };
      text = part.text.startsWith("/") || text === "" ? part.text : `${text.replace(/\/$/, "")}/${part.text}`;
      if (!part.complete) return { text, complete: false };
    }
    return text === "" ? undefined : { text, complete: true };
  }

  private concatenate(args: readonly Argument[], steps: number): Known | undefined {
    let text = "";
    for (const [index, argument] of args.entries()) {
      const part = argument.name !== undefined || index > 10 ? undefined : this.evaluate(argument, steps + 1);
      if (part === undefined) return text === "" ? undefined : { text, complete: false };
      text += part.text;
      if (!part.complete) return { text, complete: false };
    }
    return { text, complete: true };
  }

  /** The characters of a string; one that is worked out at run time is known up to its first unknown part. */
  private string(at: number, steps: number): Known {
    const raw = this.word(at).slice(0, 4000);
    const { language } = this.outline.tokens;
    const open =
      language === "R" && /^[rR]["']/.test(raw)
        ? /^[rR]["']-*[([{]/.exec(raw)
        : /^[A-Za-z]{0,2}(?:"""|'''|["'`])/.exec(raw);
    if (open === null) return { text: raw, complete: true };
    const quote = /["'`]+$/.exec(open[0])?.[0] ?? "";
    let body = raw.slice(open[0].length);
    if (quote === "") body = body.replace(/[)\]}]-*["']$/, "");
    else if (body.endsWith(quote)) body = body.slice(0, -quote.length);
    if (!/^[^"'`]*[rR]/.test(open[0]) && body.includes("\\"))
      body = body.replace(/\\(?:\n|(.))/gs, (_, one: string | undefined) => ESCAPES[one ?? ""] ?? one ?? "");
    if (this.outline.tokens.kinds[at] !== TEMPLATE) return { text: body, complete: true };
    return this.template(body, at, steps);
  }

  private template(body: string, at: number, steps: number): Known {
    const field = this.outline.tokens.language === "python" ? /\{([^{}]*)\}/g : /\$(?:\(([^()]*)\)|(\w+))/g;
    let text = "";
    let done = 0;
    for (
      let match = field.exec(body), turn = 0;
      match !== null && turn < 10;
      match = field.exec(body), turn++
    ) {
      text += body.slice(done, match.index);
      done = match.index + match[0].length;
      const name = (match[1] ?? match[2] ?? "").trim();
      const binding = /^\w+$/.test(name) ? this.lookup(name, at) : undefined;
      const value =
        binding?.value === undefined || steps > MOST_STEPS
          ? undefined
          : this.evaluate(binding.value, steps + 1);
      if (value === undefined) return { text, complete: false };
      text += value.text;
      if (!value.complete) return { text, complete: false };
    }
    return { text: text + body.slice(done), complete: true };
  }

  /** The texts of a list, with blanks between: `["a", "b"]`, `c("a", "b")`. */
  listText(span: Span): Known | undefined {
    const { kinds } = this.outline.tokens;
    const isList =
      kinds[span.from] === OPEN || (kinds[span.from + 1] === OPEN && this.word(span.from) === "c");
    if (!isList) return undefined;
    const parts: string[] = [];
    for (let at = span.from; at < span.to && at < span.from + 200; at++)
      if (kinds[at] === STRING) parts.push(this.string(at, 0).text);
    return parts.length === 0 ? undefined : { text: parts.join(" "), complete: true };
  }

  /** A list of literals as one command line: `["pip", "install", x]`. Names of programs that run Python become `python`. */
  commandText(span: Span): string | undefined {
    const { kinds } = this.outline.tokens;
    if (kinds[span.from] === COMMAND) return this.word(span.from).slice(1, -1);
    if (kinds[span.from] !== OPEN) return this.evaluate(span)?.text;
    const parts: string[] = [];
    for (let at = span.from + 1; at < span.to && parts.length < 60; at++) {
      if (kinds[at] === STRING || kinds[at] === TEMPLATE) parts.push(this.string(at, 0).text);
      else if (kinds[at] === NAME && this.word(at) === "sys") {
        parts.push("python");
        at += 2;
      } else if (kinds[at] === NAME || kinds[at] === NUMBER) parts.push("…");
    }
    return parts.join(" ");
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

/** Where code looks up a variable of the environment. */
export const isEnvironment = (name: string): boolean =>
  /^(?:os\.(?:environ(?:\.get|\.setdefault|\.pop)?|getenv|putenv)|Sys\.getenv|ENV|get)$/.test(name);
