import { at, fixOf } from "../helpers.ts";
import { containerExample } from "../job-examples.ts";
import { checkImages } from "../job-images.ts";
import { isPlaceholder, shown } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const image = (tag: string): string => `image: tre-ghcr-proxy.nsh.loc:5006/lab/fit${tag}`;
/** Tags that people move to each new build. */
const MOVING =
  /^(?:latest|main|master|dev|devel|develop|development|test|testing|stable|edge|nightly|prod|production|current)$/i;

export default defineRule<"job">({
  id: "job-image-tag",
  title: "A job's image has a tag that does not tell one build from another",
  category: "reproducibility",
  needs: "job",
  severity: "warning",
  requirements: [],
  why: "Each machine keeps the images it has run. When a new build has the same tag as an old one, some machines run the old one, and nothing says which results came from which.",
  fix: "Give every build a tag of its own, such as its version, and name it in the job.",
  aliases: [],
  examples: {
    bad: [
      containerExample("latest", image(":latest"), 10),
      containerExample("none", image(""), 10),
      containerExample("a tag that moves", image(":dev"), 10),
    ],
    good: [
      containerExample("a version", image(":1.2.0")),
      containerExample("a digest", image(`@sha256:${"a".repeat(64)}`)),
    ],
  },
  *check(facts, profile) {
    for (const said of checkImages(facts, profile, function* ({ pod, path, reference }) {
      const { tag, digest } = reference;
      if (digest !== undefined || isPlaceholder(reference.text)) return;
      if (tag !== undefined && tag !== "" && !MOVING.test(tag)) return;
      yield {
        message:
          tag === undefined || tag === ""
            ? "The image has no tag, which means “latest”: a machine that has an old one runs that."
            : `The tag “${shown(tag)}” is given to each new build: a machine that has an old one runs that.`,
        fix: fixOf(
          "Name the build by a tag of its own.",
          `image: ${reference.registry === undefined ? "" : `${reference.registry}/`}${reference.repository}:<version>`.slice(
            0,
            300,
          ),
        ),
        ...at(facts, pod.document.rangeOf(path)),
      };
    })) {
      if (!("notAssessed" in said)) yield said;
    }
  },
});
