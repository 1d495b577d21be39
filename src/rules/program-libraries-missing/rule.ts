import { fixOf, listOf } from "../helpers.ts";
import { filesNotRead, shortPath } from "../image-files.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "program-libraries-missing",
  title: "The program that starts the job lacks libraries",
  category: "start-up",
  needs: "image",
  severity: "error",
  requirements: ["IMG-12", "IMG-14"],
  why: "Before a program's first line runs, the system's loader looks for the libraries that it is linked to. Where one is not found, the program does not start; where the loader itself is missing, the error says that the program is.",
  fix: "Install the packages that bring the libraries, or copy them with the program out of the build stage.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "copied from a build stage without its library",
        facts: {
          fitness: {
            start: {
              missingLibraries: [{ name: "libgomp.so.1", neededBy: "/usr/local/bin/fit" }],
            },
          },
        },
      },
      {
        title: "a program for glibc on Alpine",
        facts: {
          fitness: {
            start: {
              missingLoaders: [{ loader: "/lib64/ld-linux-x86-64.so.2", program: "/usr/local/bin/fit" }],
            },
          },
        },
      },
    ],
    good: [
      { title: "all are found", facts: {} },
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
    const { missingLibraries, missingLoaders } = fitness.start;
    for (const { loader, program } of missingLoaders) {
      const musl = loader.includes("ld-musl");
      yield {
        message: `${shortPath(program)} is started by ${shortPath(loader)}, which is not in the image: it was built for ${musl ? "Alpine (musl)" : "a distribution with glibc, such as Debian"}.`,
        fix: musl
          ? "Take a base image of Alpine, or a program that is built for the base image."
          : "Take a base image with glibc, such as debian:12-slim, or a program that is built for Alpine.",
        location: { imagePath: program },
      };
    }
    const byUser = new Map<string, string[]>();
    for (const { name, neededBy } of missingLibraries)
      byUser.set(neededBy, [...(byUser.get(neededBy) ?? []), name]);
    for (const [path, names] of byUser) {
      const shown = names.slice(0, 5).map((name) => name.slice(0, 60));
      const more = names.length - shown.length;
      yield {
        message: `${shortPath(path)} needs ${more > 0 ? `${shown.join(", ")} and ${more} more` : listOf(shown)}, which the loader does not find in the image: the job cannot start.`,
        fix: fixOf(
          "Install the package that has the library; where it is in the image already, say where.",
          "RUN apt-get update && apt-get install -y --no-install-recommends <package>",
        ),
        location: { imagePath: path },
      };
    }
  },
});
