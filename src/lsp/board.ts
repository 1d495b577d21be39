import type { Diagnostic } from "vscode-languageserver/node";

/** What one document's lint says of files, by their addresses. */
type Notices = ReadonlyMap<string, readonly Diagnostic[]>;

/**
 * What is shown for each file. Several documents may have something to say of one file (two Dockerfiles of the same
 * code), and what they all say is shown once.
 */
export class Board {
  readonly #byOwner = new Map<string, Notices>();
  readonly #publish: (uri: string, diagnostics: Diagnostic[]) => void;

  constructor(publish: (uri: string, diagnostics: Diagnostic[]) => void) {
    this.#publish = publish;
  }

  /** Takes the place of all that this document's lint said before. */
  put(owner: string, notices: Notices): void {
    const before = this.#byOwner.get(owner);
    this.#byOwner.set(owner, notices);
    this.#show(new Set([...(before?.keys() ?? []), ...notices.keys()]));
  }

  remove(owner: string): void {
    const before = this.#byOwner.get(owner);
    this.#byOwner.delete(owner);
    this.#show(before?.keys() ?? []);
  }

  #show(uris: Iterable<string>): void {
    for (const uri of uris) {
      const shown = new Map<string, Diagnostic>();
      for (const notices of this.#byOwner.values())
        for (const diagnostic of notices.get(uri) ?? []) shown.set(keyOf(diagnostic), diagnostic);
      this.#publish(uri, [...shown.values()]);
    }
  }
}

const keyOf = ({ range, code, message }: Diagnostic): string => JSON.stringify([range, code, message]);
