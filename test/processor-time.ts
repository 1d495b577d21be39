/** Milliseconds that a piece of work keeps the processor: other tests, and other work of the machine, do not count. */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user / 1000;
}
