import type { Declared, Distribution, PackageUrl } from "./ecosystem.ts";

const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%3A", ":");

/** The package URL, as https://github.com/package-url/purl-spec wants it: sorted qualifiers, everything encoded. */
export function purlOf({ type, namespace, name, qualifiers = {} }: PackageUrl, version: string): string {
  const path = [...(namespace ?? "").split("/").filter(Boolean), name].map(encode).join("/");
  const asked = Object.entries(qualifiers)
    .filter(([, value]) => value !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encode(value)}`)
    .join("&");
  return `pkg:${type}/${path}${version === "" ? "" : `@${encode(version)}`}${asked === "" ? "" : `?${asked}`}`;
}

/** Packages of a distribution are named after it. */
export function purlIn({ type, purl, version }: Declared, distribution: Distribution | undefined): string {
  if (type !== "deb" && type !== "apk" && type !== "rpm") return purlOf(purl, version);
  const usual = { deb: "debian", apk: "alpine", rpm: "rpm" }[type];
  const named = distribution?.version ? `${distribution.id}-${distribution.version}` : "";
  return purlOf(
    {
      ...purl,
      namespace: distribution?.id ?? usual,
      qualifiers: { ...purl.qualifiers, distro: named },
    },
    version,
  );
}
