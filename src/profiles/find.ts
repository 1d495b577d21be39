import { PratiqueError } from "../errors.ts";
import type { Profile, Runtime } from "./profile.ts";
import { profiles } from "./profiles.gen.ts";

/** The profile with this id. Fails with `profile.unknown`. */
export function findProfile(id: string): Profile {
  const profile = Object.hasOwn(profiles, id) ? profiles[id] : undefined;
  if (profile !== undefined) return profile;
  throw new PratiqueError("profile.unknown", `There is no profile “${id.slice(0, 60)}”.`, {
    hint: `Known profiles: ${Object.keys(profiles).join(", ")}.`,
  });
}

/** The runtime that a test uses unless told otherwise: the first of the profile. */
export function defaultRuntime(profile: Profile): { readonly id: string; readonly runtime: Runtime } {
  const [first] = Object.entries(profile.runtimes);
  if (first === undefined) {
    throw new PratiqueError("profile.invalid", `The profile ${profile.id} has no runtime.`, {
      hint: "Add one under “runtimes”.",
    });
  }
  return { id: first[0], runtime: first[1] };
}
