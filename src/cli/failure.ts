import { messageOf, PratiqueError } from "../errors.ts";

/** Says what went wrong and returns the exit code. In JSON mode the error is the one document on stdout. */
export async function reportFailure(error: unknown, argv: readonly string[]): Promise<number> {
  const known = error instanceof PratiqueError ? error : undefined;
  const { renderError } = await import("../reporters/terminal.ts");
  const shown = {
    code: known?.code ?? "internal.defect",
    message: known?.message ?? `Something went wrong inside pratique: ${messageOf(error)}`,
    hint:
      known?.hint ??
      (known === undefined
        ? "Please report it, with the output of the same command and PRATIQUE_DEBUG=1."
        : ""),
  };
  if (wantsJson(argv)) process.stdout.write(`${JSON.stringify({ error: shown }, null, 2)}\n`);
  process.stderr.write(renderError(shown, terminalOptions(process.stderr)));
  if (process.env.PRATIQUE_DEBUG === "1") {
    for (let at: unknown = error; at instanceof Error; at = at.cause)
      process.stderr.write(`${at.stack ?? at.message}\n`);
  }
  return known?.exitCode ?? 3;
}

const wantsJson = (argv: readonly string[]): boolean =>
  argv.includes("--format=json") ||
  argv.includes("--json") ||
  argv.some((word, index) => word === "--format" && argv[index + 1] === "json");

/** Width and colour for a stream. Colour needs a terminal and no NO_COLOR; width is at most what reads well. */
export function terminalOptions(stream: NodeJS.WriteStream): {
  width: number;
  color: boolean;
  unicode: boolean;
} {
  const dumb = process.env.TERM === "dumb";
  return {
    width: Math.max(40, Math.min(stream.columns ?? 80, 120)),
    color: stream.isTTY === true && !dumb && !process.env.NO_COLOR,
    unicode: !dumb && !/^(?:C|POSIX)$/.test(process.env.LC_ALL ?? ""),
  };
}
