import { at, fixOf } from "../helpers.ts";
import { containerExample } from "../job-examples.ts";
import { checkImages } from "../job-images.ts";
import { shown } from "../jobs.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"job">({
  id: "job-image-proxy",
  title: "A job's image is not named by the address that the cluster can reach",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["REG-07"],
  why: "The machines of the cluster have no internet. Images reach them through a proxy inside the Safe Haven: `ces-pull` fetches the image there, and the job names it by the proxy's address.",
  fix: "Pull the image with `ces-pull k8s` first, and write the name that `podman images` then shows, with the proxy's address and port.",
  aliases: [],
  examples: {
    bad: [
      containerExample("the public address", "image: ghcr.io/lab/fit:1.2", 10),
      containerExample("no port", "image: tre-ghcr-proxy.nsh.loc/lab/fit:1.2", 10),
      containerExample("no owner", "image: tre-ghcr-proxy.nsh.loc:5006/fit:1.2", 10),
      containerExample(
        "the public address behind the proxy's",
        "image: tre-ghcr-proxy.nsh.loc:5006/ghcr.io/lab/fit:1.2",
        10,
      ),
    ],
    good: [
      containerExample("through the proxy", "image: tre-ghcr-proxy.nsh.loc:5006/lab/fit:1.2"),
      containerExample("from another port", "image: tre-ghcr-proxy.nsh.loc:5000/lab/fit:1.2"),
      containerExample(
        "not assessed: not filled in yet",
        "image: tre-ghcr-proxy.nsh.loc:<port>/<github_user>/fit:1.2",
      ),
    ],
  },
  *check(facts, profile) {
    yield* checkImages(facts, profile, function* ({ pod, path, reference, origin, proxied, policy }) {
      if (origin !== "proxy" && origin !== "public") return;
      const [first = ""] = reference.repository.split("/");
      const isDoubled = origin === "proxy" && profile.registries.value.includes(first);
      const problem =
        origin === "public"
          ? `The cluster cannot reach ${shown(reference.registry)}: the same image is had from ${policy.imageProxy.value}`
          : !/:\d+$/.test(reference.registry ?? "")
            ? "The address of the proxy has no port, and is not found without it"
            : isDoubled
              ? `The proxy stands in for ${first}, so that the name must not have both`
              : !reference.repository.includes("/")
                ? "The image's name has no owner"
                : undefined;
      if (problem === undefined) return;
      yield {
        message: `${problem}.`,
        fix: fixOf(
          "Write the name that “podman images” shows after ces-pull.",
          `image: ${isDoubled ? proxied.replace(`${first}/`, "") : proxied}`,
        ),
        ...at(facts, pod.document.rangeOf(path)),
      };
    });
  },
});
