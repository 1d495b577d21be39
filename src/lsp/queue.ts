/** One document's latest request. */
interface Request {
  readonly abort: AbortController;
  readonly done: Promise<void>;
  readonly start: () => void;
  readonly cancel: () => void;
}

/**
 * Lets one piece of work run at a time, and for each document only the latest: what is outdated before it starts is
 * never begun, and what is outdated while it runs is told so by its signal.
 */
export class Queue {
  readonly #lint: (uri: string, signal: AbortSignal) => Promise<void>;
  readonly #requests = new Map<string, Request>();
  #last: Promise<unknown> = Promise.resolve();

  /** `lint` deals with its own errors. */
  constructor(lint: (uri: string, signal: AbortSignal) => Promise<void>) {
    this.#lint = lint;
  }

  /** True when the document was asked for before, and not forgotten. */
  knows(uri: string): boolean {
    return this.#requests.has(uri);
  }

  /** Asks for a document to be linted when nothing new is asked for it within some milliseconds. */
  ask(uri: string, delay: number): void {
    this.forget(uri);
    const abort = new AbortController();
    let finish = (): void => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let waits = true;
    const start = (): void => {
      if (!waits) return;
      waits = false;
      clearTimeout(timer);
      void this.alone(async () => {
        if (!abort.signal.aborted) await this.#lint(uri, abort.signal);
      }).finally(finish);
    };
    const cancel = (): void => {
      abort.abort();
      clearTimeout(timer);
      if (waits) finish();
      waits = false;
    };
    const timer = setTimeout(start, delay);
    this.#requests.set(uri, { abort, done, start, cancel });
  }

  /** Resolves when the document, as it is by then, is linted; begins at once where it would have waited. */
  async settled(uri: string): Promise<void> {
    for (;;) {
      const request = this.#requests.get(uri);
      if (request === undefined) return;
      request.start();
      await request.done;
      if (this.#requests.get(uri) === request) return;
    }
  }

  forget(uri: string): void {
    this.#requests.get(uri)?.cancel();
    this.#requests.delete(uri);
  }

  /** Does something while nothing else runs. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  close(): void {
    for (const uri of [...this.#requests.keys()]) this.forget(uri);
  }
}
