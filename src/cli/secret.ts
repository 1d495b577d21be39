import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/**
 * One line that nobody is to see: typed without being shown, or from standard input where that is no terminal. So it
 * stands in no command line and no file of ours.
 */
export async function readSecret(question: string, signal: AbortSignal): Promise<string> {
  if (process.stdin.isTTY !== true) return firstLine();
  process.stderr.write(question);
  // What readline would print goes nowhere; with `terminal` it takes the keyboard's echo away as well.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output, terminal: true, signal });
  // Without a listener of its own readline would swallow Ctrl-C.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    for await (const line of lines) return line.trim();
    signal.throwIfAborted();
    return "";
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}

/** No token comes near. */
const LONGEST = 4096;

async function firstLine(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.includes("\n") || text.length > LONGEST) break;
  }
  return (text.split("\n")[0] ?? "").trim();
}
