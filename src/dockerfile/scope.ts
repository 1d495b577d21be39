import type { Environment } from "./variables.ts";

/** A stage built on more stages with variables than this gets a copy of theirs, so that looking one up stays quick. */
const DEEPEST = 64;

interface Value {
  readonly version: number;
  readonly value: string;
}

/**
 * The variables of a stage as they grow line by line. What was seen at a line stays as it was, without a copy for each
 * line: a file may have many thousands of them.
 */
export class Scope {
  readonly #before: Environment;
  readonly #depth: number;
  readonly #values = new Map<string, Value[]>();
  #version = 0;

  /** Begins with what holds at the end of another stage. */
  constructor(before: Environment) {
    const depth = before instanceof View ? before.depth + 1 : 0;
    this.#before = depth > DEEPEST && before instanceof View ? before.copy() : before;
    this.#depth = depth > DEEPEST ? 0 : depth;
  }

  set(name: string, value: string): void {
    this.#version++;
    const known = this.#values.get(name);
    if (known === undefined) this.#values.set(name, [{ version: this.#version, value }]);
    else known.push({ version: this.#version, value });
  }

  /** The variables as they are now; later changes do not show in it. */
  view(): Environment {
    return this.#version === 0
      ? this.#before
      : new View(this.#before, this.#values, this.#version, this.#depth);
  }
}

class View implements Environment {
  readonly depth: number;
  readonly #before: Environment;
  readonly #values: ReadonlyMap<string, readonly Value[]>;
  readonly #version: number;

  constructor(
    before: Environment,
    values: ReadonlyMap<string, readonly Value[]>,
    version: number,
    depth: number,
  ) {
    this.#before = before;
    this.#values = values;
    this.#version = version;
    this.depth = depth;
  }

  get(name: string): string | undefined {
    // A loop and no recursion: each stage may be built on another one.
    for (let at: Environment = this; ; at = at.#before) {
      if (!(at instanceof View)) return at.get(name);
      const own = latest(at.#values.get(name), at.#version);
      if (own !== undefined) return own;
    }
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  copy(): Environment {
    const views: View[] = [];
    let bottom: Environment = this;
    for (; bottom instanceof View; bottom = bottom.#before) views.push(bottom);
    const all = new Map(bottom instanceof Map ? (bottom as Map<string, string>) : []);
    for (const view of views.reverse()) {
      for (const [name, values] of view.#values) {
        const value = latest(values, view.#version);
        if (value !== undefined) all.set(name, value);
      }
    }
    return all;
  }
}

/** The last value that was set up to a version; they are in order. */
function latest(values: readonly Value[] | undefined, version: number): string | undefined {
  if (values === undefined) return undefined;
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle]?.version ?? 0) <= version) low = middle + 1;
    else high = middle;
  }
  return values[low - 1]?.value;
}
