import { type ChildProcess, spawn } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createMessageConnection, type MessageConnection } from "vscode-jsonrpc/node";
import { TextDocument } from "vscode-languageserver-textdocument";
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
  readonly source?: string;
  readonly tags?: readonly number[];
  readonly message: string;
}
interface Published {
  readonly uri: string;
  readonly version?: number;
  readonly diagnostics: readonly Diagnostic[];
}
interface Action {
  readonly title: string;
  readonly kind: string;
  readonly isPreferred?: boolean;
  readonly edit: {
    readonly documentChanges: readonly {
      readonly textDocument: { readonly version: number };
      readonly edits: { range: Range; newText: string }[];
    }[];
  };
}
interface Setup {
  readonly initializationOptions?: object;
  /** What the editor answers when it is asked for its settings; without it, it cannot be asked. */
  readonly settings?: () => object;
  /** Folders of the workspace, in place of the test's own. */
  readonly folders?: readonly string[];
}

let child: ChildProcess | undefined;
afterEach(() => child?.kill());

class Client {
  readonly process: ChildProcess;
  readonly connection: MessageConnection;
  readonly registered: string[] = [];
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
    this.connection.onRequest(
      "client/registerCapability",
      ({ registrations }: { registrations: readonly { method: string }[] }) => {
        this.registered.push(...registrations.map(({ method }) => method));
        return null;
      },
    );
    this.connection.listen();
  }

  async start({ initializationOptions = {}, settings, folders }: Setup = {}): Promise<void> {
    this.connection.onRequest("workspace/configuration", () => [settings?.() ?? null]);
    await this.connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(here()).href,
      capabilities: {
        workspace: {
          workspaceEdit: { documentChanges: true },
          didChangeWatchedFiles: { dynamicRegistration: true },
          ...(settings === undefined ? {} : { configuration: true }),
        },
        textDocument: { publishDiagnostics: { tagSupport: { valueSet: [2] } } },
      },
      initializationOptions,
      ...(folders === undefined
        ? {}
        : {
            workspaceFolders: folders.map((name) => ({ name, uri: pathToFileURL(join(here(), name)).href })),
          }),
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

  actions(uri: string, range: Range, only?: readonly string[]): Promise<Action[]> {
    return this.connection.sendRequest<Action[]>("textDocument/codeAction", {
      textDocument: { uri },
      range,
      context: { diagnostics: [], ...(only === undefined ? {} : { only }) },
    });
  }

  hover(uri: string, position: Range["start"]): Promise<{ contents: { value: string } } | null> {
    return this.connection.sendRequest("textDocument/hover", { textDocument: { uri }, position });
  }

  get ended(): Promise<number | null> {
    return new Promise((resolve) => this.process.once("exit", resolve));
  }

  async end(shutdown: boolean): Promise<number | null> {
    const { ended } = this;
    if (shutdown) await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    return ended;
  }
}

const uriOf = (name: string): string => pathToFileURL(join(here(), name)).href;
const codes = (diagnostics: readonly Diagnostic[]): (string | undefined)[] =>
  diagnostics.map(({ code }) => code);
const isEmpty = ({ diagnostics }: Published): boolean => diagnostics.length === 0;
const TEXT = "FROM docker.io/library/python:3.12\nRUN pip install -r requirements.txt\n";

/** The text after an action, as an editor applies it. */
function applied(text: string, action: Action | undefined): string {
  if (action === undefined) throw new Error("no such action");
  const edits = action.edit.documentChanges.flatMap((change) => change.edits);
  return TextDocument.applyEdits(TextDocument.create("", "", 1, text), edits);
}

const EVERYTHING: Range = { start: { line: 0, character: 0 }, end: { line: 1_000_000, character: 0 } };

describe("pratique lsp", () => {
  it("finds, explains and fixes as one types", async () => {
    put("Dockerfile", "FROM scratch\n");
    const client = new Client();
    await client.start({ initializationOptions: { select: ["pip-cache-kept", "sudo-in-run"] } });
    const uri = uriOf("Dockerfile");
    await client.open(uri, TEXT);
    const [first] = await client.diagnostics(uri);
    expect(first).toMatchObject({
      code: "pip-cache-kept",
      source: "pratique",
      severity: 2,
      range: { start: { line: 1 } },
    });

    const range = first?.range as Range;
    const hover = await client.hover(uri, range.start);
    expect(hover?.contents.value).toContain("`pip-cache-kept`");
    expect(hover?.contents.value).toContain("**Why it matters**");
    expect(await client.hover(uri, { line: 0, character: 0 })).toBeNull();

    const [fix, allow] = await client.actions(uri, range);
    expect(fix).toMatchObject({ kind: "quickfix", isPreferred: true });
    expect(fix?.edit.documentChanges[0]?.textDocument.version).toBe(1);
    expect(applied(TEXT, allow)).toContain('\n# pratique allow=pip-cache-kept reason=""\nRUN pip');

    const mended = applied(TEXT, fix);
    expect(mended).toContain("pip install --no-cache-dir");
    await client.change(uri, 2, `${mended}RUN sudo true\n`);
    const after = await client.diagnostics(uri, ({ version }) => version === 2);
    expect(codes(after)).toEqual(["sudo-in-run"]);
    expect(await client.end(true)).toBe(0);
  });

  it("mends all at once when it is asked to, and only then", async () => {
    const text = `\uFEFF${TEXT}RUN pip install numpy==2.1.0\nMAINTAINER Ada\nRUN true`.replaceAll(
      "\n",
      "\r\n",
    );
    put("Dockerfile", text);
    const client = new Client();
    await client.start({ initializationOptions: { select: ["pip-cache-kept", "deprecated-maintainer"] } });
    const uri = uriOf("Dockerfile");
    await client.open(uri, text);
    const found = await client.diagnostics(uri);
    expect(found.find(({ code }) => code === "deprecated-maintainer")?.tags).toEqual([2]);
    const kinds = (await client.actions(uri, EVERYTHING)).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(["quickfix"]));
    const [all, ...others] = await client.actions(uri, EVERYTHING, ["source.fixAll"]);
    expect(others).toEqual([]);
    const mended = applied(text, all);
    expect(mended.split("--no-cache-dir")).toHaveLength(3);
    expect(mended).toContain("LABEL org.opencontainers.image.authors");
    expect(mended.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    await client.change(uri, 2, mended);
    expect(await client.diagnostics(uri, ({ version }) => version === 2)).toEqual([]);
    expect(await client.actions(uri, EVERYTHING, ["source.fixAll"])).toEqual([]);
    expect(await client.end(true)).toBe(0);
  });

  it("allows above the whole instruction, and does not show what is waived", async () => {
    const text =
      "FROM docker.io/library/python:3.12\n  RUN true \\\n  # why\n  && pip install one \\\n  && pip install one\n";
    const client = new Client();
    await client.start({ initializationOptions: { select: ["unpinned-package", "waiver-without-reason"] } });
    await client.open("untitled:Untitled-1", text);
    const found = await client.diagnostics("untitled:Untitled-1");
    expect(found.map(({ range }) => range.start)).toEqual([
      { line: 3, character: 17 },
      { line: 4, character: 17 },
    ]);
    const allows = await client.actions("untitled:Untitled-1", EVERYTHING, ["quickfix"]);
    const allow = allows.filter(({ title }) => title.startsWith("Allow unpinned-package"));
    expect(allow).toHaveLength(1);
    const allowed = applied(text, allow[0]);
    expect(allowed.split("\n").slice(1, 3)).toEqual([
      '  # pratique allow=unpinned-package reason=""',
      "  RUN true \\",
    ]);
    await client.change("untitled:Untitled-1", 2, allowed);
    const unexplained = await client.diagnostics("untitled:Untitled-1", ({ version }) => version === 2);
    expect(codes(unexplained)).toContain("waiver-without-reason");
    await client.change("untitled:Untitled-1", 3, allowed.replace('""', '"the course takes what is new"'));
    expect(await client.diagnostics("untitled:Untitled-1", ({ version }) => version === 3)).toEqual([]);
    expect(await client.end(true)).toBe(0);
  });

  it("lints what was never saved, manifests, and code that the Dockerfile takes in", async () => {
    put("Dockerfile", "FROM docker.io/library/python:3.12\nCOPY . /opt/\n");
    put("a.py", 'import nltk\nnltk.download("punkt")\n');
    const client = new Client();
    await client.start();
    await client.open("untitled:Untitled-1", "FROM a\nRUN sudo true\n");
    expect(codes(await client.diagnostics("untitled:Untitled-1"))).toContain("sudo-in-run");
    await client.open(uriOf("new/[a]/Dockerfile"), "FROM a\nRUN sudo true\n");
    expect(codes(await client.diagnostics(uriOf("new/[a]/Dockerfile")))).toContain("sudo-in-run");
    const job = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: x\nspec: {}\n";
    put("job.yaml", "");
    await client.open(uriOf("job.yaml"), job, "yaml");
    expect(codes(await client.diagnostics(uriOf("job.yaml")))).toContain("job-not-readable");
    await client.change(uriOf("job.yaml"), 2, job.replace("Job", "Deployment"));
    expect(await client.diagnostics(uriOf("job.yaml"))).toEqual([]);

    await client.open(uriOf("Dockerfile"), "FROM docker.io/library/python:3.12\nCOPY . /opt/\n");
    expect(codes(await client.diagnostics(uriOf("a.py")))).toContain("unproven-offline-use");
    await client.connection.sendNotification("textDocument/didClose", {
      textDocument: { uri: uriOf("Dockerfile") },
    });
    expect(await client.diagnostics(uriOf("a.py"), isEmpty)).toEqual([]);
    expect(await client.end(true)).toBe(0);
  });

  it("follows the settings of the project and of the editor", async () => {
    put("one/pratique.yaml", "version: 1\nignore: [sudo-in-run]\n");
    put("one/docker/Dockerfile", "");
    put("two/Dockerfile", "");
    symlinkSync("one", join(here(), "link"));
    let select: readonly string[] = [];
    const client = new Client();
    await client.start({ folders: ["two", "link"], settings: () => ({ select, profile: "" }) });
    const text = "FROM docker.io/library/python:latest\nRUN sudo pip install numpy\n";
    const [one, two] = [uriOf("link/docker/Dockerfile"), uriOf("two/Dockerfile")];
    await client.open(one, text);
    await client.open(two, text);
    expect(codes(await client.diagnostics(one))).not.toContain("sudo-in-run");
    expect(codes(await client.diagnostics(two))).toContain("sudo-in-run");

    select = ["sudo-in-run", "pip-cache-kept"];
    await client.connection.sendNotification("workspace/didChangeConfiguration", { settings: null });
    const few = ({ diagnostics }: Published) => diagnostics.length < 3;
    expect(codes(await client.diagnostics(one, few))).toEqual(["pip-cache-kept"]);
    expect(codes(await client.diagnostics(two, few)).sort()).toEqual(["pip-cache-kept", "sudo-in-run"]);

    expect(client.registered).toContain("workspace/didChangeWatchedFiles");
    put("one/pratique.yaml", "version: 1\nignore: [pip-cache-kept]\n");
    await client.connection.sendNotification("workspace/didChangeWatchedFiles", {
      changes: [{ uri: uriOf("one/pratique.yaml"), type: 2 }],
    });
    const changed = ({ diagnostics }: Published) => !codes(diagnostics).includes("pip-cache-kept");
    expect(codes(await client.diagnostics(one, changed))).toEqual(["sudo-in-run"]);

    select = ["sudo-in-rum"];
    await client.connection.sendNotification("workspace/didChangeConfiguration", { settings: null });
    const [problem] = await client.diagnostics(
      one,
      ({ diagnostics: [first] }) => first?.code === "rule.unknown",
    );
    expect(problem?.message).toContain("sudo-in-run");
    expect(await client.end(true)).toBe(0);
  });

  it("takes settings that are sent along, and an editor that does not tell its own", async () => {
    const uri = "untitled:Untitled-1";
    const text = "FROM docker.io/library/python:latest\nRUN sudo pip install numpy\n";
    const settings = { pratique: { ignore: ["sudo-in-run"] } };
    const sending = new Client();
    await sending.start({ initializationOptions: { select: "sudo-in-run,pip-cache-kept" } });
    await sending.open(uri, text);
    expect(codes(await sending.diagnostics(uri)).sort()).toEqual(["pip-cache-kept", "sudo-in-run"]);
    await sending.connection.sendNotification("workspace/didChangeConfiguration", { settings });
    expect(codes(await sending.diagnostics(uri))).toEqual(["pip-cache-kept"]);
    expect(await sending.end(true)).toBe(0);

    const silent = new Client();
    await silent.start({
      initializationOptions: { select: ["sudo-in-run"] },
      settings: () => {
        throw new Error("not told");
      },
    });
    await silent.open(uri, text);
    expect(codes(await silent.diagnostics(uri))).toEqual(["sudo-in-run"]);
    // What it sends along counts where it does not answer.
    await silent.connection.sendNotification("workspace/didChangeConfiguration", { settings });
    expect(await silent.diagnostics(uri, ({ diagnostics }) => diagnostics.length === 0)).toEqual([]);
    expect(await silent.end(true)).toBe(0);
  });

  it("answers for the latest text, however fast one types", async () => {
    const client = new Client();
    await client.start({ initializationOptions: { select: "sudo-in-run" } });
    const uri = "untitled:Dockerfile";
    await client.open(uri, "FROM a\n");
    let text = "FROM a\n";
    for (let version = 2; version <= 200; version++) {
      text += version % 50 === 0 ? "RUN sudo true\n" : "\n";
      await client.change(uri, version, text);
    }
    // Asked while the text rests: the answer is about the last version all the same.
    const actions = await client.actions(uri, EVERYTHING);
    expect(actions.map(({ edit }) => edit.documentChanges[0]?.textDocument.version)).toEqual([
      200, 200, 200, 200,
    ]);
    expect(await client.diagnostics(uri, ({ version }) => version === 200)).toHaveLength(4);
    expect(await client.end(true)).toBe(0);
  });

  it("survives any text, and settings that are broken", async () => {
    put("pratique.yaml", "version: 1\n");
    put("Dockerfile", "FROM a\n");
    const client = new Client();
    await client.start();
    const uri = uriOf("Dockerfile");
    await client.open(uri, `FROM a\nRUN ${"x ".repeat(500_000)}\n`);
    expect((await client.diagnostics(uri)).length).toBeGreaterThan(0);
    await client.change(uri, 2, "FROM\0a\n");
    expect((await client.diagnostics(uri, ({ version }) => version === 2))[0]?.message).toMatch(
      /not a text file/,
    );
    const strange = [
      "",
      "\r",
      "\uFEFF",
      "\uD800",
      "FROM a\rRUN sudo true\r\nRUN sudo \u{1F600}\uD800",
      "RUN <<A <<B\n",
    ];
    for (const [index, text] of strange.entries()) {
      await client.change(uri, index + 3, text);
      const found = await client.diagnostics(uri, ({ version }) => version === index + 3);
      const document = TextDocument.create(uri, "", 1, text);
      for (const { range } of found)
        expect(document.positionAt(document.offsetAt(range.end))).toEqual(range.end);
      await client.hover(uri, { line: 0, character: 0 });
      await client.actions(uri, EVERYTHING, ["quickfix", "source.fixAll"]);
    }
    await client.change(uri, 20, `FROM a\n# ${"y".repeat(5_000_000)}\n`);
    expect((await client.diagnostics(uri, ({ version }) => version === 20))[0]?.code).toBe(
      "project.too-large",
    );
    put("pratique.yaml", "version: 1\nnonsense: 1\n");
    await client.change(uri, 21, "FROM a\n");
    const [problem] = await client.diagnostics(uri, ({ version }) => version === 21);
    expect(problem?.message).toContain("nonsense");
    expect(await client.end(false)).toBe(1);
  });

  it("ends when the editor goes away", async () => {
    const client = new Client();
    await client.start();
    const { ended } = client;
    client.connection.dispose();
    client.process.stdin?.end();
    expect(await ended).toBe(1);
  });
});
