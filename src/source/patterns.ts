import { type CallLanguage, type CallPattern, type Library, libraries } from "../knowledge/library.ts";
import { STRING, TEMPLATE } from "./lex.ts";
import type { Argument, Node } from "./outline.ts";
import type { Qualified, Resolver } from "./resolve.ts";

/** A name pattern and its conditions, made ready for many comparisons. */
export interface Pattern<T> {
  readonly owner: T;
  readonly path: readonly string[];
  readonly conditions: readonly Condition[];
}

interface Condition {
  readonly place: number | undefined;
  readonly names: readonly string[];
  readonly any: boolean;
  readonly wanted: string;
  readonly regex: RegExp | undefined;
}

/** Patterns found by the last name of a call or, where that is open, by the first. */
export class PatternIndex<T> {
  private readonly byLast = new Map<string, Pattern<T>[]>();
  private readonly byRoot = new Map<string, Pattern<T>[]>();
  private readonly anywhere: Pattern<T>[] = [];

  add(owner: T, { name, with: conditions }: CallPattern): void {
    const path = name.split(name.includes("::") ? "::" : ".");
    const pattern = { owner, path, conditions: Object.entries(conditions ?? {}).map(toCondition) };
    const last = path.at(-1) ?? "";
    const root = path[0] ?? "";
    if (!last.includes("*") && !last.includes("[")) append(this.byLast, last, pattern);
    else if (!root.includes("*") && root !== "?") append(this.byRoot, root, pattern);
    else this.anywhere.push(pattern);
  }

  named(last: string): readonly Pattern<T>[] {
    return this.byLast.get(last) ?? NONE;
  }

  below(root: string): readonly Pattern<T>[] {
    return this.byRoot.get(root) ?? NONE;
  }

  /** Patterns that leave both ends open: they are compared with every call. */
  get open(): readonly Pattern<T>[] {
    return this.anywhere;
  }
}

const NONE: readonly never[] = [];

const append = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
};

function toCondition([key, wanted]: readonly [string, string]): Condition {
  const parts = key.split("|");
  const place = parts.find((part) => /^\d+$/.test(part));
  const regex = /^\/(.*)\/(i?)$/s.exec(wanted);
  return {
    place: place === undefined ? undefined : Number(place),
    names: parts.filter((part) => !/^\d+$/.test(part)),
    any: key === "*",
    wanted,
    regex: regex === null ? undefined : new RegExp(regex[1] ?? "", regex[2]),
  };
}

const globs = new Map<string, RegExp>();

function fits(pattern: string, name: string): boolean {
  if (pattern === name || pattern === "*") return true;
  if (!pattern.includes("*") && !pattern.includes("[")) return false;
  let glob = globs.get(pattern);
  if (glob === undefined) {
    glob = new RegExp(`^${pattern.replace(/[.$^(){}+?]/g, "\\$&").replaceAll("*", "\\w*")}$`);
    globs.set(pattern, glob);
  }
  return glob.test(name);
}

/** `**` stands for any number of names. Both are short. */
export function pathFits(pattern: readonly string[], path: readonly string[], at = 0, from = 0): boolean {
  let p = at;
  let i = from;
  for (; p < pattern.length; p++, i++) {
    if (pattern[p] === "**") {
      if (p === pattern.length - 1) return true;
      for (let next = i; next < path.length; next++) if (pathFits(pattern, path, p + 1, next)) return true;
      return false;
    }
    const name = path[i];
    if (name === undefined || !fits(pattern[p] ?? "", name)) return false;
  }
  return i === path.length;
}

/** Modules whose names a file may use without a prefix, as R's own packages always are. */
const R_BASE = ["base", "utils", "stats", "graphics", "grDevices", "methods"];

/** Whether a call of this full name is meant by the pattern; `open` are the modules whose names need no prefix. */
export function nameFits(
  pattern: readonly string[],
  { path, resolved }: Qualified,
  open: readonly (readonly string[])[],
  language: CallLanguage,
): boolean {
  const [root = ""] = pattern;
  if (root === "?") return !resolved && path.length > 1 && pathFits(pattern.slice(1), path, 0, 1);
  if (root === "**") return (resolved ? path[0] !== "" : true) && pathFits(pattern, path);
  if (resolved) return pathFits(pattern, path);
  if (path[0] === "?") return false;
  // A name of which the file does not say where it comes from.
  // Python and Julia know a module only after an import; R's `x::f` needs none.
  if (pathFits(pattern, path)) return language === "R" || pattern.length === 1;
  if (path.length !== 1) return false;
  if (language === "R" && pattern.length === 2 && R_BASE.includes(root))
    return fits(pattern[1] ?? "", path[0] ?? "");
  return open.some((module) => pathFits(pattern, [...module, ...path]));
}

export function conditionsHold(
  { conditions }: { readonly conditions: readonly Condition[] },
  node: Node,
  resolver: Resolver,
): boolean {
  if (conditions.length === 0) return true;
  if (node.kind !== "call") return false;
  return conditions.every((condition) => {
    if (condition.any)
      return node.args.some((argument) => isText(argument, resolver) && holds(condition, argument, resolver));
    const argument = resolver.argument(node, condition.place, condition.names);
    if (condition.wanted === "absent") return argument === undefined;
    return argument !== undefined && holds(condition, argument, resolver);
  });
}

const isText = ({ from }: Argument, resolver: Resolver): boolean => {
  const kind = resolver.outline.tokens.kinds[from];
  return kind === STRING || kind === TEMPLATE;
};

/** A text that leads to a file or folder of this machine. */
export const isPath = (text: string): boolean => /^(?:[./~\\]|[A-Za-z]:[\\/]|\$)|^file:/.test(text);

function holds({ wanted, regex }: Condition, argument: Argument, resolver: Resolver): boolean {
  if (wanted === "given") return true;
  const known = resolver.evaluate(argument);
  if (regex !== undefined) return regex.test((known?.text ?? resolver.source(argument)).slice(0, 2000));
  if (wanted === "True") return /^(?:True|TRUE|true|T)$/.test(resolver.source(argument));
  if (known === undefined || known.text === "") return false;
  if (wanted === "url") return /^(?:https?|ftp):\/\//i.test(known.text);
  if (wanted === "home") return /^~(?:\/|$)/.test(known.text);
  if (wanted === "file") return known.complete && !isPath(known.text) && !/^\w+:\/\//.test(known.text);
  return !isPath(known.text);
}

interface ImportPattern {
  readonly owner: Library;
  readonly path: readonly string[];
}

/** The knowledge about one language. */
export interface Knowledge {
  readonly calls: PatternIndex<Library>;
  /** By the first name; those that leave it open under `*`. */
  readonly imports: ReadonlyMap<string, readonly ImportPattern[]>;
}

const made = new Map<CallLanguage, Knowledge>();

export function knowledgeOf(language: CallLanguage): Knowledge {
  const known = made.get(language);
  if (known !== undefined) return known;
  const calls = new PatternIndex<Library>();
  const imports = new Map<string, ImportPattern[]>();
  for (const library of libraries) {
    for (const pattern of library.calls?.[language] ?? []) calls.add(library, pattern);
    for (const module of library.importing?.[language] ?? []) {
      const path = module.split(".");
      const root = path[0] ?? "";
      append(imports, /[*[]/.test(root) ? "*" : root, { owner: library, path });
    }
  }
  const knowledge = { calls, imports };
  made.set(language, knowledge);
  return knowledge;
}
