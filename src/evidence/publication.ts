import type { Profile } from "../profiles/profile.ts";
import type { Publication, Report, RequirementResult } from "./report.ts";

/** Something that a publication shows: whether it holds, as far as it was seen, and in words. */
interface Shown {
  readonly status: "pass" | "fail" | "not-assessed";
  readonly reason: string;
}

/**
 * The report of an image that was published: with what only the publication could show among its requirements. A profile says
 * which statements these are (`publication`). The verdict stays: it is about the image.
 */
export function withPublication(
  report: Report,
  publication: Publication,
  { registries, statements }: Pick<Profile, "registries" | "statements">,
): Report {
  const asked = new Map(
    statements.flatMap(({ id, publication: what }) => (what === undefined ? [] : [[id, what]])),
  );
  const requirements = report.requirements.map((one): RequirementResult => {
    const what = one.scope === "publish" ? asked.get(one.id) : undefined;
    if (what === undefined) return one;
    const shown = what.map((aspect) => SHOWN[aspect](publication, registries.value));
    const decides =
      shown.find(({ status }) => status === "fail") ?? shown.find(({ status }) => status === "not-assessed");
    return {
      ...one,
      status: decides?.status ?? "pass",
      reason: decides?.reason ?? shown.map(({ reason }) => reason).join(" "),
    };
  });
  return { ...report, requirements, publication };
}

const LATEST = "latest";

const SHOWN: Readonly<
  Record<
    "registry" | "own-tag" | "latest",
    (publication: Publication, registries: readonly string[]) => Shown
  >
> = {
  registry({ image }, registries) {
    const host = image.split("/", 1)[0] ?? "";
    return registries.includes(host)
      ? { status: "pass", reason: `It was pushed to ${host}.` }
      : {
          status: "fail",
          reason: `It was pushed to ${host}, and images are taken from ${registries.join(", ")} only.`,
        };
  },
  "own-tag"({ tags: [tag = ""] }) {
    // Versions and days have digits; of words, only people know whether they say what the image is.
    return /\d/.test(tag)
      ? { status: "pass", reason: `Its tag is ${tag}, which no other image had there.` }
      : {
          status: "not-assessed",
          reason: `No other image had the tag ${tag} there; whether it says what the image is, people have to see.`,
        };
  },
  latest: ({ tags }) =>
    tags.includes(LATEST)
      ? { status: "pass", reason: `${LATEST} goes with it.` }
      : { status: "fail", reason: `The tag ${LATEST} was not moved beside its own.` },
};
