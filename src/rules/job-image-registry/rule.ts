import { at, fixOf, listOf } from "../helpers.ts";
import { containerExample } from "../job-examples.ts";
import { checkImages } from "../job-images.ts";
import { shown } from "../jobs.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"job">({
  id: "job-image-registry",
  title: "A job takes its image from a registry that is not authorised",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["REG-01", "REG-07"],
  why: "Images enter the Safe Haven from one registry, by a proxy. Any other cannot be reached, and the job waits for its image and never starts.",
  fix: "Push the image to ghcr.io, pull it with `ces-pull`, and name it by the proxy's address.",
  aliases: [],
  examples: {
    bad: [
      containerExample("another registry", "image: quay.io/lab/fit:1.2", 10),
      containerExample("another proxy", "image: registry.example.org:5000/lab/fit:1.2", 10),
    ],
    good: [containerExample("through the proxy", "image: tre-ghcr-proxy.nsh.loc:5006/lab/fit:1.2")],
  },
  *check(facts, profile) {
    yield* checkImages(facts, profile, function* ({ pod, path, reference, origin, proxied }) {
      if (origin !== "other") return;
      yield {
        message: `Images come from ${listOf(profile.registries.value)}, and ${shown(reference.registry)} cannot be reached.`,
        fix: fixOf("Push the image to ghcr.io, and name it by the proxy.", `image: ${proxied}`),
        ...at(facts, pod.document.rangeOf(path)),
      };
    });
  },
});
