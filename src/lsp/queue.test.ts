import { describe, expect, it } from "vitest";
import { Queue } from "./queue.ts";

/** A queue whose work ends when it is told to. */
function watched() {
  const log: string[] = [];
  const ends: (() => void)[] = [];
  let running = 0;
  const queue = new Queue(async (uri, signal) => {
    running++;
    log.push(`${uri} starts with ${running} running`);
    await new Promise<void>((resolve) => ends.push(resolve));
    running--;
    log.push(signal.aborted ? `${uri} was outdated` : `${uri} ends`);
  });
  return { queue, log, end: () => ends.shift()?.() };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Queue", () => {
  it("lets one run at a time, and of each document the latest", async () => {
    const { queue, log, end } = watched();
    queue.ask("a", 60_000);
    queue.ask("a", 60_000);
    queue.ask("b", 60_000);
    const both = Promise.all([queue.settled("a"), queue.settled("b")]);
    await turn();
    expect(log).toEqual(["a starts with 1 running"]);
    end();
    await turn();
    end();
    await both;
    expect(log).toEqual(["a starts with 1 running", "a ends", "b starts with 1 running", "b ends"]);
  });

  it("tells what runs that it is outdated, and waits for what came after", async () => {
    const { queue, log, end } = watched();
    queue.ask("a", 60_000);
    const settled = queue.settled("a");
    await turn();
    queue.ask("a", 60_000);
    end();
    await turn();
    end();
    await settled;
    expect(log.slice(1)).toEqual(["a was outdated", "a starts with 1 running", "a ends"]);
  });

  it("never begins what is forgotten, and leaves nobody waiting for it", async () => {
    const { queue, log, end } = watched();
    queue.ask("a", 60_000);
    queue.ask("b", 60_000);
    const settled = Promise.all([queue.settled("a"), queue.settled("b")]);
    await turn();
    queue.forget("b");
    expect([queue.knows("a"), queue.knows("b")]).toEqual([true, false]);
    end();
    await settled;
    queue.close();
    expect(log).toEqual(["a starts with 1 running", "a ends"]);
    expect(await queue.alone(async () => 1)).toBe(1);
  });
});
