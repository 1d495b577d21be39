import { basename, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  CodeActionKind,
  type Connection,
  createConnection,
  type Diagnostic,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  MarkupKind,
  ProposedFeatures,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Dockerfile } from "../dockerfile/model.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { messageOf } from "../errors.ts";
import { type Finding, isFileLocation } from "../findings/finding.ts";
import { type LintOptions, lintCommand, lintText, mendText } from "../pipeline/lint.ts";
import { isDockerfileName, kindOf } from "../pipeline/targets.ts";
import { loadRules, RULE_KINDS } from "../rules/registry/registry.gen.ts";
import type { Rule } from "../rules/rule.ts";
import { DEFAULT_OUTPUT } from "../system/output.ts";
import { actionsFor, type Found, type Place, replaceAll } from "./actions.ts";
import { rangeOf, toDiagnostic } from "./diagnostics.ts";

/** Milliseconds without a keystroke after which a text is linted. */
const PAUSE = 200;
/** Files whose change may change what is found elsewhere. */
const WATCHED =
  "**/{pratique.yaml,pratique.yml,.dockerignore,.containerignore,.hadolint.yaml,.hadolint.yml,.trivyignore}";

interface Options {
  readonly profile?: string;
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
}

/** What was found in one document, and in other files because of it. */
interface Known {
  readonly version: number;
  readonly file: string;
  readonly found: readonly Found[];
  /** URIs of other files that have diagnostics from this lint. */
  readonly others: readonly string[];
}

/** Serves one editor over standard input and output until it goes. */
export function serve(): void {
  new Server(createConnection(ProposedFeatures.all, process.stdin, process.stdout)).listen();
}

class Server {
  readonly #connection: Connection;
  readonly #documents = new TextDocuments(TextDocument);
  readonly #known = new Map<string, Known>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #running = new Map<string, AbortController>();
  #options: Options = {};
  #watches = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  listen(): void {
    const connection = this.#connection;
    connection.onInitialize((params) => this.#initialize(params));
    connection.onInitialized(() => {
      if (!this.#watches) return;
      void connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: WATCHED }],
      });
    });
    connection.onDidChangeWatchedFiles(() => {
      for (const document of this.#documents.all()) this.#soon(document, 0);
    });
    connection.onHover(({ textDocument, position }) => this.#hover(textDocument.uri, position));
    connection.onCodeAction(({ textDocument, range, context }) =>
      this.#actions(textDocument.uri, range, context.only),
    );
    this.#documents.onDidChangeContent(({ document }) => this.#soon(document, PAUSE));
    this.#documents.onDidClose(({ document }) => this.#forget(document.uri));
    this.#documents.listen(connection);
    connection.listen();
  }

  #initialize(params: InitializeParams): InitializeResult {
    this.#options = readOptions(params.initializationOptions);
    this.#watches = params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    return {
      serverInfo: { name: "pratique" },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        hoverProvider: true,
        codeActionProvider: {
          codeActionKinds: [CodeActionKind.QuickFix, "source.fixAll.pratique"],
        },
      },
    };
  }

  /** Lints a document after a pause; what was waiting or running for an older text is dropped. */
  #soon(document: TextDocument, pause: number): void {
    const { uri } = document;
    clearTimeout(this.#waiting.get(uri));
    this.#waiting.set(
      uri,
      setTimeout(() => {
        this.#waiting.delete(uri);
        const current = this.#documents.get(uri);
        if (current !== undefined) void this.#lint(current);
      }, pause),
    );
  }

  async #lint(document: TextDocument): Promise<void> {
    const { uri, version } = document;
    if (!isOurs(document)) return;
    this.#running.get(uri)?.abort();
    const abort = new AbortController();
    this.#running.set(uri, abort);
    try {
      const findings = await this.#findings(document, abort.signal);
      if (abort.signal.aborted || this.#documents.get(uri)?.version !== version) return;
      this.#publish(document, findings);
    } catch (error) {
      if (abort.signal.aborted) return;
      // Settings that cannot be read, for one: said at the top of the file, since it keeps everything else from being said.
      this.#connection.console.error(messageOf(error));
      await this.#connection.sendDiagnostics({ uri, version, diagnostics: [problem(messageOf(error))] });
    } finally {
      if (this.#running.get(uri) === abort) this.#running.delete(uri);
    }
  }

  async #findings(document: TextDocument, signal: AbortSignal): Promise<readonly Finding[]> {
    const path = pathOf(document.uri);
    const options: Omit<LintOptions, "targets"> = {
      ...this.#options,
      output: DEFAULT_OUTPUT,
      signal,
      progress: { start() {}, detail() {}, done() {} },
    };
    const text = document.getText();
    if (path === undefined) {
      const { report } = await lintText(Buffer.from(text), { ...options, target: "-" });
      return report.findings;
    }
    const texts = new Map([[path, text]]);
    const { report, failure } = await lintCommand({ ...options, targets: [path], texts });
    if (failure !== undefined) throw failure;
    return report.findings;
  }

  #publish(document: TextDocument, findings: readonly Finding[]): void {
    const { uri, version } = document;
    const own = pathOf(uri);
    const uriOf = (file: string): string =>
      own === undefined || resolve(file) === own ? uri : pathToFileURL(resolve(file)).href;
    const byUri = new Map<string, Found[]>([[uri, []]]);
    let ownFile = own === undefined ? "-" : "";
    for (const finding of findings) {
      if (finding.waived !== undefined || !isFileLocation(finding.location)) continue;
      const target = uriOf(finding.location.file);
      if (target === uri) ownFile = finding.location.file;
      const diagnostic = toDiagnostic(finding, uriOf);
      if (diagnostic !== undefined)
        byUri.set(target, [...(byUri.get(target) ?? []), { finding, diagnostic }]);
    }
    const before = this.#known.get(uri)?.others ?? [];
    const others = [...byUri.keys()].filter((other) => other !== uri);
    this.#known.set(uri, { version, file: ownFile, found: byUri.get(uri) ?? [], others });
    for (const [target, found] of byUri) {
      void this.#connection.sendDiagnostics({
        uri: target,
        ...(target === uri ? { version } : {}),
        diagnostics: found.map(({ diagnostic }) => diagnostic),
      });
    }
    this.#clear(before.filter((other) => !others.includes(other)));
  }

  #clear(uris: readonly string[]): void {
    for (const uri of uris) void this.#connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  #forget(uri: string): void {
    clearTimeout(this.#waiting.get(uri));
    this.#waiting.delete(uri);
    this.#running.get(uri)?.abort();
    this.#clear([uri, ...(this.#known.get(uri)?.others ?? [])]);
    this.#known.delete(uri);
  }

  async #hover(uri: string, position: { readonly line: number; readonly character: number }) {
    const touched = (this.#known.get(uri)?.found ?? []).filter(({ diagnostic: { range } }) => {
      const { start, end } = range;
      const afterStart =
        position.line > start.line || (position.line === start.line && position.character >= start.character);
      const beforeEnd =
        position.line < end.line || (position.line === end.line && position.character <= end.character);
      return afterStart && beforeEnd;
    });
    const [first] = touched;
    if (first === undefined) return null;
    const rules = await allRules();
    const ids = [...new Set(touched.map(({ finding }) => finding.rule))];
    const pages = ids.flatMap((id) => {
      const rule = rules.get(id);
      return rule === undefined ? [] : [page(rule)];
    });
    return {
      contents: { kind: MarkupKind.Markdown, value: pages.join("\n\n---\n\n") },
      range: first.diagnostic.range,
    };
  }

  async #actions(uri: string, range: Parameters<typeof actionsFor>[1], only: readonly string[] | undefined) {
    const document = this.#documents.get(uri);
    const known = this.#known.get(uri);
    if (document === undefined || known === undefined || known.version !== document.version) return [];
    const text = document.getText();
    const place: Place = {
      uri,
      version: document.version,
      file: known.file,
      dockerfile: isManifest(document) ? undefined : parsed(text),
    };
    const wants = (kind: string): boolean =>
      only === undefined || only.some((one) => kind === one || kind.startsWith(`${one}.`));
    const actions = wants(CodeActionKind.QuickFix) ? actionsFor(known.found, range, place) : [];
    if (only?.some((one) => "source.fixAll.pratique".startsWith(one)) !== true) return actions;
    const { text: mended } = await mendText(Buffer.from(text), {
      ...this.#options,
      target: "-",
      output: DEFAULT_OUTPUT,
      signal: new AbortController().signal,
      progress: { start() {}, detail() {}, done() {} },
      // Asking a registry is for the command line, where a person waits for it.
      offline: true,
    });
    return mended === text ? actions : [...actions, replaceAll(place, document.lineCount, mended)];
  }
}

const isManifest = (document: TextDocument): boolean => document.languageId === "yaml";

/** Dockerfiles by language or name, and manifests; other YAML is found to hold no job, and stays silent. */
function isOurs(document: TextDocument): boolean {
  if (/^(?:dockerfile|containerfile)$/i.test(document.languageId)) return true;
  const path = pathOf(document.uri);
  if (path === undefined) return false;
  if (isDockerfileName(basename(path))) return true;
  return kindOf(basename(path)) === "manifest" && /^apiVersion\s*:/m.test(document.getText());
}

/** The path of a document that lies in a folder; undefined for one that was never saved. */
function pathOf(uri: string): string | undefined {
  if (!uri.startsWith("file:")) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

function parsed(text: string): Dockerfile {
  return parseDockerfile(text);
}

const problem = (message: string): Diagnostic => ({
  range: rangeOf({ file: "", startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 }),
  severity: 1,
  source: "pratique",
  message,
});

let rulesById: Promise<ReadonlyMap<string, Rule>> | undefined;

function allRules(): Promise<ReadonlyMap<string, Rule>> {
  rulesById ??= Promise.all(RULE_KINDS.map((kind) => loadRules(kind))).then(
    (groups) => new Map((groups.flat() as unknown as Rule[]).map((rule) => [rule.id, rule])),
  );
  return rulesById;
}

/** A rule's page, short. */
const page = ({ id, title, why, fix, requirements, aliases }: Rule): string =>
  [
    `**${title}** (\`${id}\`)`,
    why,
    `**What to do.** ${fix}`,
    ...(requirements.length === 0 ? [] : [`Requirements: ${requirements.join(", ")}`]),
    ...(aliases.length === 0 ? [] : [`Known elsewhere as: ${aliases.slice(0, 6).join(", ")}`]),
  ].join("\n\n");

function readOptions(given: unknown): Options {
  if (typeof given !== "object" || given === null) return {};
  const get = (name: string): unknown => Reflect.get(given, name);
  const list = (value: unknown): string[] | undefined =>
    Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : undefined;
  const profile = get("profile");
  const select = list(get("select"));
  const ignore = list(get("ignore"));
  return {
    ...(typeof profile === "string" ? { profile } : {}),
    ...(select === undefined ? {} : { select }),
    ...(ignore === undefined ? {} : { ignore }),
  };
}
