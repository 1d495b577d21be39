import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "image-tag-latest",
  title: "The image is named by the tag latest",
  category: "reproducibility",
  needs: "image",
  severity: "info",
  requirements: ["IMG-18"],
  why: "The tag latest means another image each time that one is pushed. Nodes of the cluster keep an image by its tag, so that an old one may run; and nobody can say later which one it was.",
  fix: "Give each build a tag of its own: a version, or the day.",
  aliases: ["dockle:DKL-DI-0006"],
  examples: {
    bad: [
      { title: "by name", facts: { reference: "ghcr.io/lab/heart:latest" } },
      { title: "with the registry's port", facts: { reference: "docker://localhost:5000/lab/heart:latest" } },
    ],
    good: [
      { title: "a version", facts: { reference: "ghcr.io/lab/heart:1.2" } },
      { title: "a digest too", facts: { reference: `ghcr.io/lab/heart:latest@sha256:${"7".repeat(64)}` } },
      { title: "an archive", facts: { reference: "heart.tar" } },
    ],
  },
  *check({ reference }) {
    if (!/[^/]:latest$/.test(reference)) return;
    const name = reference.slice(0, -":latest".length).replace(/^[a-z-]+:(?:\/\/)?(?=.*\/)/, "");
    yield {
      message: `${reference.slice(0, 120)} is whatever was pushed last.`,
      fix: fixOf(
        "Give it a tag of its own.",
        `podman tag ${reference.slice(0, 120)} ${name.slice(0, 100)}:1.0`,
      ),
      location: { imagePath: "config" },
    };
  },
});
