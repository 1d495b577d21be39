import data from "./cuda.json" with { type: "json" };

/** What NVIDIA says about its drivers and GPUs; the source stands in the data. */

/** The oldest driver for Linux that programs of this release of CUDA work with; undefined where it is not known. */
export const minimumDriver = (cuda: string): string | undefined =>
  data.drivers.find((row) => cuda === row.cuda || cuda.startsWith(`${row.cuda}.`))?.driver;

/** The first release of CUDA that makes code for GPUs of this compute capability. */
export const firstCuda = (compute: string): string | undefined =>
  (data.firstCuda as Readonly<Record<string, string | undefined>>)[compute];

/**
 * Whether code that was made for one GPU runs on another: machine code on later ones of the same generation, PTX on any
 * later one, since the driver compiles it when it is loaded.
 */
export const runsOn = (made: string, compute: string, form: "machine" | "ptx"): boolean =>
  compareVersions(made, compute) <= 0 && (form === "ptx" || made.split(".")[0] === compute.split(".")[0]);

/** Versions number by number: below 0 where `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) =>
    version.split(".").map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let at = 0; at < Math.max(left?.length ?? 0, right?.length ?? 0); at++) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
