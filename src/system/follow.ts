import { closeSync, openSync, readSync } from "node:fs";
import { LineSplitter, LONGEST_LINE } from "./lines.ts";

const INTERVAL = 100;
const CHUNK = 256 * 1024;
/** Read at most this much per tick: what a program prints faster than that is caught up with later. */
const CHUNKS_PER_TICK = 16;

/** Calls `onLine` with each line that is added to a file, until stopped; `stop` delivers what is left first. */
export function followFile(path: string, onLine: (line: string, stream: "stdout") => void): { stop(): void } {
  const file = openSync(path, "r");
  const lines = new LineSplitter(LONGEST_LINE, (line) => onLine(line, "stdout"));
  const buffer = Buffer.allocUnsafe(CHUNK);
  let stopped = false;

  const read = (most: number): void => {
    for (let n = 0; n < most; n++) {
      const bytes = readSync(file, buffer, 0, CHUNK, null);
      if (bytes === 0) return;
      lines.write(buffer.subarray(0, bytes));
    }
  };
  const timer = setInterval(() => read(CHUNKS_PER_TICK), INTERVAL);
  return {
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      read(Number.POSITIVE_INFINITY);
      lines.end();
      closeSync(file);
    },
  };
}
