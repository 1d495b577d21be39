import { plural } from "../../findings/counting.ts";
import { safeDirectories } from "../../profiles/profile.ts";
import { filesNotRead, someOfFound } from "../image-files.ts";
import { defineRule } from "../rule.ts";

const there = { exists: true, isDirectory: true, entries: 0, sample: [] };

export default defineRule<"image">({
  id: "image-safe-directories-not-empty",
  title: "The image holds files where the Safe Haven mounts its own",
  category: "directories",
  needs: "image",
  severity: "error",
  requirements: ["DIR-03"],
  why: "The Safe Haven's directories are mounted over these when the job runs, so the program does not find what the image holds there.",
  fix: "Put the files elsewhere in the image, for example below /opt.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a model below the data directory",
        facts: {
          directories: new Map([
            ["/safe_data", { ...there, entries: 3, sample: ["/safe_data/hf", "/safe_data/hf/model.bin"] }],
            ["/safe_outputs", there],
            ["/scratch", there],
          ]),
        },
      },
      {
        title: "data that a later layer deletes",
        facts: {
          fitness: { deletedBelowMounts: { count: 1, paths: ["/safe_data/patients.csv"] } },
        },
      },
    ],
    good: [
      { title: "all are empty", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: { directories: new Map(), tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image, profile) {
    if (image.tree === undefined) {
      yield filesNotRead(image);
      return;
    }
    for (const folder of safeDirectories(profile)) {
      const facts = image.directories.get(folder);
      if (facts === undefined || facts.entries === 0) continue;
      const some = facts.sample.slice(0, 3).map((path) => path.slice(0, 120));
      yield {
        message: `The image holds ${plural(facts.entries, "file or folder", "files and folders")} below ${folder}, which the job will not see${some.length === 0 ? "" : `: ${some.join(", ")}`}.`,
        fix: `Put them elsewhere in the image, for example below /opt.`,
        location: { imagePath: facts.sample[0] ?? folder },
        subjects: [`contents:${folder}`],
      };
    }
    const { count, paths } = image.fitness?.deletedBelowMounts ?? { count: 0, paths: [] };
    if (count === 0) return;
    yield {
      message: `A lower layer holds ${plural(count, "file")} where the Safe Haven mounts its own, and a later one takes ${count === 1 ? "it" : "them"} away: whoever has the image can still read ${someOfFound({ count, paths })}.`,
      fix: "Write it elsewhere, and delete it in the RUN that makes it.",
      location: { imagePath: paths[0] ?? "/" },
    };
  },
});
