import { stat } from "node:fs/promises";
import { findEngine } from "../engine/detect.ts";
import type { EngineName } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import type { ImageSource } from "../image/image.ts";
import type { Platform } from "../image/manifest.ts";
import { engineSource } from "../image/sources/engine.ts";
import { imageTarget } from "../image/sources/target.ts";
import type { Profile } from "../profiles/profile.ts";

/** An image that is there already, by the name that a user gives: no project is built. */
export async function openImage(target: string, engine: EngineName | undefined): Promise<ImageSource> {
  const source = await imageTarget(target);
  if (source !== undefined) return source;
  const info = await stat(target).catch(() => undefined);
  if (info !== undefined)
    throw new PratiqueError("usage.bad-argument", `${target} is no image.`, {
      hint: "Name one: its name in the engine, docker://registry/name:tag, an archive or an OCI layout. “pratique build” makes a project's.",
    });
  const found = await findEngine(engine);
  const { id } = await found.inspectImage(target);
  return engineSource(found, id);
}

/** Which of several platforms is meant: the one that the place has. */
export function platformOf(profile: Profile): Platform {
  const [os = "linux", architecture = "amd64"] = profile.platform.value.split("/");
  return { os, architecture };
}
