import type { Profile } from "../profiles/profile.ts";

/**
 * Commands that get an image from a registry into the place (REG-03), one for each of the runtimes that the place has one
 * for; none where it takes nothing from there. The name before the token is of whoever pulls, which need not be the image's
 * owner.
 */
export function pullCommands(
  { pull, registries }: Pick<Profile, "pull" | "registries">,
  image: string,
  runtimes: readonly string[],
): readonly string[] {
  if (pull === undefined || !registries.value.includes(image.split("/", 1)[0] ?? "")) return [];
  const { command, runtimes: known } = pull.value;
  return known
    .filter((id) => runtimes.includes(id))
    .map((id) => command.replace("{runtime}", () => id).replace("{image}", () => image));
}
