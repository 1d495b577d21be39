/** Ways to work something out only once. */

/**
 * An object that keeps what was worked out of it. (In a WeakMap it would be kept as well, but whatever refers back to
 * its key then survives every quick collection of memory: in a folder of thousands of files that costs much time.)
 */
export interface Keeper {
  readonly kept: unknown[];
}

/** Stands for `undefined`, which says that nothing was worked out yet. */
const NOTHING = Symbol("nothing");

/**
 * Makes functions of one kind of object, each of which does its work once for each object. Called once for each kind:
 * the functions of a kind share what its objects keep.
 */
export function onceFor<K extends Keeper>() {
  let functions = 0;
  return <T>(make: (of: K) => T): ((of: K) => T) => {
    const slot = functions++;
    return (of) => {
      const known = of.kept[slot];
      if (known !== undefined) return (known === NOTHING ? undefined : known) as T;
      const made = make(of);
      of.kept[slot] = made === undefined ? NOTHING : made;
      return made;
    };
  };
}

/** Longer texts seldom come twice. */
const LONGEST = 2000;

const memories: Map<string, unknown>[] = [];

/** Lets go of all that was remembered: the next answers are worked out anew. */
export function forget(): void {
  for (const memory of memories) memory.clear();
}

/**
 * A pure function of a text that remembers its last answers: files of one folder repeat their lines. No more than
 * `most` answers are held, so that a large folder takes no more memory than a small one.
 */
export function remembered<T>(most: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  memories.push(known);
  return (text) => {
    if (text.length > LONGEST) return make(text);
    const before = known.get(text);
    if (before !== undefined || known.has(text)) return before as T;
    // A piece of a text would keep the whole text in memory.
    const own = [text, " "].join("").slice(0, -1);
    const made = make(own);
    if (known.size >= most) known.clear();
    known.set(own, made);
    return made;
  };
}
