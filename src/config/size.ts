const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `100`, `4k`, `512m` or `2g` in bytes, as engines count them; undefined for anything else, zero included. */
export function parseSize(text: string): number | undefined {
  const match = /^([1-9]\d{0,11})([kmg]?)$/i.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * (UNITS[(match[2] ?? "").toLowerCase()] ?? 1);
}
