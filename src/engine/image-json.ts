import { PratiqueError } from "../errors.ts";
import type { ImageConfig } from "./engine.ts";
import { asArray, field, stringsOf, textOf } from "./json.ts";

/** Reads the answer of `image inspect`, which Docker and Podman give in almost the same form. */
export function readImageConfig(json: unknown, reference: string): ImageConfig {
  const [image] = asArray(json);
  const id = field(image, "Id");
  if (typeof id !== "string") {
    throw new PratiqueError("image.unreadable", `The engine's answer about “${reference}” has no image id.`, {
      hint: "“pratique doctor” shows the engine's version.",
    });
  }
  const config = field(image, "Config");
  const digest = field(image, "Digest");
  return {
    id: id.startsWith("sha256:") ? id : `sha256:${id}`,
    digest: typeof digest === "string" && digest !== "" ? digest : readRepositoryDigests(json, reference),
    os: textOf(field(image, "Os")),
    architecture: textOf(field(image, "Architecture")),
    size: number(field(image, "Size")),
    layers: asArray(field(field(image, "RootFS"), "Layers")).length,
    diffIds: stringsOf(field(field(image, "RootFS"), "Layers")),
    created: textOf(field(image, "Created")) || undefined,
    ...containerSettings(config),
  };
}

/** What an image says of its containers: the same in engines' answers and in the image's own configuration. */
export const containerSettings = (config: unknown) => ({
  user: textOf(field(config, "User")),
  workingDirectory: textOf(field(config, "WorkingDir")),
  entrypoint: stringsOf(field(config, "Entrypoint")),
  command: stringsOf(field(config, "Cmd")),
  environment: stringsOf(field(config, "Env")),
  exposedPorts: keys(field(config, "ExposedPorts")),
  volumes: keys(field(config, "Volumes")),
  labels: record(field(config, "Labels")),
});

/** The digest under which the repository of `reference` is known, else any. */
export function readRepositoryDigests(json: unknown, reference: string): string | undefined {
  const [image] = asArray(json);
  const known = stringsOf(field(image, "RepoDigests"));
  const at = reference.indexOf("@");
  if (at >= 0) return reference.slice(at + 1);
  const name = reference.replace(/:[^/:]*$/, "");
  const own = known.find((entry) => entry.startsWith(`${name}@`)) ?? known[0];
  return own?.slice(own.indexOf("@") + 1);
}

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const keys = (value: unknown): string[] =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];

function record(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, textOf(entry)]));
}
