import type { ImageFacts } from "../image/facts.ts";
import type { Profile } from "../profiles/profile.ts";
import { isWithin, resolvePath } from "./helpers.ts";
import { MODEL_CACHES } from "./model-caches.ts";

/** Where a library of the finished image looks for what it fetched. */
export interface CachePlace {
  readonly paths: readonly string[];
  /** In words, what says so: “HF_HOME is /opt/hf”. */
  readonly because: string;
  /** The variable to set. */
  readonly variable: string;
}

/** Beside those of libraries that fetch into a home. */
const ELSEWHERE: Readonly<Record<string, { variables: readonly string[]; fallback: string }>> = {
  tiktoken: { variables: ["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"], fallback: "/tmp/data-gym-cache" },
};
/** NLTK looks there too, whatever is set. */
const NLTK_FOLDERS = /^\/(?:usr|usr\/local|opt\/[^/]+)(?:\/(?:share|lib))?\/nltk_data$/;

/** Undefined for a kind of which it is not known. */
export function placeOf(kind: string, image: ImageFacts, profile: Profile): CachePlace | undefined {
  const { environment } = image;
  const other = ELSEWHERE[kind];
  const cache = MODEL_CACHES.find(({ name }) => name === kind);
  if (cache === undefined && other === undefined) return undefined;
  const variables =
    cache?.variables ?? (other?.variables ?? []).map((name): readonly [string, string] => [name, ""]);
  const set = variables.flatMap(([name, below]) => {
    const value = environment.get(name) ?? "";
    return value === "" ? [] : [{ name, value, path: resolvePath("/", `${value.split(":")[0]}${below}`) }];
  });
  const [first] = set;
  const [variable = ""] = (cache?.variable ?? `${other?.variables[0]}=`).split("=");
  if (first !== undefined)
    return {
      paths: set.map(({ path }) => path),
      because: `${first.name} is ${first.value.slice(0, 100)}`,
      variable,
    };
  if (other !== undefined) return { paths: [other.fallback], because: `${variable} is not set`, variable };
  const home = homeOf(image, profile);
  return {
    paths: [resolvePath(home, cache?.fallback ?? "")],
    because: `${variable} is not set, and the home is ${home}`,
    variable,
  };
}

/** The home of the job's user, in the first of the runtimes that decide. */
function homeOf({ environment }: ImageFacts, profile: Profile): string {
  const runtime = profile.runtimes[profile.defaultRuntimes.value[0] ?? ""];
  const own = environment.get("HOME") ?? "";
  if (runtime === undefined) return own || "/";
  return runtime.imageHome.value && own !== "" ? own : runtime.home.value;
}

/** Whether the library finds what lies in this folder. */
export const isFound = (kind: string, path: string, { paths }: CachePlace): boolean =>
  paths.includes(path) || (kind === "NLTK" && NLTK_FOLDERS.test(path));

/** Whether what it looks for comes in with the project's data, of which the image knows nothing. */
export const comesWithData = ({ paths }: CachePlace, profile: Profile): boolean =>
  paths.some((path) => isWithin(path, profile.directories.data.value));
