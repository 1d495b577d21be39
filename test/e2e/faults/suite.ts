import { afterAll, beforeAll, expect, it } from "vitest";
import { endFaults } from "./cases/ends.ts";
import { fileFaults } from "./cases/files.ts";
import { imageFaults } from "./cases/images.ts";
import { kernelFaults } from "./cases/kernel.ts";
import { outputFaults } from "./cases/output.ts";
import { processFaults } from "./cases/processes.ts";
import { runCase } from "./harness.ts";
import { openPlace, type Place, type PlaceName } from "./place.ts";

const all = [...endFaults, ...processFaults, ...kernelFaults, ...fileFaults, ...outputFaults, ...imageFaults];
/** `npm test` asks for a part of them, which has to fit into its time. */
const faults =
  process.env.PRATIQUE_FAULTS === "quick" ? all.filter(({ onDemand }) => onDemand !== true) : all;

/** Every fault case at one place. A few run side by side, since most of a case is waiting. */
export function defineFaults(name: PlaceName): void {
  let place: Place;
  let before: { networks: string[]; volumes: string[] };
  const held = () => ({
    networks: place.ask("network", "ls", "--quiet"),
    volumes: place.ask("volume", "ls", "--quiet", "--filter", "dangling=true"),
  });
  beforeAll(async () => {
    place = await openPlace(name);
    before = held();
  });
  afterAll(() => {
    // What other people's containers use meanwhile is not dangling.
    const after = held();
    place.dispose();
    expect(after.networks.filter((id) => !before.networks.includes(id))).toEqual([]);
    expect(after.volumes.filter((id) => !before.volumes.includes(id))).toEqual([]);
  });

  // One flat list: suites side by side would each run as many side by side.
  for (const fault of faults) it.concurrent(fault.name, () => runCase(place, fault));
}
