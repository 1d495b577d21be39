import { PratiqueError } from "../errors.ts";
import type { NamedRuntime, Profile } from "./profile.ts";
import { profiles } from "./profiles.gen.ts";

/** The profile with this id. Fails with `profile.unknown`. */
export function findProfile(id: string): Profile {
  const profile = Object.hasOwn(profiles, id) ? profiles[id] : undefined;
  if (profile !== undefined) return profile;
  throw new PratiqueError("profile.unknown", `There is no profile “${id.slice(0, 60)}”.`, {
    hint: `Known profiles: ${Object.keys(profiles).join(", ")}.`,
  });
}

/** The runtime of this name. Fails with `runtime.unknown`. */
export function findRuntime(profile: Profile, id: string): NamedRuntime {
  const runtime = Object.hasOwn(profile.runtimes, id) ? profile.runtimes[id] : undefined;
  if (runtime !== undefined) return { id, ...runtime };
  throw new PratiqueError(
    "runtime.unknown",
    `The profile ${profile.id} has no runtime “${id.slice(0, 60)}”.`,
    { hint: `Its runtimes: ${Object.keys(profile.runtimes).join(", ")}.` },
  );
}

/** What a user asks for: runtimes by name, all of them beside the usual ones, or those that are announced. */
export interface AskedRuntimes {
  readonly named?: readonly string[] | undefined;
  readonly matrix?: boolean | undefined;
  readonly foreseen?: boolean | undefined;
}

export interface ChosenRuntime {
  readonly runtime: NamedRuntime;
  /** Whether it counts for the verdict; the others are shown beside it. */
  readonly decides: boolean;
}

/**
 * The runtimes of a test, those that decide first. What was named decides, failing that the profile's default; a
 * matrix shows the rest beside them, and what is only foreseen never decides. Fails with `runtime.unknown`.
 */
export function chooseRuntimes(profile: Profile, asked: AskedRuntimes): ChosenRuntime[] {
  const named = asked.named ?? [];
  const deciding = named.length > 0 ? named : profile.defaultRuntimes.value;
  const beside = Object.entries(profile.runtimes).flatMap(([id, { foreseen }]) =>
    asked.matrix === true || (asked.foreseen === true && foreseen === true) ? [id] : [],
  );
  const chosen = [...new Set([...deciding, ...beside])].map((id) => {
    const runtime = findRuntime(profile, id);
    return { runtime, decides: deciding.includes(id) && runtime.foreseen !== true };
  });
  return [...chosen.filter(({ decides }) => decides), ...chosen.filter(({ decides }) => !decides)];
}
