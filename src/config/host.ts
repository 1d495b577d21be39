import { isIP } from "node:net";

/** A host as it is compared: in small letters, without the last dot; addresses in their one shortest form. */
export function canonicalHost(text: string): string {
  const plain = text.trim().toLowerCase().replace(/\.$/, "");
  return isIP(plain) === 6 ? new URL(`http://[${plain.replace(/%.*$/, "")}]/`).hostname.slice(1, -1) : plain;
}

/** Whether a text is a name, an address, or `*.` and a domain of at least two parts. */
export function isHostPattern(text: string): boolean {
  const host = canonicalHost(text);
  if (isIP(host) !== 0) return true;
  const name = host.startsWith("*.") ? host.slice(2) : host;
  if (host.startsWith("*.") && !name.includes(".")) return false;
  return (
    name.length <= 253 &&
    name.split(".").every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)) &&
    !/^[\d.]+$/.test(name)
  );
}

/** Exactly the host, or with `*.` any name below the domain; never a part of a name. */
export function hostCovers(pattern: string, host: string): boolean {
  const wanted = canonicalHost(pattern);
  const tried = canonicalHost(host);
  return wanted.startsWith("*.")
    ? isIP(tried) === 0 && tried.endsWith(wanted.slice(1)) && tried.length > wanted.length - 1
    : tried === wanted;
}
