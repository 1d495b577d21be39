import { plural } from "../../findings/counting.ts";
import { sameMachine } from "../../image/fitness/machines.ts";
import { filesNotRead, shortPath, someOfFound } from "../image-files.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "foreign-programs",
  title: "Programs in the image are made for another kind of machine",
  category: "base-image",
  needs: "image",
  severity: "error",
  requirements: ["IMG-15"],
  why: "A program for another kind of processor does not start there. It gets into an image of the right kind when a file is copied from a laptop with an Arm processor, or the wrong download is chosen.",
  fix: "Download or build the programs for linux/amd64, and build with --platform linux/amd64.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "the program that starts the job",
        facts: {
          fitness: {
            start: {
              programs: [{ path: "/opt/fit/fit", architecture: "arm64", libraries: 0 }],
            },
            machines: new Map([["arm64", { count: 1, paths: ["/opt/fit/fit"] }]]),
          },
        },
      },
      {
        title: "others",
        facts: {
          fitness: {
            machines: new Map([
              ["amd64", { count: 812, paths: ["/usr/bin/python3.11"] }],
              ["arm64", { count: 2, paths: ["/usr/local/bin/yq", "/usr/local/bin/jq"] }],
            ]),
          },
        },
      },
    ],
    good: [
      { title: "all of one kind", facts: {} },
      {
        title: "32-bit programs of the same family",
        facts: { fitness: { machines: new Map([["386", { count: 1, paths: ["/opt/old"] }]]) } },
      },
      {
        title: "an image for another platform, which image-platform tells",
        facts: {
          platform: { os: "linux", architecture: "arm64" },
          fitness: { machines: new Map([["arm64", { count: 9, paths: ["/bin/sh"] }]]) },
        },
      },
      {
        title: "not assessed when the files cannot be read",
        facts: { fitness: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image, profile) {
    const { fitness, platform } = image;
    if (fitness === undefined) {
      yield filesNotRead(image);
      return;
    }
    const [, wanted = ""] = profile.platform.value.split("/");
    const runs = (architecture: string): boolean =>
      sameMachine(architecture, wanted) || sameMachine(architecture, platform.architecture);
    const started = fitness.start.programs.filter(
      ({ architecture }) => architecture !== undefined && !runs(architecture),
    );
    for (const { path, architecture = "" } of started) {
      yield {
        message: `${shortPath(path)}, which starts the job, is made for ${architecture} and not for ${wanted}: it cannot start there.`,
        fix: `Put the program for linux/${wanted} in its place.`,
        location: { imagePath: path },
      };
    }
    for (const [architecture, found] of fitness.machines) {
      if (runs(architecture) || found.paths.every((path) => started.some((one) => one.path === path)))
        continue;
      yield {
        severity: "info",
        message: `${plural(found.count, "program or library is", "programs and libraries are")} made for ${architecture} and cannot be used there: ${someOfFound(found)}.`,
        fix: `Install what is made for linux/${wanted}, or leave it out if the job does not use it.`,
        location: { imagePath: found.paths[0] ?? "/" },
      };
    }
  },
});
