import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createMessageConnection, type MessageConnection } from "vscode-jsonrpc/node";
import { here, output, put, useCommandLine } from "./cli-support.ts";

/** A real client over standard input and output. */

useCommandLine();

interface Range {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}
interface Diagnostic {
  readonly range: Range;
  readonly severity: number;
  readonly code?: string;
  readonly message: string;
}
interface Published {
  readonly uri: string;
  readonly version?: number;
  readonly diagnostics: readonly Diagnostic[];
}
interface Action {
  readonly title: string;
  readonly edit: {
    readonly documentChanges: readonly { readonly edits: readonly { range: Range; newText: string }[] }[];
  };
}

let child: ChildProcess | undefined;
afterEach(() => child?.kill());

class Client {
  readonly process: ChildProcess;
  readonly connection: MessageConnection;
  readonly #published: Published[] = [];
  #wake: () => void = () => {};

  constructor() {
    this.process = spawn(process.execPath, [join(output, "cli/main.cjs"), "lsp", "--stdio"], {
      cwd: here(),
      env: { HOME: here(), PATH: "/nonexistent" },
    });
    child = this.process;
    const { stdin, stdout } = this.process;
    if (stdin === null || stdout === null) throw new Error("no streams");
    this.connection = createMessageConnection(stdout, stdin);
    this.connection.onNotification("textDocument/publishDiagnostics", (published: Published) => {
      this.#published.push(published);
      this.#wake();
    });
    this.connection.listen();
  }

  async start(initializationOptions: object = {}): Promise<void> {
    await this.connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(here()).href,
      capabilities: {},
      initializationOptions,
    });
    await this.connection.sendNotification("initialized", {});
  }

  open(uri: string, text: string, languageId = "dockerfile"): Promise<void> {
    return this.connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId, version: 1, text },
    });
  }

  change(uri: string, version: number, text: string): Promise<void> {
    return this.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [{ text }],
    });
  }

  /** The next diagnostics of a document that fit. */
  async diagnostics(
    uri: string,
    fits: (published: Published) => boolean = () => true,
  ): Promise<readonly Diagnostic[]> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const index = this.#published.findIndex((one) => one.uri === uri && fits(one));
      const found = this.#published[index];
      if (found !== undefined) {
        this.#published.splice(0, index + 1);
        return found.diagnostics;
      }
      if (Date.now() > deadline) throw new Error(`no diagnostics for ${uri}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async end(shutdown: boolean): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.process.once("exit", resolve));
    if (shutdown) await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    return ended;
  }
}

const uriOf = (name: string): string => pathToFileURL(join(here(), name)).href;
const codes = (diagnostics: readonly Diagnostic[]): (string | undefined)[] =>
  diagnostics.map(({ code }) => code);
const TEXT = "FROM docker.io/library/python:3.12\nRUN pip install -r requirements.txt\n";

function applied(text: string, action: Action): string {
  const lines = text.split("\n");
  const offset = ({ line, character }: Range["start"]): number =>
    lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
  const edits = action.edit.documentChanges.flatMap((change) => change.edits);
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (now, { range, newText }) => now.slice(0, offset(range.start)) + newText + now.slice(offset(range.end)),
      text,
    );
}

describe("pratique lsp", () => {
  it("finds, explains and fixes as one types", async () => {
    put("Dockerfile", "FROM scratch\n");
    const client = new Client();
    await client.start({ select: ["pip-cache-kept", "sudo-in-run"] });
    const uri = uriOf("Dockerfile");
    await client.open(uri, TEXT);
    const [first] = await client.diagnostics(uri);
    expect(first).toMatchObject({ code: "pip-cache-kept", severity: 2, range: { start: { line: 1 } } });

    const range = first?.range as Range;
    const hover = await client.connection.sendRequest<{ contents: { value: string } }>("textDocument/hover", {
      textDocument: { uri },
      position: range.start,
    });
    expect(hover.contents.value).toContain("`pip-cache-kept`");
    const nothing = { textDocument: { uri }, position: { line: 0, character: 0 } };
    expect(await client.connection.sendRequest("textDocument/hover", nothing)).toBeNull();

    const ask = (only?: readonly string[]) =>
      client.connection.sendRequest<Action[]>("textDocument/codeAction", {
        textDocument: { uri },
        range,
        context: { diagnostics: [], ...(only === undefined ? {} : { only }) },
      });
    const [fix, allow] = await ask();
    if (fix === undefined || allow === undefined) throw new Error("no actions");
    expect(applied(TEXT, allow)).toContain('\n# pratique allow=pip-cache-kept reason=""\nRUN pip');
    const [all] = await ask(["source.fixAll"]);
    expect(all === undefined ? "" : applied(TEXT, all)).toContain("--no-cache-dir");

    const mended = applied(TEXT, fix);
    expect(mended).toContain("pip install --no-cache-dir");
    await client.change(uri, 2, `${mended}RUN sudo true\n`);
    const after = await client.diagnostics(uri, ({ version }) => version === 2);
    expect(codes(after)).toEqual(["sudo-in-run"]);
    expect(await client.end(true)).toBe(0);
  });

  it("lints what was never saved, manifests, and code that the Dockerfile takes in", async () => {
    put("Dockerfile", "FROM docker.io/library/python:3.12\nCOPY . /opt/\n");
    put("a.py", 'import nltk\nnltk.download("punkt")\n');
    const client = new Client();
    await client.start();
    await client.open("untitled:Untitled-1", "FROM a\nRUN sudo true\n");
    expect(codes(await client.diagnostics("untitled:Untitled-1"))).toContain("sudo-in-run");
    const job = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: x\nspec: {}\n";
    await client.open(uriOf("job.yaml"), job, "yaml");
    expect(codes(await client.diagnostics(uriOf("job.yaml")))).toContain("job-not-readable");
    await client.open(uriOf("Dockerfile"), "FROM docker.io/library/python:3.12\nCOPY . /opt/\n");
    expect(codes(await client.diagnostics(uriOf("a.py")))).toContain("unproven-offline-use");
    await client.connection.sendNotification("textDocument/didClose", {
      textDocument: { uri: uriOf("Dockerfile") },
    });
    expect(await client.diagnostics(uriOf("a.py"), ({ diagnostics }) => diagnostics.length === 0)).toEqual(
      [],
    );
    expect(await client.end(true)).toBe(0);
  });

  it("survives any text, and settings that are broken", async () => {
    put("pratique.yaml", "version: 1\n");
    const client = new Client();
    await client.start();
    const uri = uriOf("Dockerfile");
    await client.open(uri, `FROM a\nRUN ${"x ".repeat(500_000)}\n`);
    expect((await client.diagnostics(uri)).length).toBeGreaterThan(0);
    await client.change(uri, 2, "FROM\0a\n");
    expect((await client.diagnostics(uri, ({ version }) => version === 2))[0]?.message).toMatch(
      /not a text file/,
    );
    put("pratique.yaml", "version: 1\nnonsense: 1\n");
    await client.change(uri, 3, "FROM a\n");
    expect((await client.diagnostics(uri, ({ version }) => version === 3))[0]?.message).toContain("nonsense");
    expect(await client.end(false)).toBe(1);
  });
});
