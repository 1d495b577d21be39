import { plural } from "../findings/counting.ts";
import { renderDiff } from "./fix.ts";
import { type Look, paint } from "./look.ts";
import { plainLine } from "./plain.ts";
import { indent } from "./wrap.ts";

/** What became of the images that one Dockerfile names. */
export interface ShownPins {
  readonly file: string;
  readonly images: readonly {
    readonly line: number;
    readonly image: string;
    readonly status: "pinned" | "updated" | "current" | "left";
    readonly reason: string;
  }[];
  readonly diff: string;
  readonly problem: string;
}

/** The change as a diff, what was left and why, and how many images that is. `dryRun`: nothing was written. */
export function renderPins(files: readonly ShownPins[], look: Look, dryRun: boolean): string {
  return files.map((file) => renderFile(file, look, dryRun)).join("");
}

function renderFile({ file, images, diff, problem }: ShownPins, look: Look, dryRun: boolean): string {
  const name = plainLine(file, 500);
  if (images.length === 0) return `${name}: it names no image that could be pinned.\n`;
  const count = (status: string): number => images.filter((image) => image.status === status).length;
  const [pinned, updated, current] = [count("pinned"), count("updated"), count("current")];
  const said = [
    ...(pinned > 0 ? [`${plural(pinned, "image")} ${dryRun ? "would be pinned" : "pinned"}`] : []),
    ...(updated > 0 ? [`${plural(updated, "image")} ${dryRun ? "would be updated" : "updated"}`] : []),
    ...(current > 0 ? [`${plural(current, "image is", "images are")} what the tag stands for`] : []),
  ];
  const left = images
    .filter(({ status }) => status === "left")
    .flatMap(({ line, image, reason }) =>
      indent(`Left: ${plainLine(image, 300)} in line ${line}: ${plainLine(reason, 500)}.`, 2, look.width),
    );
  const changes = pinned + updated > 0 && problem === "";
  const head = said.length === 0 ? "nothing was pinned" : said.join(", ");
  return [
    ...(diff === "" ? [] : [renderDiff(diff, look).trimEnd()]),
    problem === "" ? `${paint(look, changes ? "green" : "bold", name)}: ${head}.` : `${name}: ${problem}`,
    ...left,
    "",
  ].join("\n");
}
