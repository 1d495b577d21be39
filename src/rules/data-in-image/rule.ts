import { plural, sizeOf } from "../../findings/counting.ts";
import type { DataFile } from "../../image/data/data.ts";
import { contentsExample, dataExample } from "../contents-examples.ts";
import { groupBy } from "../group.ts";
import { fixOf } from "../helpers.ts";
import { layerWords, unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";

/** Names that findings of the Dockerfile are matched by. */
const MOST_NAMES = 50;

export default defineRule<"image">({
  id: "data-in-image",
  title: "The image holds files that look like data",
  category: "data",
  needs: "image",
  severity: "error",
  requirements: ["IMG-11", "BG-08"],
  why: "An image is software and settings: it is pushed to a registry outside the Safe Haven. Data in it has left the place where it may be, also when a later layer deletes it. It may have come with the base image, or from a download while building.",
  fix: "Build the image without the data, and let the program read from /safe_data.",
  aliases: [],
  examples: {
    bad: [
      { title: "a table", facts: { contents: dataExample() } },
      { title: "one that a later layer deletes", facts: { contents: dataExample({ removedIn: 2 }) } },
      {
        title: "what may be data",
        facts: { contents: dataExample({ path: "/opt/a.h5", format: "HDF5", certain: false }) },
      },
    ],
    good: [
      { title: "none", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: { contents: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
      { title: "nothing but software", facts: { contents: contentsExample() } },
    ],
  },
  *check(image) {
    const { contents } = image;
    yield* unread(image, contents?.data.notAssessed);
    if (contents === undefined) return;
    const groups = groupBy(
      contents.data.files,
      ({ certain, layer, removedIn }) => `${certain} ${layer} ${removedIn}`,
    );
    const placed = new Set(contents.data.files.map(({ layer, path }) => `${layer} ${path}`));
    for (const files of groups.values()) {
      const [first] = files;
      if (first === undefined) continue;
      const { certain, layer, removedIn, path } = first;
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const what = certain ? "data" : "what may be data";
      const them = files.length === 1 ? "it" : "them";
      // A change of rights, or of one byte, writes a file anew.
      const isRewritten = files.every((file) => placed.has(`${removedIn} ${file.path}`));
      const gone =
        removedIn === undefined
          ? ""
          : ` ${capital(layerWords(contents, removedIn))} ${isRewritten ? `writes ${them} anew` : `takes ${them} away`}, but the earlier layer is part of the image.`;
      yield {
        severity: certain ? "error" : "info",
        message: `${capital(layerWords(contents, layer))} brings ${what}: ${plural(files.length, "file")}, ${sizeOf(bytes)} (${named(files)}).${gone}`,
        fix: fixOf(
          certain
            ? "Leave the data out of the build, and let the program read it from /safe_data."
            : "If it is data, leave it out of the build, and let the program read it from /safe_data.",
          ...(/^(?:COPY|ADD)/.test(contents.instructions[layer] ?? "")
            ? ["# .dockerignore", ...ignoreLines(files)]
            : []),
        ),
        location: { imagePath: path },
        subjects: files
          .slice(0, MOST_NAMES)
          .map((file) => `data-file:${file.path.slice(file.path.lastIndexOf("/") + 1)}`),
      };
    }
  },
});

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const named = (files: readonly DataFile[]): string => {
  const shown = files.slice(0, 3).map(({ path, format }) => `${path.slice(-100)}, ${format}`);
  return files.length > 3 ? `${shown.join("; ")}; and ${files.length - 3} more` : shown.join("; ");
};

/** By their endings: the image does not tell where in the project they were. */
const ignoreLines = (files: readonly DataFile[]): string[] =>
  [
    ...new Set(
      files.flatMap(({ path }) => /\.[\w.]{1,20}$/.exec(path.slice(path.lastIndexOf("/")))?.[0] ?? []),
    ),
  ]
    .slice(0, 10)
    .map((ending) => `**/*${ending}`);
