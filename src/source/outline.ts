import {
  CLOSE,
  COMMAND,
  type Language,
  NAME,
  NEWLINE,
  OPEN,
  OPERATOR,
  STRING,
  type Tokens,
  tokenise,
} from "./lex.ts";

/** A stretch of tokens, the end not included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Argument extends Span {
  /** `n_jobs` in `f(n_jobs=2)`; its span is that of the value. */
  readonly name: string | undefined;
}

/** A call, a subscript or a dotted name: `a.b(c)`, `a["b"]`, `a.b`. */
export interface Node {
  readonly kind: "call" | "index" | "name";
  /** Names as written: `["nltk", "download"]`. Empty when the result of another node is called at once. */
  readonly chain: readonly string[];
  /** The node whose result this one is applied to; -1 for none, -2 for something that is no node. */
  readonly receiver: number;
  /** First token of the whole expression, receivers included. */
  readonly head: number;
  /** First token of the chain. */
  readonly token: number;
  /** Token after the last one. */
  end: number;
  readonly args: Argument[];
  /** Takes its first argument from a pipe: `x |> f(y)`. */
  readonly piped: boolean;
  /** What is assigned to it: `os.environ["A"] = "b"`. */
  assigned?: Span;
  /** A definition that looks like a call: `f(x) = x + 1` in Julia. */
  defines?: true;
}

/** What a name stands for from a token on. */
export interface Binding {
  readonly at: number;
  /** The module or member that is imported; undefined for a definition in this file. */
  readonly imported: readonly string[] | undefined;
  /** The assigned value, for assignments. */
  readonly value: Span | undefined;
}

export interface Import {
  /** `["nltk", "corpus"]`. Relative imports begin with an empty name. */
  readonly path: readonly string[];
  /** Names taken out of it; undefined when the module itself is meant. */
  readonly names: readonly string[] | undefined;
  readonly token: number;
  readonly end: number;
}

/** The calls, names and imports of one text. Nothing in it recurses, whatever the text nests. */
export interface Outline {
  readonly tokens: Tokens;
  readonly nodes: readonly Node[];
  readonly imports: readonly Import[];
  readonly bindings: ReadonlyMap<string, readonly Binding[]>;
  /** Modules whose names are all known without a prefix. */
  readonly open: readonly (readonly string[])[];
  /** Nodes by the first token of their expression, outermost last. */
  readonly byHead: ReadonlyMap<number, readonly number[]>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const KEYWORDS: Readonly<Record<Language, ReadonlySet<string>>> = {
  python: words(
    "if elif else while for in not and or return yield assert del lambda with except raise await async is import from as global nonlocal pass break continue try finally class def True False None",
  ),
  R: words("if else for while repeat function in next break TRUE FALSE NULL NA Inf NaN"),
  julia: words(
    "if elseif else while for function macro struct mutable return let begin do end using import export module baremodule quote try catch finally const global local in isa where abstract primitive true false nothing",
  ),
};
const DEFINES = words("def class function macro struct module baremodule");
/** A line that begins like this cannot go on an expression: brackets that are still open were never closed. */
const RESTARTS = words("import from def class return try while with raise del global nonlocal @");
const BLOCKS = words("if elif else while for try except finally with def class async");

interface Frame {
  readonly node: number;
  readonly block: boolean;
  start: number;
}

/** Reads a text once from left to right. */
export function readOutline(text: string, language: Language): Outline {
  return new Reader(tokenise(text, language)).read();
}

class Reader {
  private readonly nodes: Node[] = [];
  private readonly imports: Import[] = [];
  private readonly bindings = new Map<string, Binding[]>();
  private readonly open: (readonly string[])[] = [];
  private readonly byHead = new Map<number, number[]>();
  private readonly stack: Frame[] = [];
  private readonly tokens: Tokens;
  private readonly language: Language;
  private readonly keywords: ReadonlySet<string>;
  /** Values whose end is not yet known: they reach to the end of the statement. */
  private waiting: { to: number }[] = [];
  private atStart = true;
  /** Where the statement begins, and with which word. */
  private first = "";
  private closedAt = -1;
  private closedNode = -1;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
    this.language = tokens.language;
    this.keywords = KEYWORDS[tokens.language];
  }

  read(): Outline {
    const { kinds } = this.tokens;
    for (let at = 0; at < kinds.length; at++) at = this.step(at);
    while (this.stack.length > 0) this.pop(kinds.length - 1);
    this.endStatement(kinds.length - 1);
    const { tokens, nodes, imports, bindings, open, byHead } = this;
    return { tokens, nodes, imports, bindings, open, byHead };
  }

  /** Handles the token and returns the last one that was used up. */
  private step(at: number): number {
    const kind = this.tokens.kinds[at];
    if (kind === NAME) return this.name(at);
    if (kind === NEWLINE) this.newline(at);
    else if (kind === OPEN) this.push(-1, at, this.isChar(at, 123));
    else if (kind === CLOSE) this.close(at);
    else if (kind === OPERATOR) this.operator(at);
    else {
      if (kind === COMMAND) this.addNode("name", ["`"], -1, at, at, at + 1, false);
      this.atStart = false;
    }
    return at;
  }

  private newline(at: number): void {
    const top = this.stack.at(-1);
    if (top !== undefined && !top.block) {
      // In Python a new statement shows that a bracket was never closed.
      if (this.language !== "python" || !this.restarts(at + 1)) return;
      while (this.stack.length > 0) this.pop(at);
    }
    this.endStatement(at);
  }

  private restarts(at: number): boolean {
    const { kinds, starts } = this.tokens;
    if (kinds[at] !== NAME || !RESTARTS.has(this.word(at))) return false;
    const code = this.tokens.text.charCodeAt((starts[at] ?? 0) - 1);
    // `from` may begin a line inside brackets only after a blank; at the margin it cannot.
    return this.word(at) !== "from" || code === 10;
  }

  private endStatement(at: number): void {
    for (const value of this.waiting) value.to = at;
    if (this.waiting.length > 0) this.waiting = [];
    this.atStart = true;
    this.first = "";
  }

  private operator(at: number): void {
    const { starts, ends, text } = this.tokens;
    const from = starts[at] ?? 0;
    const code = text.charCodeAt(from);
    const length = (ends[at] ?? 0) - from;
    const top = this.stack.at(-1);
    if (length === 1 && (code === 44 || (code === 59 && this.language === "julia")) && top !== undefined) {
      if (top.node >= 0) this.endArgument(top, at);
      return;
    }
    if (length === 1 && code === 59 && (top === undefined || top.block)) {
      this.endStatement(at);
      return;
    }
    const opensBlock =
      length === 1 &&
      code === 58 &&
      top === undefined &&
      this.language === "python" &&
      BLOCKS.has(this.first);
    this.atStart = opensBlock;
    if (opensBlock) this.first = "";
  }

  private close(at: number): void {
    const frame = this.stack.at(-1);
    this.atStart = false;
    if (frame === undefined) return;
    this.pop(at);
    if (frame.node < 0) {
      this.closedAt = at;
      this.closedNode = -2;
      return;
    }
    const node = this.nodes[frame.node];
    if (node === undefined) return;
    node.end = at + 1;
    this.closedAt = at;
    this.closedNode = frame.node;
    const next = this.tokens.kinds[at + 1];
    if (next === OPERATOR && this.isAssignment(at + 1) && this.stack.length === 0) {
      if (node.kind === "index") node.assigned = this.value(at + 2);
      else if (this.language === "julia" && node.head === node.token) {
        node.defines = true;
        this.bind(node.chain.join("."), at, undefined, undefined);
      }
    }
  }

  private push(node: number, at: number, block: boolean): void {
    const adjacent = this.closedAt === at - 1 && this.tokens.ends[at - 1] === this.tokens.starts[at];
    let own = node;
    if (own < 0 && adjacent && this.closedNode >= 0 && !this.isChar(at, 123)) {
      const before = this.nodes[this.closedNode];
      const kind = this.isChar(at, 91) ? "index" : "call";
      own = this.addNode(kind, [], this.closedNode, before?.head ?? at, at, at + 1, false);
    }
    this.stack.push({ node: own, block: block && this.language === "R", start: at + 1 });
    this.atStart = block && this.language === "R";
    if (this.atStart) this.first = "";
  }

  private pop(at: number): void {
    const frame = this.stack.pop();
    if (frame === undefined || frame.node < 0) return;
    this.endArgument(frame, at);
    const node = this.nodes[frame.node];
    if (node !== undefined) node.end = at;
  }

  private endArgument(frame: Frame, at: number): void {
    const { kinds } = this.tokens;
    let from = frame.start;
    frame.start = at + 1;
    while (from < at && kinds[from] === NEWLINE) from++;
    let to = at;
    while (to > from && kinds[to - 1] === NEWLINE) to--;
    const node = this.nodes[frame.node];
    if (node === undefined || to <= from) return;
    const named =
      to - from > 2 && (kinds[from] === NAME || kinds[from] === STRING) && this.isOperator(from + 1, "=");
    node.args.push(
      named
        ? { name: this.word(from).replace(/["'`]/g, ""), from: from + 2, to }
        : { name: undefined, from, to },
    );
  }

  private name(at: number): number {
    const word = this.word(at);
    const start = this.atStart;
    const { kinds } = this.tokens;
    if (start && this.first === "") this.first = word;
    this.atStart = false;
    const afterDot = at > 0 && kinds[at - 1] === OPERATOR && this.isAccess(at - 1);
    if (this.keywords.has(word) && !afterDot) {
      if (start && (word === "import" || word === "from") && this.language === "python")
        return this.pythonImport(at, word);
      if ((word === "using" || word === "import") && this.language === "julia") return this.juliaImport(at);
      if (DEFINES.has(word) && kinds[at + 1] === NAME) return this.definition(at);
      // `else x = 1`, `async def`, `const A = 1`
      if (/^(?:else|try|finally|async|const|global|local|begin|let|do)$/.test(word)) this.atStart = start;
      return at;
    }
    let end = at;
    const chain = [this.clean(word)];
    for (;;) {
      const access = this.skipBreaks(end + 1);
      if (kinds[access] !== OPERATOR || !this.isAccess(access)) break;
      const next = this.skipBreaks(access + 1);
      if (kinds[next] !== NAME) break;
      chain.push(this.clean(this.word(next)));
      end = next;
    }
    if (start) this.assignment(chain, end);
    let head = at;
    let receiver = -1;
    if (afterDot) {
      const before = this.skipBreaksBack(at - 2);
      receiver = before === this.closedAt ? this.closedNode : -2;
      head = receiver >= 0 ? (this.nodes[receiver]?.head ?? at) : at;
    }
    let open = end + 1;
    // `f.(x)` calls f for each x in Julia.
    if (this.language === "julia" && this.isOperator(open, ".") && kinds[open + 1] === OPEN) open++;
    if (kinds[open] === OPEN && !this.isChar(open, 123) && this.touches(open)) {
      const kind = this.isChar(open, 91) ? "index" : "call";
      const node = this.addNode(kind, chain, receiver, head, at, open + 1, this.isPiped(head));
      this.push(node, open, false);
      return open;
    }
    if (chain.length > 1 || receiver !== -1) this.addNode("name", chain, receiver, head, at, end + 1, false);
    return end;
  }

  private addNode(
    kind: Node["kind"],
    chain: readonly string[],
    receiver: number,
    head: number,
    token: number,
    end: number,
    piped: boolean,
  ): number {
    const index = this.nodes.length;
    this.nodes.push({ kind, chain, receiver, head, token, end, args: [], piped });
    const list = this.byHead.get(head);
    if (list === undefined) this.byHead.set(head, [index]);
    else list.push(index);
    return index;
  }

  /** `def f(`, `class A`: what follows is a new name, not a use. */
  private definition(at: number): number {
    const margin = this.tokens.text.charCodeAt((this.tokens.starts[at] ?? 0) - 1);
    if (this.language !== "python" || at === 0 || margin === 10)
      this.bind(this.word(at + 1), at, undefined, undefined);
    return at + 1;
  }

  private assignment(chain: readonly string[], end: number): void {
    let at = end + 1;
    if (this.language === "python" && this.isOperator(at, ":") && !BLOCKS.has(this.first)) {
      const { kinds } = this.tokens;
      let depth = 0;
      for (let steps = 0; steps < 60 && kinds[at] !== NEWLINE && kinds[at] !== undefined; steps++, at++) {
        if (kinds[at] === OPEN) depth++;
        else if (kinds[at] === CLOSE) depth--;
        else if (depth === 0 && this.isOperator(at, "=")) break;
      }
    }
    if (this.tokens.kinds[at] !== OPERATOR || !this.isAssignment(at)) return;
    this.bind(chain.join("."), end, undefined, this.value(at + 1));
  }

  private value(from: number): Span {
    const span = { from, to: from };
    this.waiting.push(span);
    return span;
  }

  private bind(
    name: string,
    at: number,
    imported: readonly string[] | undefined,
    value: Span | undefined,
  ): void {
    const list = this.bindings.get(name);
    const binding = { at, imported, value };
    if (list === undefined) this.bindings.set(name, [binding]);
    else list.push(binding);
  }

  /** `import a.b as c, d` and `from a.b import (c as d, e)`; returns the last token of the statement. */
  private pythonImport(at: number, word: string): number {
    const { kinds } = this.tokens;
    let next = at + 1;
    const path = (): string[] => {
      const parts: string[] = [];
      while (kinds[next] === OPERATOR && /^\.+$/.test(this.word(next))) {
        if (parts.length === 0) parts.push("");
        next++;
      }
      while (kinds[next] === NAME) {
        if (this.word(next) === "import" && parts.length > 0) break;
        parts.push(this.word(next++));
        if (!this.isOperator(next, ".")) break;
        next++;
      }
      return parts;
    };
    const alias = (): string | undefined => {
      if (kinds[next] !== NAME || this.word(next) !== "as" || kinds[next + 1] !== NAME) return undefined;
      next += 2;
      return this.word(next - 1);
    };
    if (word === "import") {
      for (;;) {
        const from = next;
        const module = path();
        if (module.length === 0) break;
        const known = alias();
        this.imports.push({ path: module, names: undefined, token: at, end: next });
        if (known === undefined) this.bind(module[0] ?? "", from, [module[0] ?? ""], undefined);
        else this.bind(known, from, module, undefined);
        if (!this.isOperator(next, ",")) break;
        next++;
      }
      return next - 1;
    }
    const module = path();
    if (kinds[next] !== NAME || this.word(next) !== "import") return next - 1;
    next++;
    const names: string[] = [];
    const bracket = kinds[next] === OPEN;
    if (bracket) next++;
    for (let limit = 0; limit < 5000; limit++) {
      if (bracket) next = this.skipNewlines(next);
      if (this.isOperator(next, "*")) {
        this.open.push(module);
        next++;
        break;
      }
      if (kinds[next] !== NAME) break;
      const name = this.word(next++);
      names.push(name);
      this.bind(alias() ?? name, next, [...module, name], undefined);
      if (bracket) next = this.skipNewlines(next);
      if (!this.isOperator(next, ",")) break;
      next++;
    }
    if (bracket && kinds[next] === CLOSE) next++;
    this.imports.push({ path: module, names, token: at, end: next });
    return next - 1;
  }

  /** `using A, B.C`, `using A: f, g`, `import A as B`. */
  private juliaImport(at: number): number {
    const { kinds } = this.tokens;
    const using = this.word(at) === "using";
    let next = at + 1;
    for (let limit = 0; limit < 5000; limit++) {
      next = this.isOperator(next - 1, ",") ? this.skipNewlines(next) : next;
      const parts: string[] = [];
      while (this.isOperator(next, ".")) {
        if (parts.length === 0) parts.push("");
        next++;
      }
      while (kinds[next] === NAME) {
        parts.push(this.word(next++));
        if (!this.isOperator(next, ".")) break;
        next++;
      }
      if (parts.length === 0) break;
      const root = parts.at(-1) ?? "";
      if (this.isOperator(next, ":")) {
        const names: string[] = [];
        do {
          next = this.skipNewlines(next + 1);
          if (kinds[next] !== NAME) break;
          const name = this.word(next++);
          names.push(name);
          let known = name;
          if (kinds[next] === NAME && this.word(next) === "as" && kinds[next + 1] === NAME) {
            known = this.word(next + 1);
            next += 2;
          }
          this.bind(known, next, [...parts, name], undefined);
        } while (this.isOperator(next, ","));
        this.imports.push({ path: parts, names, token: at, end: next });
        break;
      }
      if (kinds[next] === NAME && this.word(next) === "as" && kinds[next + 1] === NAME) {
        this.bind(this.word(next + 1), next, parts, undefined);
        next += 2;
      } else this.bind(root, next, parts, undefined);
      if (using) this.open.push(parts);
      this.imports.push({ path: parts, names: undefined, token: at, end: next });
      if (!this.isOperator(next, ",")) break;
      next++;
    }
    return Math.max(at, next - 1);
  }

  private word(at: number): string {
    return this.tokens.text.slice(this.tokens.starts[at], this.tokens.ends[at]);
  }

  private clean(word: string): string {
    return word.charCodeAt(0) === 96 ? word.slice(1, -1) : word;
  }

  private isChar(at: number, code: number): boolean {
    return this.tokens.text.charCodeAt(this.tokens.starts[at] ?? 0) === code;
  }

  private isOperator(at: number, operator: string): boolean {
    const { kinds, starts, ends, text } = this.tokens;
    if (kinds[at] !== OPERATOR) return false;
    const from = starts[at] ?? 0;
    return (ends[at] ?? 0) - from === operator.length && text.startsWith(operator, from);
  }

  /** An operator token that assigns to what stands before it. */
  private isAssignment(at: number): boolean {
    return (
      this.isOperator(at, "=") ||
      (this.language === "R" && (this.isOperator(at, "<-") || this.isOperator(at, "<<-")))
    );
  }

  /** An operator token that leads from a thing to its part. */
  private isAccess(at: number): boolean {
    const code = this.tokens.text.charCodeAt(this.tokens.starts[at] ?? 0);
    if (this.language !== "R")
      return code === 46 && (this.tokens.ends[at] ?? 0) - (this.tokens.starts[at] ?? 0) === 1;
    return code === 36 || code === 64 || (code === 58 && !this.isOperator(at, ":"));
  }

  /** The bracket belongs to the name: on the same line, and in Julia without a blank. */
  private touches(open: number): boolean {
    const { kinds, starts, ends } = this.tokens;
    if (kinds[open - 1] === NEWLINE) return false;
    return this.language !== "julia" || starts[open] === ends[open - 1];
  }

  private isPiped(head: number): boolean {
    if (this.language !== "R") return false;
    const before = this.skipBreaksBack(head - 1);
    return this.isOperator(before, "|>") || this.isOperator(before, "%>%");
  }

  private get inBrackets(): boolean {
    const top = this.stack.at(-1);
    return top !== undefined && !top.block;
  }

  private skipBreaks(at: number): number {
    return this.inBrackets ? this.skipNewlines(at) : at;
  }

  private skipNewlines(at: number): number {
    const { kinds } = this.tokens;
    let next = at;
    while (kinds[next] === NEWLINE && next < kinds.length - 1) next++;
    return next;
  }

  private skipBreaksBack(at: number): number {
    const { kinds } = this.tokens;
    let next = at;
    while (next > 0 && kinds[next] === NEWLINE) next--;
    return next;
  }
}
