import type { Step, StepId } from "../evidence/report.ts";
import { plural } from "../findings/counting.ts";
import type { Look } from "./look.ts";
import { plainLine } from "./plain.ts";
import { stepLine } from "./terminal.ts";
import { clip } from "./wrap.ts";

/** The part of a stream that is written to; a test gives its own. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly stream: ProgressStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Show every line that the engine and the program print, and not only the last one. */
  readonly verbose?: boolean;
  /** Milliseconds; a test gives its own clock. */
  readonly now?: () => number;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const REDRAW = 100;
const HEARTBEAT = 15_000;
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_REST = "\u001b[K";

/**
 * Says what is going on. On a terminal one line moves, with the last words of the program at work; elsewhere (CI, a
 * pipe, TERM=dumb, NO_COLOR) there is a plain line at the start and end of each step, and one now and then in between.
 */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #look: Look;
  readonly #moving: boolean;
  readonly #verbose: boolean;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #current: { id: StepId | "publish"; label: string; since: number } | undefined;
  #detail = "";
  #frame = 0;
  #saidAt = 0;

  constructor({ stream, env, verbose = false, now = () => performance.now() }: ProgressOptions) {
    this.#stream = stream;
    this.#verbose = verbose;
    this.#now = now;
    this.#moving = stream.isTTY === true && env.TERM !== "dumb" && !env.CI && !env.NO_COLOR;
    this.#look = {
      width: Math.max(40, Math.min(stream.columns ?? 80, 120)),
      color: this.#moving,
      unicode: env.TERM !== "dumb",
    };
  }

  start(id: StepId | "publish", label: string): void {
    this.#clear();
    this.#current = { id, label: plainLine(label), since: this.#now() };
    this.#detail = "";
    this.#saidAt = this.#now();
    if (this.#moving) this.#stream.write(HIDE_CURSOR);
    else this.#stream.write(`${id}: ${this.#current.label} ...\n`);
    this.#timer = setInterval(() => this.#tick(), this.#moving ? REDRAW : 1000);
    this.#timer.unref();
  }

  /** The last line that a program printed. */
  detail(text: string): void {
    if (this.#verbose) {
      if (this.#moving) this.#stream.write(`\r${CLEAR_REST}`);
      // Forges obey lines that begin with “::”, and the program's are not ours.
      this.#stream.write(`  | ${plainLine(text)}\n`);
      return;
    }
    // Cut before cleaning: programs print megabytes, and only the last line before a redraw is seen.
    this.#detail = text.slice(0, 500);
  }

  done(step: Step): void {
    this.#clear();
    this.#current = undefined;
    this.#stream.write(`${this.#moving ? stepLine(step, this.#look) : plainStep(step)}\n`);
  }

  /** Takes the moving line away and shows the cursor again; may be called at any time, more than once. */
  stop(): void {
    this.#clear();
    this.#current = undefined;
  }

  #clear(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#moving) this.#stream.write(`\r${CLEAR_REST}${SHOW_CURSOR}`);
  }

  #tick(): void {
    if (this.#current === undefined) return;
    const { id, label, since } = this.#current;
    const seconds = (this.#now() - since) / 1000;
    const words = plainLine(this.#detail).trim() || label;
    if (this.#moving) {
      this.#frame = (this.#frame + 1) % FRAMES.length;
      const line = `${FRAMES[this.#frame]} ${id.padEnd(9)} ${seconds.toFixed(0).padStart(3)} s  ${words}`;
      // The window may have become narrower; a line that wraps could not be drawn over.
      const width = Math.min(this.#look.width, this.#stream.columns ?? 80);
      // Drawn over and then cut off, so that the line does not flicker.
      this.#stream.write(`\r${clip(line, width - 1)}${CLEAR_REST}`);
    } else if (this.#now() - this.#saidAt >= HEARTBEAT) {
      this.#saidAt = this.#now();
      this.#stream.write(`${id}: ${seconds.toFixed(0)} s, ${clip(words, 100)}\n`);
    }
  }
}

function plainStep({ id, status, detail, findings, seconds, reason }: Step): string {
  const time = `${seconds.toFixed(1)} s`;
  if (status === "not-assessed") return `${id}: not assessed: ${plainLine(reason)}`;
  if (status === "failed") return `${id}: failed after ${time}: ${plainLine(reason)}`;
  return `${id}: ${["done", plainLine(detail), findings === 0 ? "" : plural(findings, "finding"), time].filter(Boolean).join(", ")}`;
}
