import { Console } from "node:console";
import {
  type CancellationToken,
  type ClientCapabilities,
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Connection,
  createConnection,
  type Diagnostic,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type Hover,
  type HoverParams,
  type InitializeParams,
  type InitializeResult,
  ProposedFeatures,
  type Range,
  TextDocumentSyncKind,
  TextDocuments,
  type TextEdit,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { messageOf, PratiqueError } from "../errors.ts";
import { type FileLocation, isFileLocation } from "../findings/finding.ts";
import { loadRules, RULE_KINDS } from "../rules/registry/registry.gen.ts";
import type { Rule } from "../rules/rule.ts";
import { packageVersion } from "../system/package.ts";
import { quickFixes, type Shown } from "./actions.ts";
import { Board } from "./board.ts";
import { diagnosticOf, problemDiagnostic } from "./diagnostics.ts";
import { folderOf, pathOf, type Snapshot, takeSnapshot } from "./documents.ts";
import { type Linted, lintSnapshot, mendSnapshot, type Surroundings } from "./lint.ts";
import { plainRange } from "./places.ts";
import { Queue } from "./queue.ts";
import { rulePage } from "./rule-page.ts";
import { type EditorSettings, joinSettings, readSettings, sameSettings } from "./settings.ts";

/** Milliseconds of rest after a keystroke. */
const DEBOUNCE = 200;
/** Findings that actions are offered for at once. */
const MOST_SHOWN = 50;
const FIX_ALL = `${CodeActionKind.SourceFixAll}.pratique`;

/** Files that decide what is found, beside the Dockerfiles themselves. */
const WATCHED = [
  "**/{pratique.yaml,pratique.yml,.dockerignore,*.dockerignore,.containerignore}",
  "**/{.hadolint.yaml,.hadolint.yml,.trivyignore,.trivyignore.yaml}",
  "**/*.{py,ipynb,smk,R,r,Rmd,qmd,jl,sh,bash}",
  "**/{requirements*.txt,renv.lock,Snakefile,Makefile}",
];

/** What was found in one version of a document. */
interface Result {
  readonly snapshot: Snapshot;
  readonly shown: readonly Shown[];
}

/** Serves one editor over standard input and output; the connection ends the process when the editor goes. */
export function serve(): void {
  // Standard output carries the protocol and nothing else, whatever a library wants to say.
  globalThis.console = new Console(process.stderr, process.stderr);
  new Server(createConnection(ProposedFeatures.all, process.stdin, process.stdout)).listen();
}

/** Lints what one editor holds, and answers what it asks about the findings. */
class Server {
  readonly #connection: Connection;
  readonly #documents = new TextDocuments(TextDocument);
  readonly #results = new Map<string, Result>();
  readonly #board: Board;
  readonly #queue: Queue;
  #client: ClientCapabilities = {};
  #folders: readonly string[] = [];
  #initial: EditorSettings = readSettings(undefined);
  #settings: EditorSettings = this.#initial;
  #rules: Promise<ReadonlyMap<string, Rule>> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#board = new Board((uri, diagnostics) => this.#publish(uri, diagnostics));
    this.#queue = new Queue((uri, signal) => this.#lint(uri, signal));
    connection.onInitialize((params) => this.#initialize(params));
    connection.onInitialized(() => this.#initialized());
    connection.onDidChangeConfiguration(({ settings }) => this.#configure(settings?.pratique));
    connection.onDidChangeWatchedFiles(() => this.#again());
    connection.onHover((params) => this.#hover(params));
    connection.onCodeAction((params, token) => this.#actions(params, token));
    connection.onShutdown(() => this.#queue.close());
    // Opening counts as the first change.
    this.#documents.onDidChangeContent(({ document: { uri } }) =>
      this.#queue.ask(uri, this.#queue.knows(uri) ? DEBOUNCE : 0),
    );
    this.#documents.onDidSave(() => this.#again());
    this.#documents.onDidClose(({ document: { uri } }) => {
      this.#queue.forget(uri);
      this.#results.delete(uri);
      this.#board.remove(uri);
    });
  }

  listen(): void {
    this.#documents.listen(this.#connection);
    this.#connection.listen();
  }

  #initialize(params: InitializeParams): InitializeResult {
    this.#client = params.capabilities;
    this.#initial = readSettings(params.initializationOptions);
    this.#settings = this.#initial;
    const given = params.workspaceFolders?.map(({ uri }) => uri) ?? [params.rootUri ?? ""];
    this.#folders = given.flatMap((uri) => pathOf(uri) ?? []);
    return {
      serverInfo: { name: "pratique", version: packageVersion() },
      capabilities: {
        positionEncoding: "utf-16",
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL] },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  }

  async #initialized(): Promise<void> {
    const { workspace = {} } = this.#client;
    if (workspace.workspaceFolders === true) {
      this.#connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const paths = (list: readonly { readonly uri: string }[]): string[] =>
          list.flatMap(({ uri }) => pathOf(uri) ?? []);
        const gone = new Set(paths(removed));
        this.#folders = [...this.#folders.filter((folder) => !gone.has(folder)), ...paths(added)];
        this.#again();
      });
    }
    const requests: Promise<unknown>[] = [];
    if (workspace.didChangeConfiguration?.dynamicRegistration === true)
      requests.push(
        this.#connection.client.register(DidChangeConfigurationNotification.type, { section: "pratique" }),
      );
    if (workspace.didChangeWatchedFiles?.dynamicRegistration === true)
      requests.push(
        this.#connection.client.register(DidChangeWatchedFilesNotification.type, {
          watchers: WATCHED.map((globPattern) => ({ globPattern })),
        }),
      );
    if (workspace.configuration === true) requests.push(this.#configure(undefined));
    // An editor that refuses one of these, or never answers, is served all the same.
    const refused = (error: unknown): void =>
      this.#connection.console.warn(`The editor refused a request: ${messageOf(error)}`);
    await Promise.all(requests.map((request) => request.catch(refused)));
  }

  /** Takes the editor's settings: those that it sends along, or, where it can be asked, those that it answers. */
  async #configure(sent: unknown): Promise<void> {
    let value = sent;
    if (this.#client.workspace?.configuration === true) {
      try {
        value = await this.#connection.workspace.getConfiguration("pratique");
      } catch (error) {
        this.#connection.console.warn(`The editor does not tell its settings: ${messageOf(error)}`);
      }
    }
    const settings = joinSettings(this.#initial, readSettings(value));
    if (sameSettings(settings, this.#settings)) return;
    this.#settings = settings;
    this.#again();
  }

  /** Lints what is open once more: something around it has changed. */
  #again(): void {
    for (const uri of this.#documents.keys()) this.#queue.ask(uri, DEBOUNCE);
  }

  async #lint(uri: string, signal: AbortSignal): Promise<void> {
    const document = this.#documents.get(uri);
    if (document === undefined) return;
    try {
      const snapshot = takeSnapshot(document);
      if (snapshot === undefined) {
        this.#results.delete(uri);
        this.#board.remove(uri);
        return;
      }
      const linted = await this.#attempt(snapshot, signal);
      // The document object changes with its text: what was found in an older version is of no use.
      if (!signal.aborted && document.version === snapshot.places.version) this.#show(snapshot, linted);
    } catch (error) {
      if (!signal.aborted) this.#connection.console.error(`${uri}: ${detailsOf(error)}`);
    }
  }

  /** A defect of ours is told where it can be seen: silence would mean that all is well. */
  async #attempt(snapshot: Snapshot, signal: AbortSignal): Promise<Linted> {
    try {
      return await lintSnapshot(snapshot, this.#surroundings(snapshot), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#connection.console.error(`${snapshot.uri}: ${detailsOf(error)}`);
      const message = "This text could not be checked: an error of pratique itself. The log says more.";
      return { findings: [], problem: new PratiqueError("internal.defect", message) };
    }
  }

  #surroundings({ path }: Snapshot): Surroundings {
    const open = new Map(this.#documents.keys().map((uri) => [pathOf(uri) ?? uri, uri]));
    return { folder: folderOf(path, this.#folders), settings: this.#settings, open };
  }

  #show(snapshot: Snapshot, { findings, problem }: Linted): void {
    const { uri, places, kind } = snapshot;
    // Lines of a manifest end where an editor's do.
    const rangeIn = (place: FileLocation): Range =>
      place.file === uri && kind === "dockerfile" ? places.range(place) : plainRange(place);
    const { publishDiagnostics } = this.#client.textDocument ?? {};
    const abilities = {
      related: publishDiagnostics?.relatedInformation === true,
      tags: publishDiagnostics?.tagSupport !== undefined,
    };
    const notices = new Map<string, Diagnostic[]>([[uri, []]]);
    if (problem !== undefined) notices.get(uri)?.push(problemDiagnostic(problem, places.top()));
    const shown: Shown[] = [];
    for (const finding of findings) {
      if (finding.waived !== undefined) continue;
      const { location } = finding;
      const place = isFileLocation(location) ? location : undefined;
      const range = place === undefined ? places.top() : rangeIn(place);
      const diagnostic = diagnosticOf(finding, range, abilities, rangeIn);
      const file = place?.file ?? uri;
      const list = notices.get(file);
      if (list === undefined) notices.set(file, [diagnostic]);
      else list.push(diagnostic);
      if (file === uri) shown.push({ finding, diagnostic });
    }
    this.#results.set(uri, { snapshot, shown });
    this.#board.put(uri, notices);
  }

  #publish(uri: string, diagnostics: Diagnostic[]): void {
    const version = this.#results.get(uri)?.snapshot.places.version;
    this.#connection
      .sendDiagnostics({ uri, diagnostics, ...(version === undefined ? {} : { version }) })
      // Nobody is left to tell it to.
      .catch(() => {});
  }

  /** What was found in the document as it is now. */
  async #resultOf(uri: string): Promise<Result | undefined> {
    await this.#queue.settled(uri);
    const result = this.#results.get(uri);
    return result?.snapshot.places.version === this.#documents.get(uri)?.version ? result : undefined;
  }

  async #hover({ textDocument, position }: HoverParams): Promise<Hover | null> {
    const result = await this.#resultOf(textDocument.uri);
    const here = { start: position, end: position };
    const found = (result?.shown ?? []).filter(({ diagnostic }) => touches(diagnostic.range, here));
    const [first] = found;
    if (first === undefined) return null;
    const rules = await this.#ruleMap();
    // Each rule's page once.
    const pages = new Map<string, string>();
    for (const { finding } of found.slice(0, MOST_SHOWN)) {
      const rule = rules.get(finding.rule);
      if (rule !== undefined && !pages.has(rule.id)) pages.set(rule.id, rulePage(rule, finding));
    }
    if (pages.size === 0) return null;
    const value = [...pages.values()].join("\n\n---\n\n");
    return { contents: { kind: "markdown", value }, range: first.diagnostic.range };
  }

  #ruleMap(): Promise<ReadonlyMap<string, Rule>> {
    this.#rules ??= Promise.all(RULE_KINDS.map((kind) => loadRules(kind))).then(
      (groups) => new Map((groups.flat() as unknown as Rule[]).map((rule) => [rule.id, rule])),
    );
    return this.#rules;
  }

  async #actions(
    { textDocument: { uri }, range, context }: CodeActionParams,
    token: CancellationToken,
  ): Promise<CodeAction[]> {
    const result = await this.#resultOf(uri);
    if (result === undefined) return [];
    const wants = (kind: string): boolean =>
      context.only?.some((only) => kind === only || kind.startsWith(`${only}.`)) ?? false;
    const { snapshot } = result;
    const change = (edits: TextEdit[]) => this.#change(snapshot, edits);
    const actions: CodeAction[] = [];
    if (context.only === undefined || wants(CodeActionKind.QuickFix)) {
      const here = result.shown.filter(({ diagnostic }) => touches(diagnostic.range, range));
      actions.push(...quickFixes(snapshot, here.slice(0, MOST_SHOWN), change));
    }
    // It lints again and again: only where it is asked for, and not for each light bulb.
    if (wants(FIX_ALL)) {
      const surroundings = this.#surroundings(snapshot);
      const text = await this.#queue.alone(() =>
        mendSnapshot(snapshot, surroundings, () => token.isCancellationRequested),
      );
      if (text !== snapshot.places.text)
        actions.push({
          title: "Mend all that has one safe answer",
          kind: FIX_ALL,
          edit: change([snapshot.places.editTo(text)]),
        });
    }
    return actions;
  }

  /** Tied to the version where the editor can tell: an edit must not hit a text that has moved on. */
  #change({ uri, places }: Snapshot, edits: TextEdit[]): NonNullable<CodeAction["edit"]> {
    return this.#client.workspace?.workspaceEdit?.documentChanges === true
      ? { documentChanges: [{ textDocument: { uri, version: places.version }, edits }] }
      : { changes: { [uri]: edits } };
  }
}

const isBefore = (a: Range["start"], b: Range["start"]): boolean =>
  a.line < b.line || (a.line === b.line && a.character < b.character);

const touches = (a: Range, b: Range): boolean => !isBefore(a.end, b.start) && !isBefore(b.end, a.start);

const detailsOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
