import { parse } from "unbash";
import { commandUses, type Finds, findInCode, variableUses } from "./match.ts";

/** The parts of unbash's tree that are read here; every other node is walked through. */
interface Node {
  readonly type?: string;
  readonly pos?: number;
  readonly end?: number;
  readonly value?: unknown;
  readonly text?: string;
  readonly operator?: string;
  readonly target?: Node;
  readonly name?: unknown;
  readonly prefix?: readonly Node[];
  readonly suffix?: readonly Node[];
  readonly redirects?: readonly Node[];
  readonly commands?: readonly Node[];
}

/** Reads a shell script: what its commands use, write, ask and set. */
export function findInShell(text: string): Finds {
  const finds: Finds = { uses: [], acts: [], settings: [], scripts: new Set() };
  // An explicit stack: what a script nests must not become our own recursion.
  const stack: { node: unknown; fed: boolean }[] = [{ node: treeOf(text), fed: false }];
  while (stack.length > 0) {
    const top = stack.pop();
    if (top === undefined) break;
    const { node } = top;
    if (Array.isArray(node)) {
      for (let index = node.length - 1; index >= 0; index--) stack.push({ node: node[index], fed: top.fed });
      continue;
    }
    if (typeof node !== "object" || node === null) continue;
    const one = node as Node;
    const fed =
      top.fed || (one.type === "Pipeline" && (one.commands?.length ?? 0) > 1) || readsFile(one.redirects);
    if (one.type === "Command") command(one, fed, finds);
    else for (const redirect of one.redirects ?? []) writes(redirect, finds);
    for (const part of children(node))
      if (typeof part === "object" && part !== null) stack.push({ node: part, fed });
  }
  return finds;
}

function treeOf(text: string): unknown {
  try {
    if (!nestsTooDeep(text)) return parse(text);
  } catch {
    // Deeper than the parser goes: line by line is better than nothing.
  }
  let offset = 0;
  return text.split("\n").map((line) => {
    const [name = "", ...rest] = line.trim().split(/\s+/);
    const pos = offset;
    offset += line.length + 1;
    const end = offset - 1;
    return {
      type: "Command",
      pos,
      end,
      name: { value: name },
      prefix: [],
      suffix: rest.map((value) => ({ type: "Word", value, pos, end })),
      redirects: [],
    };
  });
}

/** Brackets in brackets that no person writes: the parser's time grows with the square of their depth. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 40 && ++depth > 200) return true;
    if (code === 41 && depth > 0) depth--;
  }
  return false;
}

/** A node's parts, last first. unbash works some of them out only when they are asked for, by accessors. */
function children(node: object): unknown[] {
  const own = Object.values(node).reverse();
  for (const name of ["parts", "script", "value", "operation", "expression"])
    if (!Object.hasOwn(node, name) && name in node) own.unshift(Reflect.get(node, name));
  return own;
}

const readsFile = (redirects: readonly Node[] | undefined): boolean =>
  redirects?.some(({ operator }) => operator?.startsWith("<") === true) ?? false;

const wordText = (word: Node | undefined): string =>
  typeof word?.value === "string" ? word.value : (word?.text ?? "");

function command(node: Node, fed: boolean, finds: Finds): void {
  const { pos: from = 0, end: to = 0 } = node;
  const name = typeof node.name === "object" && node.name !== null ? wordText(node.name as Node) : "";
  const words = (node.suffix ?? []).filter(({ type }) => type !== "Redirect").map(textOf);
  const redirects = node.redirects ?? (node.suffix ?? []).filter(({ type }) => type === "Redirect");
  for (const redirect of redirects) writes(redirect, finds);
  const set = (variable: string, value: string | undefined): void => {
    finds.settings.push({ from, to, what: { name: variable, value } });
    for (const what of variableUses(variable, value)) finds.uses.push({ from, to, what });
  };
  for (const { type, name: variable, value } of node.prefix ?? [])
    if (type === "Assignment" && typeof variable === "string" && name !== "")
      set(variable, wordText(value as Node));
  if (name === "") return;
  if (/^(?:export|declare|typeset)$/.test(name)) {
    for (const word of words) {
      const equals = word.indexOf("=");
      if (/^\w+$/.test(word.slice(0, Math.max(equals, 0))))
        set(word.slice(0, equals), word.slice(equals + 1).replace(/^(["'])(.*)\1$/s, "$2"));
    }
    return;
  }
  for (const word of [name, ...words]) {
    const file = word.slice(word.lastIndexOf("/") + 1);
    if (/^[\w.-]{1,200}\.\w{1,6}$/.test(file) || (word === name && word.includes("/")))
      finds.scripts.add(file);
  }
  // What is only printed is not run.
  const prints = /^(?:echo|printf|:|true)$/.test(name);
  for (const what of prints
    ? []
    : commandUses([name, ...words].map((word) => word.replace(/\s*[;&|\n]\s*/g, " ")).join(" ")))
    finds.uses.push({ from, to, what });
  inner(name, words, from, to, finds);
  const base = name.slice(name.lastIndexOf("/") + 1);
  if ((base === "read" && !fed && !readsFile(redirects)) || base === "select" || base === "passwd")
    finds.acts.push({ from, to, what: { kind: "prompt", name: base } });
  const serves =
    base === "xdg-open" ||
    base === "sensible-browser" ||
    /^(?:jupyter(?:-| )(?:lab|notebook|server)|streamlit run|voila|panel serve|bokeh serve|tensorboard|mlflow (?:ui|server)|code-server|shiny|uvicorn|gunicorn|flask run)\b/.test(
      [base, ...words].join(" "),
    ) ||
    (/^python[\d.]*$/.test(base) &&
      words[0] === "-m" &&
      /^(?:http\.server|streamlit|notebook|jupyterlab)$/.test(words[1] ?? ""));
  if (serves)
    finds.acts.push({ from, to, what: { kind: "interface", name: [base, words[0] ?? ""].join(" ").trim() } });
  const targets = /^(?:mkdir|touch|tee)$/.test(base)
    ? words.filter((word) => !word.startsWith("-"))
    : /^(?:cp|mv|rsync|install)$/.test(base)
      ? words
          .filter((word) => !word.startsWith("-"))
          .slice(1)
          .slice(-1)
      : [];
  for (const path of targets) wrote(path, base, from, to, finds);
}

/** A word without its quotes. Variables stay as they are written. */
function textOf(word: Node): string {
  if (word.type === "Assignment" && typeof word.name === "string")
    return `${word.name}=${wordText(word.value as Node)}`;
  return wordText(word);
}

/** `python -c "…"`, `Rscript -e '…'`, `julia -e '…'`: code of another language. */
function inner(name: string, words: readonly string[], from: number, to: number, finds: Finds): void {
  const base = name.slice(name.lastIndexOf("/") + 1);
  const language = /^python[\d.]*$/.test(base)
    ? "python"
    : /^R(?:script)?$/.test(base)
      ? "R"
      : base === "julia"
        ? "julia"
        : undefined;
  if (language === undefined) return;
  const at = words.findIndex((word) => word === "-c" || word === "-e" || word === "--eval");
  const code = at < 0 ? undefined : words[at + 1];
  if (code === undefined) return;
  const found = findInCode(code, language);
  for (const { what } of found.uses) finds.uses.push({ from, to, what: withoutOffset(what) });
  for (const { what } of found.acts) finds.acts.push({ from, to, what });
}

function withoutOffset<T extends { readonly importOffset?: number }>(what: T): Omit<T, "importOffset"> {
  const { importOffset: _, ...rest } = what;
  return rest;
}

function writes({ type, operator, target, pos = 0, end = 0 }: Node, finds: Finds): void {
  if (type !== undefined && type !== "Redirect") return;
  if (operator === undefined || !operator.includes(">") || operator === ">&" || target === undefined) return;
  wrote(wordText(target), operator, target.pos ?? pos, target.end ?? end, finds);
}

function wrote(path: string, name: string, from: number, to: number, finds: Finds): void {
  const home = /^(?:~|\$HOME|\$\{HOME\})(?:\/|$)/.test(path);
  const text = home ? path.replace(/^(?:\$HOME|\$\{HOME\})/, "~") : path;
  if (text === "" || text.length > 500 || /^[$&]|:/.test(text)) return;
  finds.acts.push({
    from,
    to,
    what: { kind: home ? "home-write" : "write", name, path: text.replace(/\$.*$/s, "") },
  });
}
