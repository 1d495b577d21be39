import { type CallLanguage, type Library, libraries } from "../knowledge/library.ts";
import { actsOf } from "./acts.ts";
import type { Act, LibraryUse } from "./facts.ts";
import { type Node, type Outline, readOutline } from "./outline.ts";
import {
  conditionsHold,
  isPath,
  knowledgeOf,
  nameFits,
  type Pattern,
  type PatternIndex,
  pathFits,
} from "./patterns.ts";
import { isEnvironment, type Qualified, Resolver } from "./resolve.ts";

/** What is found, by offsets into the text that was read. */
export interface Found<T> {
  readonly from: number;
  readonly to: number;
  readonly what: T;
}
export type UseParts = Omit<
  LibraryUse,
  "file" | "line" | "startColumn" | "endColumn" | "excerpt" | "importLine"
> & {
  readonly importOffset?: number;
};
export type ActParts = Pick<Act, "kind" | "name" | "path">;
export interface SettingParts {
  readonly name: string;
  readonly value: string | undefined;
}

export interface Finds {
  readonly uses: Found<UseParts>[];
  readonly acts: Found<ActParts>[];
  readonly settings: Found<SettingParts>[];
  /** Base names of files that the commands of a script run. */
  readonly scripts: Set<string>;
}

/** Calls that hand their text to a shell or start a program. */
const RUNS =
  /^(?:os\.(?:system|popen|exec\w+|spawn\w+)|subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)|asyncio\.create_subprocess_(?:shell|exec)|system2?|shell|processx\.run|run|`)$/;
/** Last names of those calls, and of the calls that set variables: a first look that costs nothing. */
const STARTS = new Set(
  "system popen execv execvp execl execlp spawnv spawnvp spawnl spawnlp run call check_call check_output Popen getoutput getstatusoutput create_subprocess_shell create_subprocess_exec system2 shell `".split(
    " ",
  ),
);
const SETS = new Set("Sys.setenv environ setdefault putenv update ENV".split(" "));
/** What R's larger packages attach. */
const ATTACHES: Readonly<Record<string, readonly string[]>> = {
  tidyverse: ["ggplot2", "dplyr", "tidyr", "readr", "purrr", "tibble", "stringr", "forcats", "lubridate"],
};

/** Reads code of one language. Pure. */
export function findInCode(text: string, language: CallLanguage): Finds {
  const outline = readOutline(text, language);
  const matcher = new Matcher(outline, language);
  return matcher.run();
}

class Matcher {
  private readonly finds: Finds = { uses: [], acts: [], settings: [], scripts: new Set() };
  private readonly resolver: Resolver;
  private readonly modules: string[][] = [];
  private readonly open: (readonly string[])[];
  private readonly outline: Outline;
  private readonly language: CallLanguage;
  private readonly general: readonly Pattern<Library>[];

  constructor(outline: Outline, language: CallLanguage) {
    this.outline = outline;
    this.language = language;
    this.resolver = new Resolver(outline);
    this.open = [...outline.open];
    if (language === "R") this.attach();
    for (const { path, names } of outline.imports) {
      this.modules.push([...path]);
      for (const name of names ?? []) this.modules.push([...path, name]);
    }
    this.general = knowledgeOf(language).calls.open.filter(({ owner }) =>
      this.imports(owner.imports?.[language]),
    );
  }

  run(): Finds {
    this.imported();
    for (const node of this.outline.nodes) {
      if (node.defines === true || node.chain.length === 0) continue;
      const qualified = this.resolver.qualify(node);
      this.settings(node, qualified);
      if (node.kind === "index") continue;
      this.uses(node, qualified);
      if (node.kind !== "call" && node.chain[0] !== "`") continue;
      this.acts(node, qualified);
      this.commands(node, qualified);
    }
    return this.finds;
  }

  /** `library(x)`, `requireNamespace("x")`, `pacman::p_load(a, b)`. */
  private attach(): void {
    for (const node of this.outline.nodes) {
      const name = node.chain.at(-1) ?? "";
      if (!/^(?:library|require|requireNamespace|loadNamespace|attachNamespace|p_load|use)$/.test(name))
        continue;
      for (const argument of name === "p_load" ? node.args : node.args.slice(0, 1)) {
        const named = argument.name !== undefined && argument.name !== "package";
        if (named || argument.to - argument.from !== 1) continue;
        const module = this.resolver.word(argument.from).replace(/["'`]/g, "");
        this.packages.push({ module, node });
        this.modules.push([module]);
        if (name.includes("Namespace")) continue;
        this.open.push([module]);
        for (const other of ATTACHES[module] ?? []) {
          this.open.push([other]);
          this.modules.push([other]);
        }
      }
    }
  }

  private readonly packages: { module: string; node: Node }[] = [];

  private imported(): void {
    const { imports } = knowledgeOf(this.language);
    const { starts, ends } = this.outline.tokens;
    const add = (
      path: readonly string[],
      candidates: readonly string[][],
      from: number,
      to: number,
    ): void => {
      const root = path[0] ?? "";
      for (const pattern of [...(imports.get(root) ?? []), ...(imports.get("*") ?? [])]) {
        const below = [...pattern.path, "**"];
        if (!candidates.some((one) => pathFits(pattern.path, one) || pathFits(below, one))) continue;
        const name = path.join(".");
        this.finds.uses.push({
          from,
          to,
          what: { library: pattern.owner.id, by: "import", name, importOffset: from },
        });
      }
    };
    for (const { path, names, token, end } of this.outline.imports) {
      const from = starts[token] ?? 0;
      add(path, [[...path], ...(names ?? []).map((name) => [...path, name])], from, ends[end - 1] ?? from);
    }
    for (const { module, node } of this.packages) add([module], [[module]], ...this.range(node));
  }

  private range(node: Node): readonly [number, number] {
    const { starts, ends } = this.outline.tokens;
    const from = starts[node.head] ?? 0;
    return [from, Math.max(ends[node.end - 1] ?? from, from)];
  }

  /** Whether the file imports one of the modules, or the name says so itself. */
  private imports(modules: readonly string[] | undefined, called?: Qualified): boolean {
    if (modules === undefined || (called !== undefined && modules.includes(called.path[0] ?? "")))
      return true;
    const known = this.decided.get(modules);
    if (known !== undefined) return known;
    const decision = modules.some((module) => {
      const wanted = [...module.split("."), "**"];
      return this.modules.some((one) => pathFits(wanted, one) || one.join(".") === module);
    });
    this.decided.set(modules, decision);
    return decision;
  }

  private readonly decided = new Map<readonly string[], boolean>();

  /** The patterns that may mean a call, those that its file's imports rule out left aside. */
  private candidates<T>(
    index: PatternIndex<T>,
    general: readonly Pattern<T>[],
    last: string,
    { path, resolved }: Qualified,
  ): readonly Pattern<T>[] {
    const named = index.named(last);
    const root = path[0] ?? "";
    const below =
      resolved || (path.length > 1 && root !== "?")
        ? index.below(root)
        : path.length === 1
          ? this.open.flatMap((module) => index.below(module[0] ?? ""))
          : [];
    if (named.length === 0 && below.length === 0) return general;
    return [...named, ...below, ...general];
  }

  private uses(node: Node, qualified: Qualified): void {
    const last = qualified.path.at(-1) ?? "";
    let seen: string[] | undefined;
    for (const pattern of this.candidates(knowledgeOf(this.language).calls, this.general, last, qualified)) {
      const { owner } = pattern;
      if (node.kind === "name" && pattern.conditions.length > 0) continue;
      if (seen?.includes(owner.id) === true) continue;
      if (!this.imports(owner.imports?.[this.language], qualified)) continue;
      if (!nameFits(pattern.path, qualified, this.open, this.language)) continue;
      if (!conditionsHold(pattern, node, this.resolver)) continue;
      seen = [...(seen ?? []), owner.id];
      const [from, to] = this.range(node);
      this.finds.uses.push({ from, to, what: this.describe(node, qualified, owner, pattern.conditions) });
    }
  }

  private describe(
    node: Node,
    qualified: Qualified,
    { id }: Library,
    conditions: readonly { readonly names: readonly string[] }[],
  ): UseParts {
    const { resolver } = this;
    const first = resolver.argument(
      node,
      0,
      conditions.flatMap(({ names }) => [...names]),
    );
    const wanted = first === undefined ? undefined : (resolver.evaluate(first) ?? resolver.listText(first));
    const cacheArgument = resolver.argument(node, undefined, [
      "cache_dir",
      "cache_folder",
      "download_root",
      "cachedir",
    ]);
    const cache = cacheArgument === undefined ? undefined : resolver.evaluate(cacheArgument)?.text;
    const local =
      this.saysLocal(node) ?? (wanted !== undefined && isLocal(wanted.text) ? wanted.text : undefined);
    const at = qualified.importedAt;
    return {
      library: id,
      by: "call",
      name: qualified.path.filter((part) => part !== "?").join("."),
      ...(wanted === undefined || wanted.text === "" || wanted.text.length > 300 || !wanted.complete
        ? {}
        : { wanted: wanted.text }),
      ...(local === undefined ? {} : { local }),
      ...(cache === undefined ? {} : { cache }),
      ...(at < 0 ? {} : { importOffset: this.outline.tokens.starts[at] ?? 0 }),
    };
  }

  /** An argument that keeps the call from the network. */
  private saysLocal(node: Node): string | undefined {
    for (const { name, from, to } of node.args) {
      const wanted = name === undefined ? undefined : KEEPS_LOCAL[name];
      if (wanted === undefined) continue;
      const value = this.resolver.source({ from, to }).replace(/["']/g, "");
      if (wanted.test(value)) return `${name}=${value}`;
    }
    return undefined;
  }

  private acts(node: Node, qualified: Qualified): void {
    const last = qualified.path.at(-1) ?? "";
    const index = actsOf(this.language);
    for (const pattern of this.candidates(index, index.open, last, qualified)) {
      const { kind, path, imports } = pattern.owner;
      if (!nameFits(pattern.path, qualified, this.open, this.language)) continue;
      if (!this.imports(imports, qualified) || !conditionsHold(pattern, node, this.resolver)) continue;
      const [from, to] = this.range(node);
      const name = qualified.path.filter((part) => part !== "?").join(this.language === "R" ? "::" : ".");
      if (path === undefined) {
        this.finds.acts.push({ from, to, what: { kind, name } });
        return;
      }
      const target = this.target(node, path);
      if (target === undefined) continue;
      const home = /^~(?:\/|$)/.test(target);
      this.finds.acts.push({ from, to, what: { kind: home ? "home-write" : "write", name, path: target } });
      return;
    }
  }

  /** The path that is written to, where the text says. */
  private target(node: Node, place: string): string | undefined {
    const { resolver } = this;
    if (place === "receiver") return usable(resolver.receiverText(node)?.text);
    const parts = place.split("|");
    const number = parts.find((part) => /^\d+$/.test(part));
    const argument = resolver.argument(
      node,
      number === undefined ? undefined : Number(number),
      parts.filter((part) => !/^\d+$/.test(part)),
    );
    return argument === undefined ? undefined : usable(resolver.evaluate(argument)?.text);
  }

  private commands(node: Node, qualified: Qualified): void {
    if (!STARTS.has(qualified.path.at(-1) ?? "")) return;
    const name = node.chain[0] === "`" ? "`" : qualified.path.join(".");
    if (!RUNS.test(name)) return;
    const [first] = node.args;
    const span = name === "`" ? { from: node.token, to: node.end } : first;
    let text = span === undefined ? undefined : this.resolver.commandText(span);
    if (name === "system2" && node.args[1] !== undefined)
      text = `${text ?? ""} ${this.resolver.commandText(node.args[1]) ?? this.resolver.source(node.args[1])}`;
    if (text === undefined) return;
    const [from, to] = this.range(node);
    for (const what of commandUses(text)) this.finds.uses.push({ from, to, what });
  }

  /** Variables of the environment that the code sets, and those that count as a use when they are named at all. */
  private settings(node: Node, { path }: Qualified): void {
    if (!SETS.has(path.at(-1) ?? "")) return;
    const name = path.join(".");
    const { resolver } = this;
    const [from, to] = this.range(node);
    const add = (variable: string, value: string | undefined): void => {
      this.finds.settings.push({ from, to, what: { name: variable, value } });
      for (const what of variableUses(variable, value)) this.finds.uses.push({ from, to, what });
    };
    if (name === "Sys.setenv") {
      for (const argument of node.args)
        if (argument.name !== undefined) add(argument.name, resolver.evaluate(argument)?.text);
      return;
    }
    if (!isEnvironment(name) && name !== "os.environ.update") return;
    const [first, second] = node.args;
    if (name === "os.environ.update") {
      for (const argument of node.args)
        if (argument.name !== undefined) add(argument.name, resolver.evaluate(argument)?.text);
      if (first !== undefined && first.name === undefined)
        for (const match of resolver
          .source(first)
          .slice(0, 4000)
          .matchAll(/["'](\w+)["']\s*:\s*(?:["']([^"']*)["'])?/g))
          add(match[1] ?? "", match[2]);
      return;
    }
    const variable = first === undefined ? undefined : resolver.evaluate(first);
    if (variable?.complete !== true || !/^\w+$/.test(variable.text)) return;
    if (node.assigned !== undefined) add(variable.text, resolver.evaluate(node.assigned)?.text);
    else if (/setdefault|putenv/.test(name) && second !== undefined)
      add(variable.text, resolver.evaluate(second)?.text);
  }
}

const NO = /^(?:False|FALSE|false|F)$/;
const YES = /^(?:True|TRUE|true|T)$/;
/** Arguments by which libraries are told to stay offline, with the values that do. */
const KEEPS_LOCAL: Readonly<Record<string, RegExp>> = {
  local_files_only: YES,
  localHub: YES,
  mode: /^(?:offline|disabled)$/,
  source: /^local$/,
  download: NO,
  download_enabled: NO,
  download_if_missing: NO,
  download_method: /^None$/,
  online: NO,
  share: NO,
  pretrained: NO,
  suffix_list_urls: /^(?:\(\)|\[\]|None)$/,
};

const usable = (path: string | undefined): string | undefined =>
  path === undefined || path === "" || path.length > 500 || /^(?:\w+:\/\/|:)/.test(path) ? undefined : path;

/** Loaded from this machine, or asked of it. */
const isLocal = (text: string): boolean =>
  isPath(text) || /^\w+:\/\/(?:localhost|127\.\d|0\.0\.0\.0|\[::1?\]|nsh-fs02)/i.test(text);

const commandPatterns: { readonly id: string; readonly regex: RegExp }[] = [];
const variablePatterns = new Map<string, { readonly id: string; readonly value: RegExp | undefined }[]>();

function prepare(): void {
  for (const { id, commands, variables } of libraries) {
    for (const source of commands ?? []) commandPatterns.push({ id, regex: new RegExp(source) });
    for (const variable of variables ?? []) {
      const [name = "", value] = variable.split(/=(.*)/s);
      const list = variablePatterns.get(name) ?? [];
      list.push({ id, value: value === undefined ? undefined : new RegExp(value) });
      variablePatterns.set(name, list);
    }
  }
}

/** Libraries that a variable of the environment belongs to. */
export function variableUses(name: string, value: string | undefined): UseParts[] {
  if (commandPatterns.length === 0) prepare();
  return (variablePatterns.get(name) ?? [])
    .filter((one) => one.value === undefined || one.value.test(value ?? ""))
    .map(({ id }) => ({ library: id, by: "variable" as const, name }));
}

/** Libraries that a command line uses: each command of `a && b` by itself. */
export function commandUses(text: string): UseParts[] {
  if (commandPatterns.length === 0) prepare();
  const found: UseParts[] = [];
  for (const part of text.slice(0, 4000).split(/&&|\|\||[;|\n]/)) {
    const words = part
      .trim()
      .replace(/^(?:(?:sudo|exec|nohup|time|env|command)\s+(?:-\S+\s+)*|\w+=\S*\s+)+/, "");
    const command = words.replace(/\s+/g, " ").replace(/^\/?(?:[\w.-]+\/)+(?=\w)/, "");
    if (command === "") continue;
    for (const { id, regex } of commandPatterns)
      if (regex.test(command) && !found.some(({ library }) => library === id))
        found.push({
          library: id,
          by: "command",
          name: command.slice(0, 200),
          ...(/\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0|nsh-fs02)\b/.test(command)
            ? { local: "this machine" }
            : {}),
        });
  }
  return found;
}
