import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { isAsBad, type VulnerabilitySeverity } from "../findings/vulnerability.ts";
import type { Waiver } from "../findings/waivers.ts";
import type { Profile } from "../profiles/profile.ts";

/** Settings files that people wrote for other linters, and that are honoured here. */
export const PEER_FILES = [".hadolint.yaml", ".hadolint.yml", ".trivyignore", ".trivyignore.yaml"] as const;
const MAX_BYTES = 1024 * 1024;

/** A project's settings with those that it keeps for its other linters. */
export interface Settings {
  readonly config: Config;
  readonly profile: Profile;
  /** The policy as the place gives it, where the project's settings add to it. */
  readonly placeProfile?: Profile | undefined;
  readonly waivers: readonly Waiver[];
  /** False where hadolint's settings say that comments do not count. */
  readonly commentsCount: boolean;
}

/**
 * Takes in the peers' settings files of a folder. `names` are the files that lie in it; those that cannot be read are
 * passed over, since their own programs will complain.
 */
export async function withPeerSettings(
  root: string,
  names: ReadonlySet<string>,
  config: Config,
  profile: Profile,
): Promise<Settings> {
  const texts = new Map<string, string>();
  for (const name of PEER_FILES) {
    const text = names.has(name) ? await readSmall(join(root, name)) : undefined;
    if (text !== undefined) texts.set(name, text);
  }
  const policy = withPolicy(profile, config);
  const ofPlace = (joined: Profile): Pick<Settings, "profile" | "placeProfile"> =>
    joined === profile ? { profile } : { profile: joined, placeProfile: profile };
  if (texts.size === 0) return { config, ...ofPlace(policy), waivers: config.waivers, commentsCount: true };

  const waivers: Waiver[] = [...config.waivers];
  let settings = config;
  let labelled = policy;
  let commentsCount = true;
  for (const [name, text] of texts) {
    if (name.startsWith(".hadolint")) {
      const { readHadolint } = await import("../suppressions/hadolint.ts");
      const hadolint = readHadolint(text, name);
      waivers.push(...hadolint.waivers);
      // Our own settings say more about our own rules.
      settings = { ...settings, rules: { ...hadolint.rules, ...settings.rules } };
      labelled = withPolicy(labelled, hadolint);
      commentsCount = !hadolint.ignoresComments;
    } else if (name === ".trivyignore") {
      const { readTrivyIgnore } = await import("../suppressions/trivy.ts");
      waivers.push(...readTrivyIgnore(text, name));
    } else {
      const { readTrivyIgnoreYaml } = await import("../suppressions/trivy.ts");
      waivers.push(...readTrivyIgnoreYaml(text));
    }
  }
  return { config: settings, ...ofPlace(labelled), waivers, commentsCount };
}

/** What a project says of labels and registries is policy: it adds to that of the place. */
function withPolicy(
  profile: Profile,
  {
    labels,
    strictLabels,
    trustedRegistries,
    scan,
  }: Pick<Config, "labels" | "strictLabels" | "trustedRegistries"> & Partial<Pick<Config, "scan">>,
): Profile {
  const failOn = stricter(profile.scan?.failOn?.value, scan?.failOn);
  const hasLabels = Object.keys(labels).length > 0 || strictLabels;
  const isSame = failOn === profile.scan?.failOn?.value;
  if (!hasLabels && trustedRegistries.length === 0 && isSame) return profile;
  return {
    ...profile,
    ...(isSame || failOn === undefined || profile.scan === undefined
      ? {}
      : { scan: { ...profile.scan, failOn: { value: failOn, source: "pratique.yaml" } } }),
    ...(hasLabels
      ? { labels: { required: { ...profile.labels?.required, ...labels }, strict: strictLabels } }
      : {}),
    ...(trustedRegistries.length === 0
      ? {}
      : { baseRegistries: [...(profile.baseRegistries ?? []), ...trustedRegistries] }),
  };
}

/** The one of two limits that more vulnerabilities go beyond. */
function stricter(
  a: VulnerabilitySeverity | undefined,
  b: VulnerabilitySeverity | undefined,
): VulnerabilitySeverity | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isAsBad(a, b) ? b : a;
}

async function readSmall(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MAX_BYTES) return undefined;
    return await readFile(path, "utf8");
  } catch {
    // It may have gone, or be closed to us; it is another program's file.
    return undefined;
  }
}
