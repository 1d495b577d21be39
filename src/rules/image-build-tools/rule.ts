import { fixOf, listOf } from "../helpers.ts";
import { filesNotRead } from "../image-files.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "image-build-tools",
  title: "The image holds compilers and build tools",
  category: "size",
  needs: "image",
  severity: "info",
  requirements: ["IMG-08"],
  why: "Tools that are only needed to build make the image larger, bring vulnerabilities of their own and are more for the reviewers to ask about. Some programs compile while they run, and need them.",
  fix: "Build in a first stage and copy the result into a lean last stage, or take a slim base image.",
  aliases: [],
  examples: {
    bad: [{ title: "a C compiler", facts: { fitness: { buildTools: ["gcc", "make"] } } }],
    good: [
      { title: "none", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: { fitness: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image) {
    const { fitness } = image;
    if (fitness === undefined) {
      yield filesNotRead(image);
      return;
    }
    const { buildTools } = fitness;
    if (buildTools.length === 0) return;
    const one = buildTools.length === 1;
    yield {
      message: `${listOf(buildTools)} ${one ? "is" : "are"} in the image, and mostly needed only to build.`,
      fix: fixOf(
        "Build in a first stage and copy the result.",
        "FROM <base> AS build",
        "RUN <install the tools and build>",
        "FROM <base>",
        "COPY --from=build /opt/app /opt/app",
      ),
      location: { imagePath: "/" },
      subjects: ["build-tools"],
    };
  },
});
