import type { FolderFacts } from "../../image/fitness/folders.ts";
import { fixOf } from "../helpers.ts";
import { filesNotRead, shortPath } from "../image-files.ts";
import { defineRule } from "../rule.ts";

const folder = (variable: string, path: string, state: FolderFacts["state"], set = true): FolderFacts => ({
  variable,
  path,
  set,
  state,
});
const CLOSED: ReadonlySet<FolderFacts["state"]> = new Set(["not-writable", "closed", "mounted-read-only"]);

export default defineRule<"image">({
  id: "image-folders-not-writable",
  title: "The image sends programs to folders that the job cannot write",
  category: "users",
  needs: "image",
  severity: "warning",
  requirements: ["UID-09"],
  why: "Libraries write caches and settings to HOME, or to the folder that a variable names. The job's user owns nothing in the image, so that these have to be open to everyone, or lie in /scratch.",
  fix: "Set HOME and the variables of caches to a folder below /scratch.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "matplotlib's folder",
        facts: {
          fitness: { folders: [folder("MPLCONFIGDIR", "/opt/mpl", "not-writable")] },
        },
      },
      {
        title: "a home that nobody can write",
        facts: { fitness: { folders: [folder("HOME", "/", "not-writable", false)] } },
      },
      {
        title: "a cache in a closed home",
        facts: {
          fitness: {
            folders: [
              folder("XDG_CACHE_HOME", "/root/.cache", "closed"),
              folder("WORKDIR", "/root/app", "closed"),
            ],
          },
        },
      },
    ],
    good: [
      { title: "all in the scratch space", facts: {} },
      {
        title: "open folders, and a working folder that is only read",
        facts: {
          fitness: {
            folders: [
              folder("HOME", "/home/job", "writable"),
              folder("NUMBA_CACHE_DIR", "/tmp/numba", "creatable"),
              folder("WORKDIR", "/opt/app", "not-writable"),
            ],
          },
        },
      },
      {
        title: "not assessed when the files cannot be read",
        facts: { fitness: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image, profile) {
    const { fitness } = image;
    if (fitness === undefined) {
      yield filesNotRead(image);
      return;
    }
    const scratch = profile.directories.scratch.value;
    for (const { variable, path, set, state } of fitness.folders) {
      if (!CLOSED.has(state)) continue;
      const place = { location: { imagePath: "config" }, subjects: [`folder:${path}`] };
      if (variable === "WORKDIR") {
        // Most programs only read there; one that may not even be entered is of no use.
        if (state !== "closed") continue;
        yield {
          message: `The job starts in ${shortPath(path)}, which its user may not enter.`,
          fix: fixOf("Start it where everyone may go.", "WORKDIR /opt/app"),
          ...place,
        };
      } else if (variable === "HOME") {
        yield {
          severity: "info",
          message: `${set ? `HOME is ${shortPath(path)}` : `The image sets no HOME, so that it is ${shortPath(path)} there`}, where the job cannot write: caches and settings that programs keep there are lost, or end them.`,
          fix: fixOf("Give the program a home that it can write.", `ENV HOME=${scratch}`),
          ...place,
        };
      } else {
        // The three for temporary files have a rule of their own.
        if (/^(?:TMPDIR|TMP|TEMP)$/.test(variable)) continue;
        yield {
          message: `${variable} sends programs to ${shortPath(path)}, where the job cannot write.`,
          fix: fixOf(
            "Send them to the scratch space.",
            `ENV ${variable}=${scratch}/${variable.toLowerCase()}`,
          ),
          ...place,
        };
      }
    }
  },
});
