import { plural } from "../../findings/counting.ts";
import type { FitnessFacts } from "../../image/fitness/fitness.ts";
import { fixOf } from "../helpers.ts";
import { filesNotRead, pastable, shortPath } from "../image-files.ts";
import { defineRule } from "../rule.ts";

const MOST = 3;

export default defineRule<"image">({
  id: "job-files-closed",
  title: "The job's user may not read files that the job needs",
  category: "users",
  needs: "image",
  severity: "warning",
  requirements: ["UID-10"],
  why: "The job runs as a user that owns nothing in the image. What only root may read, or what lies below a folder that only its owner may enter, such as /root, is not there for the job.",
  fix: "Install for everyone, below /opt or /usr/local, and let everyone read it: chmod -R a+rX.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a script that only root may read",
        facts: {
          fitness: {
            start: { closed: [{ path: "/opt/app/main.py", closedBy: undefined }] },
          },
        },
      },
      {
        title: "a name that a shell would run",
        facts: {
          fitness: { start: { closed: [{ path: "/opt/a; rm -rf ~", closedBy: undefined }] } },
        },
      },
      {
        title: "a Python in /root",
        facts: {
          fitness: {
            closedPlaces: [
              { path: "/root/miniconda3/bin", variable: "PATH", closedBy: "/root" },
              { path: "/root/miniconda3", variable: undefined, closedBy: "/root" },
            ],
          },
        },
      },
      {
        title: "models in a closed cache",
        facts: {
          fitness: {
            closedPlaces: [{ path: "/opt/hf", variable: "HF_HOME", closedBy: "/opt/hf" }],
          },
        },
      },
    ],
    good: [
      { title: "all can be read", facts: {} },
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
    for (const { path, closedBy } of fitness.start.closed.slice(0, MOST)) {
      yield {
        severity: "error",
        message: `${shortPath(path)} is needed to start the job, and its user may not ${closedBy === undefined ? "read it" : `enter ${shortPath(closedBy)}`}.`,
        fix:
          closedBy === undefined
            ? fixOf("Let everyone read it.", `RUN chmod a+rX ${pastable(path)}`)
            : "Put it where everyone may go, for example below /opt.",
        location: { imagePath: path },
      };
    }
    for (const [closedBy, places] of byFolder(fitness)) {
      const [first] = places;
      if (first === undefined) continue;
      const { path, variable } = first;
      const more = places.length - 1;
      yield {
        message: `${shortPath(path)}${variable === undefined ? "" : `, which ${variable} names,`} cannot be read by the job's user, who may not enter ${shortPath(closedBy)}${more > 0 ? `; so are ${plural(more, "other place", "other places")} below it` : ""}.`,
        fix: /^\/(?:root|home)(?:\/|$)/.test(path)
          ? "Install for everyone instead: below /opt, or into the system."
          : fixOf("Let everyone read it.", `RUN chmod -R a+rX ${pastable(closedBy)}`),
        location: { imagePath: path },
        subjects: [`closed:${closedBy}`],
      };
    }
  },
});

/** One finding for each folder that is in the way; what a variable names says most. */
function byFolder({ closedPlaces }: FitnessFacts): Map<string, FitnessFacts["closedPlaces"]> {
  const folders = new Map<string, FitnessFacts["closedPlaces"]>();
  for (const place of closedPlaces)
    folders.set(place.closedBy, [...(folders.get(place.closedBy) ?? []), place]);
  return folders;
}
