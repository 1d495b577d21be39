import { posix } from "node:path";
import { declared, type Ecosystem, jsonObject, MB, mayDeclare, stringOf, wordOf } from "./ecosystem.ts";
import { licenceOf } from "./licence.ts";

/** Conda's packages: a JSON document for each in the environment's `conda-meta`. */
export const conda: Ecosystem = {
  wanted({ name, path }) {
    return name.endsWith(".json") && /\/conda-meta\/[^/]+\.json$/.test(path) ? 32 * MB : undefined;
  },
  read(bytes, path) {
    const json = jsonObject(bytes.toString("utf8"));
    const name = wordOf(stringOf(json?.name));
    if (json === undefined || name === undefined) return {};
    const qualifiers = {
      build: wordOf(stringOf(json.build)) ?? "",
      channel: channelOf(stringOf(json.channel) ?? ""),
      subdir: wordOf(stringOf(json.subdir)) ?? "",
    };
    const made = declared(
      "conda",
      name,
      stringOf(json.version),
      { type: "conda", name, qualifiers },
      licenceOf(stringOf(json.license)),
    );
    if (made === undefined) return {};
    const prefix = posix.dirname(posix.dirname(path));
    const files = Array.isArray(json.files) ? json.files : [];
    const paths = files
      .filter((file) => typeof file === "string")
      .map((file) => posix.join(prefix, file))
      .filter(mayDeclare);
    return { packages: [made], owned: paths.length === 0 ? [] : [{ type: "conda", name, paths }] };
  },
};

/** `https://conda.anaconda.org/conda-forge/linux-64` is `conda-forge`. */
function channelOf(channel: string): string {
  const parts = channel.replace(/\/(?:noarch|(?:linux|osx|win|emscripten|wasi)-[\w]+)\/?$/, "").split("/");
  return wordOf(parts.at(-1)) ?? "";
}
