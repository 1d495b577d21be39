/** Name and version in a package's address (`pkg:pypi/requests@2.25.0`); undefined for what is none. */
export function readPurl(purl: string): { readonly name: string; readonly version: string } | undefined {
  const [, path, version = ""] = /^pkg:([\w.+-]+\/[^@?#]{1,600})(?:@([^?#]{0,300}))?/.exec(purl) ?? [];
  if (path === undefined) return undefined;
  const [type, ...rest] = path.split("/").filter((part) => part !== "");
  // A namespace belongs to the name, but for distributions, where it only says which one it is.
  const parts = /^(?:apk|deb|rpm|alpm)$/.test(type ?? "") ? rest.slice(-1) : rest;
  const name = parts.map(decoded).join(type === "maven" ? ":" : "/");
  return name === "" ? undefined : { name: name.slice(0, 300), version: decoded(version).slice(0, 200) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
