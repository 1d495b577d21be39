import type { ValueChange } from "../evidence/changes.ts";
import type { ComparedImage, ComparedPath, ImageDiff } from "../evidence/diff.ts";
import { plural, sizeOf } from "../findings/counting.ts";
import { placeOf } from "./finding-lines.ts";
import { dotted, type Look, paint, type Style } from "./look.ts";
import { plainLine } from "./plain.ts";
import { clip, displayWidth, indent, wrap } from "./wrap.ts";

/** Lines of each kind; `--format json` has them all. */
const MOST = 12;

const SIGNS: Readonly<Record<"+" | "-" | "~", Style>> = { "+": "green", "-": "red", "~": "yellow" };

/** What two images have that is not the same, for a screen. Ends with a newline. */
export function renderDiff(diff: ImageDiff, look: Look): string {
  const { after, before, environment, files, findings, labels, layers, packages, settings } = diff;
  const lines = [
    ...side("-", before, look),
    ...side("+", after, look),
    "",
    ...(diff.differs
      ? []
      : [
          before.id === after.id
            ? " They are the same image."
            : ` No difference in ${diff.filesComparedBy === "contents" ? "files" : "files' sizes"}, packages, settings or findings.`,
          "",
        ]),
    ...part("Findings", look, [
      ...findings.went.map((one) => line("-", findingText(one), look)),
      ...findings.came.map((one) => line("+", findingText(one), look)),
    ]),
    ...part(
      "Settings",
      look,
      [...settings, ...environment, ...labels.map(labelled)].flatMap((one) => valueLines(one, look)),
    ),
    ...part(
      `Packages${counts(packages.added.length, packages.removed.length, packages.changed.length)}`,
      look,
      [
        ...packages.changed.map(({ type, name, before: old, after: now }) =>
          line(
            "~",
            `${name} ${old.join(", ")} ${look.unicode ? "→" : "->"} ${now.join(", ")}  ${type}`,
            look,
          ),
        ),
        ...packages.removed.map(({ type, name, version }) => line("-", `${name} ${version}  ${type}`, look)),
        ...packages.added.map(({ type, name, version }) => line("+", `${name} ${version}  ${type}`, look)),
      ],
    ),
    ...part(
      `Files${counts(files.added.files, files.removed.files, files.changed.files)}`,
      look,
      files.list.map((one) => pathLine(one, look)),
      files.unlisted,
    ),
    ...part(
      layers.before.length + layers.after.length === 0
        ? ""
        : `Layers  the lowest ${layers.shared} are the same`,
      look,
      [
        ...layers.before.map((layer) => line("-", layerText(layer), look)),
        ...layers.after.map((layer) => line("+", layerText(layer), look)),
      ],
    ),
    ...diff.notes.flatMap((note) => indent(`Note: ${plainLine(note)}`, 1, look.width)),
    ...(packages.notAssessed.length === 0
      ? []
      : indent(`Not compared: ${plainLine(packages.notAssessed.join("; "))}`, 1, look.width)),
    ...(diff.filesComparedBy === "sizes"
      ? indent("Files were compared by size, rights and owner only (--no-verify).", 1, look.width)
      : []),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function side(sign: "+" | "-", image: ComparedImage, look: Look): string[] {
  const text = dotted(look, [
    plainLine(image.name, 300),
    `${sizeOf(image.bytes)} in ${plural(image.files, "file")}`,
    plural(image.layers, "layer"),
    image.id.slice(0, 19),
  ]);
  return wrap(text, look.width - 2)
    .split("\n")
    .map((words, index) => `${index === 0 ? paint(look, SIGNS[sign], sign) : " "} ${words}`);
}

function part(title: string, look: Look, lines: readonly string[], more = 0): string[] {
  if (lines.length === 0) return [];
  const left = lines.length - Math.min(MOST, lines.length) + more;
  return [
    paint(look, "bold", ` ${title}`),
    ...lines.slice(0, MOST),
    ...(left > 0
      ? [paint(look, "dim", `    and ${plural(left, "more", "more")}; --format json lists them`)]
      : []),
    "",
  ];
}

const counts = (added: number, removed: number, changed: number): string =>
  `  ${(
    [
      [changed, "changed"],
      [removed, "removed"],
      [added, "added"],
    ] as const
  )
    .filter(([count]) => count > 0)
    .map(([count, word]) => plural(count, word, word))
    .join(", ")}`;

const line = (sign: "+" | "-" | "~", text: string, look: Look): string =>
  `  ${paint(look, SIGNS[sign], sign)} ${clip(plainLine(text, 2000), look.width - 4)}`;

function findingText({ location, title }: ImageDiff["findings"]["came"][number]): string {
  const where = placeOf(location);
  return where === "" ? title : `${title}  ${where}`;
}

const labelled = (change: ValueChange): ValueChange => ({ ...change, name: `label ${change.name}` });

function valueLines({ name, before, after }: ValueChange, look: Look): string[] {
  if (before === null) return [line("+", `${name}=${after ?? ""}`, look)];
  if (after === null) return [line("-", `${name}=${before}`, look)];
  return [line("-", `${name}=${before}`, look), line("+", `${name}=${after}`, look)];
}

function pathLine({ after, before, change, path, what }: ComparedPath, look: Look): string {
  const sign = change === "added" ? "+" : change === "removed" ? "-" : "~";
  const grown = change === "changed" && before?.size !== after?.size;
  const arrow = look.unicode ? "→" : "->";
  const kind = (after ?? before)?.kind;
  const size = grown
    ? `${sizeOf(before?.size ?? 0)} ${arrow} ${sizeOf(after?.size ?? 0)}`
    : kind === "file"
      ? sizeOf((after ?? before)?.size ?? 0)
      : plainLine(kind ?? "");
  const words = what.map((one) =>
    one === "mode"
      ? `mode ${before?.mode} ${arrow} ${after?.mode}`
      : one === "owner"
        ? `owner ${before?.owner} ${arrow} ${after?.owner}`
        : one,
  );
  const right = `${size}${words.length === 0 ? "" : `  ${words.join(", ")}`}`;
  const room = Math.max(12, look.width - 6 - displayWidth(right));
  return line(sign, `${clip(plainLine(path, 4000), room)}  ${right}`, look);
}

const layerText = ({ index, instruction, size }: ImageDiff["layers"]["before"][number]): string =>
  `${index + 1}  ${sizeOf(size)}  ${instruction ?? "instruction not known"}`;
