import { familiarRepository } from "../../dockerfile/image-reference.ts";
import { at, fixOf } from "../helpers.ts";
import { containerExample, podExample } from "../job-examples.ts";
import { checkImages } from "../job-images.ts";
import { shown } from "../jobs.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"job">({
  id: "job-image-docker-hub",
  title: "A job takes its image from Docker Hub",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["REG-01", "REG-07", "K8S-22"],
  why: "Docker Hub cannot be reached from the cluster: the job waits for its image and never starts. Examples that do so come from a service with internet, or load data in a container of their own, which has no network here either.",
  fix: "Push the image to ghcr.io, pull it with `ces-pull`, and name it by the proxy's address; data are copied to the cluster's storage beforehand.",
  aliases: [],
  examples: {
    bad: [
      containerExample("no registry", "image: python:3.12", 10),
      containerExample("said in full", "image: docker.io/lab/fit:1.2", 10),
      podExample(
        "a container that loads data",
        "\ninitContainers:\n  - name: load\n    image: busybox\ncontainers: [{name: fit}]\n",
        10,
      ),
    ],
    good: [
      containerExample("through the proxy", "image: tre-ghcr-proxy.nsh.loc:5006/lab/fit:1.2"),
      containerExample("from ghcr.io, of which another rule speaks", "image: ghcr.io/lab/fit:1.2"),
    ],
  },
  *check(facts, profile) {
    yield* checkImages(facts, profile, function* ({ pod, path, reference, origin, proxied }) {
      if (origin !== "docker-hub") return;
      const loader = /^(?:busybox|alpine|alpine\/(?:curl|git)|curlimages\/curl)$/.test(
        familiarRepository(reference),
      );
      yield {
        message: loader
          ? `${shown(reference.repository)} comes from Docker Hub, and no container can load data here: copy them to the project's storage before.`
          : `${shown(reference.text)} comes from Docker Hub, which cannot be reached.`,
        fix: loader
          ? "Take this container away, and copy the data to the project's storage before the job."
          : fixOf("Push the image to ghcr.io, and name it by the proxy.", `image: ${proxied}`),
        ...at(facts, pod.document.rangeOf(path)),
      };
    });
  },
});
