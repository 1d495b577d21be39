import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NOT_RUN, PAGES, type Page, RUN_WHOLE } from "./pages.ts";
import { documents, fences, HELP, isShown, root, type ShownCommand, shownCommands, wordsOf } from "./read.ts";

/** Where pages are run. */
export interface World {
  /** The program that `pratique` stands for. */
  readonly main: string;
  /** Folders of programs, before those of the machine. */
  readonly programs?: readonly string[];
  /** Beside the machine's own: what scripts of pages know. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Every command that users are shown, in order. */
export const shown: readonly ShownCommand[] = [...documents(), HELP].flatMap(shownCommands);

const listed = ({ text }: ShownCommand): boolean => NOT_RUN.some(([command]) => command.test(text));
const pages = new Set([
  ...Object.keys(PAGES),
  ...Object.values(PAGES).flatMap(({ andThen = [] }) => andThen),
  ...Object.keys(RUN_WHOLE),
]);
/** Examples in the help are typed as they stand, but have no order. */
const isTyped = (one: ShownCommand): boolean => one.block && one.document !== HELP;
const typed = shown.filter((one) => one.block && pages.has(one.document) && !listed(one));

/** Whether a command that is typed has all of its words, but those left open. */
function isTypedElsewhere({ document, text }: ShownCommand): boolean {
  const words = wordsOf(text).filter((word) => !/[<…]/.test(word));
  return typed.some(
    (other) =>
      !(document === HELP && other.document === HELP) &&
      other.text
        .split(/ (?:&&|\|) /)
        .map(wordsOf)
        .some((others) =>
          words.every((word, index) => (index < 2 ? others[index] === word : others.includes(word))),
        ),
  );
}

/** The commands that are typed when a page and those after it are read. */
export function toRun(document: string): ShownCommand[] {
  const order = [document, ...(PAGES[document]?.andThen ?? [])];
  const all = order.flatMap((name) => shown.filter((one) => one.document === name && !listed(one)));
  const wanted = all.filter((one) => isTyped(one) || !isTypedElsewhere(one));
  return wanted.filter(({ text }, index) => wanted.findIndex((one) => one.text === text) === index);
}

/** Commands that no test runs, and that no list excuses. */
export const neverRun = (): ShownCommand[] =>
  shown.filter((one) => !listed(one) && !pages.has(one.document) && (isTyped(one) || !isTypedElsewhere(one)));

/** What is printed where the reader types the command: both streams. */
interface Outcome {
  readonly code: number | null;
  readonly printed: string;
}

/** Starts a shell without blocking: registries of the tests answer from this very process. */
function shell(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-ec", script], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 280_000,
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part) => {
        printed += String(part);
      });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, printed }));
  });
}

/** Presses Enter again and again, at a terminal of its own. */
const atTerminal = (command: string, times: number): string =>
  `(for i in $(seq ${times}); do sleep 0.4; printf '\\r'; done) | script -qec 'stty cols 100; ${command}' /dev/null`;

/** Runs a page as its reader would, each command a test. */
export function definePage(document: string, page: Page, world: () => World): void {
  describe(document, () => {
    const home = mkdtempSync(join(tmpdir(), "page-"));
    let place = "";
    let env: NodeJS.ProcessEnv = {};
    let sinceShown = "";
    const prepare = async (): Promise<void> => {
      place = mkdtempSync(join(home, "place-"));
      for (const [path, [from, begin]] of Object.entries(page.files ?? {})) {
        const block = fences(from).find(({ text }) => text.startsWith(begin));
        mkdirSync(dirname(join(place, path)), { recursive: true });
        writeFileSync(join(place, path), block?.text ?? "");
      }
      const script = [page.checkout && CHECKOUT, page.given].filter(Boolean).join("\n");
      const { code, printed } = await shell(script, place, env);
      expect(code, printed).toBe(0);
    };
    beforeAll(async () => {
      const { main, programs = [], env: more } = world();
      const bin = join(home, "bin");
      mkdirSync(bin);
      writeFileSync(join(bin, "pratique"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
        mode: 0o755,
      });
      env = {
        HOME: home,
        ROOT: root,
        LANG: "C.UTF-8",
        ...(page.engine === undefined ? {} : { PRATIQUE_ENGINE: page.engine }),
        ...Object.fromEntries(
          ["AUTHOR", "COMMITTER"].flatMap((who) => [
            [`GIT_${who}_NAME`, "Reader"],
            [`GIT_${who}_EMAIL`, "reader@example.org"],
          ]),
        ),
        ...more,
        PATH: [bin, ...programs, process.env.PATH].join(":"),
      };
      if (!page.choice) await prepare();
    }, 120_000);
    afterAll(() => rmSync(home, { recursive: true, force: true }), 60_000);

    const commands = toRun(document);
    it.each(commands.map((one) => [one.document, one.line, one.text, one] as const))(
      "%s:%i: %s",
      async (_document, _line, text, one) => {
        if (page.choice) await prepare();
        let script = text;
        for (const [name, real] of Object.entries(page.instead ?? {})) script = script.replaceAll(name, real);
        const asked = page.asks?.[text];
        if (asked !== undefined) script = atTerminal(script, asked);
        const before = page.before?.[text];
        if (before !== undefined) {
          const meanwhile = await shell(before, place, env);
          expect(meanwhile.code, meanwhile.printed).toBe(0);
        }
        const { code, printed } = await shell(script, place, env);
        expect(code, printed).toBe(page.ends?.[text] ?? 0);
        const expected = page.prints?.[text];
        if (expected !== undefined) expect(printed).toMatch(expected);
        sinceShown += printed;
        const blocks = page.shown === undefined ? outputsOf(one) : [];
        const elsewhere = Object.keys(page.notPrinted ?? {});
        for (const block of blocks.filter((text) => !elsewhere.some((begin) => text.startsWith(begin))))
          expect(
            isShown(block, asShown(sinceShown, page, env)),
            `${block}\nis shown, and printed was\n${sinceShown}`,
          ).toBe(true);
        if (blocks.length > 0) sinceShown = "";
      },
    );
  });
}

/** A copy of the sources in the folder, with what was installed and made for them; base images only tests with an engine need. */
const CHECKOUT = `git -C "$ROOT" ls-files -z --cached --others --exclude-standard | (cd "$ROOT" && xargs -0 cp --parents --no-dereference --target-directory "$OLDPWD" --)
ln -s "$ROOT/node_modules" node_modules
[ ! -e "$ROOT/examples/bases.args" ] || cp "$ROOT/examples/bases.args" examples
mkdir dist && cp -a "$ROOT/dist/recorder" dist`;

/** What the document shows as printed by a command: blocks between it and the next one. */
function outputsOf({ document, line, block }: ShownCommand): string[] {
  if (!block || document === HELP) return [];
  const next = shown.find((one) => one.document === document && one.block && one.line > line)?.line;
  return fences(document)
    .filter(({ language }) => OUTPUT.test(language))
    .filter((fence) => fence.line > line && fence.line < (next ?? Number.POSITIVE_INFINITY))
    .map(({ text }) => text);
}
/** Languages of blocks that show what was printed. */
export const OUTPUT = /^(?:text|diff)$/;

/** What was printed, with the names that the page has. */
function asShown(printed: string, { instead = {} }: Page, env: NodeJS.ProcessEnv): string {
  let text = printed.replaceAll(`${env.REGISTRY}/library/`, "");
  for (const [name, real] of Object.entries(instead)) {
    const value = real.startsWith("$") ? env[real.slice(1)] : undefined;
    if (value !== undefined) text = text.replaceAll(value, name);
  }
  return text;
}
