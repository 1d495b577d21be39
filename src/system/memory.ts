import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/**
 * Frees what nobody holds any more. V8 lets its heap grow as far as the machine allows before it does so by itself, and
 * a run over thousands of files would take several times the memory that it needs. What is given is kept, and
 * given back.
 */
export function freeMemory<T>(kept: T): T {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    const found: unknown = runInNewContext("gc");
    collect = typeof found === "function" ? () => void Reflect.apply(found, undefined, []) : () => {};
  }
  collect();
  return kept;
}
