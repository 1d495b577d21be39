import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "image-platform",
  title: "The image is made for another kind of machine",
  category: "base-image",
  needs: "image",
  severity: "error",
  requirements: ["IMG-15"],
  why: "The machines of the Safe Haven are linux/amd64. An image built on a laptop with an Arm processor, such as recent Macs, does not start there.",
  fix: "Build with --platform linux/amd64.",
  aliases: ["buildkit:InvalidBaseImagePlatform"],
  examples: {
    bad: [{ title: "built on an Arm laptop", facts: { platform: { os: "linux", architecture: "arm64" } } }],
    good: [{ title: "linux/amd64", facts: { platform: { os: "linux", architecture: "amd64" } } }],
  },
  *check(image, profile) {
    const { os, architecture } = image.platform;
    const wanted = profile.platform.value;
    if (os === "" || architecture === "")
      yield { notAssessed: "the image does not say what kind of machine it is made for" };
    else if (`${os}/${architecture}` !== wanted) {
      yield {
        message: `The image is made for ${os}/${architecture}, but the Safe Haven's machines are ${wanted}.`,
        fix: fixOf("Build it for the Safe Haven's machines.", `docker build --platform ${wanted} .`),
        location: { imagePath: "config" },
        subjects: ["platform"],
      };
    }
  },
});
