import type { Dockerfile, Range, Stage } from "../../dockerfile/model.ts";
import type { TextEdit } from "../../findings/finding.ts";
import { replacing } from "../edits.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { stageReferences } from "../stage-references.ts";

export default defineRule<"dockerfile">({
  id: "stage-name-casing",
  title: "The name of a stage has capital letters",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  requirements: [],
  why: "Image names are written in small letters. A stage in capital letters looks like something else, and not every builder finds it when it is written differently elsewhere.",
  fix: "Write the stage's name in small letters, here and where it is used.",
  aliases: ["buildkit:StageNameCasing"],
  examples: {
    bad: [
      {
        title: "capital letters",
        dockerfile:
          "FROM python:3.12 AS Build\nRUN true\nFROM Build AS runTime\nCOPY --from=Build /a /b\nRUN --mount=type=bind,from=Build,target=/x true\n",
        lines: [1, 3],
      },
    ],
    good: [
      {
        title: "small letters",
        dockerfile: "FROM python:3.12 AS build-1\nRUN true\nFROM build-1\nCOPY --from=0 /a /b\n",
      },
    ],
  },
  *check({ dockerfile }) {
    let uses: ReadonlyMap<string, readonly TextEdit[]> | undefined;
    for (const stage of dockerfile.stages) {
      const word = stage.from.words[2];
      if (stage.name === undefined || word === undefined || word.value === stage.name) continue;
      uses ??= renamings(dockerfile);
      const edits = uses?.get(stage.name) ?? [];
      yield {
        message: `The stage name ${word.value.slice(0, 80)} has capital letters.`,
        fix: fixOf(
          "Write it in small letters, here and where it is used.",
          `FROM ${stage.from.words[0]?.raw.slice(0, 120) ?? ""} AS ${stage.name.slice(0, 80)}`,
        ),
        ...at(dockerfile, word.range),
        ...(edits.length === 0 ? {} : { edits }),
      };
    }
  },
});

/** What makes each stage's name small everywhere; nothing where a use may be hidden or the name is taken twice. */
function renamings(dockerfile: Dockerfile): ReadonlyMap<string, readonly TextEdit[]> {
  const found = new Map<string, TextEdit[]>();
  const unclear = new Set<string>();
  const references = stageReferences(dockerfile);
  const hidden =
    dockerfile.stages.some(({ baseText }) => baseText.includes("$")) ||
    references.some(({ name }) => name.includes("$"));
  if (hidden) return found;
  const rename = (name: string, range: Range, before: string): void => {
    const small = name.toLowerCase();
    const text = sourceOf(dockerfile, range);
    if (text === undefined || !text.includes(before + name)) unclear.add(small);
    else if (small !== name)
      found.get(small)?.push(
        replacing(
          dockerfile,
          range,
          text.replace(before + name, () => before + small),
        ),
      );
  };
  const definitions = dockerfile.stages.filter(
    (stage): stage is Stage & { name: string } => stage.name !== undefined,
  );
  for (const { name } of definitions) {
    if (found.has(name)) unclear.add(name);
    found.set(name, []);
  }
  for (const { from, baseText } of dockerfile.stages) {
    const [base, , name] = from.words;
    if (base !== undefined && found.has(baseText.toLowerCase())) rename(baseText, base.range, "");
    if (name !== undefined) rename(name.value, name.range, "");
  }
  for (const { name, flag } of references) {
    if (found.has(name.toLowerCase())) rename(name, flag.range, "from=");
  }
  for (const name of unclear) found.delete(name);
  return found;
}

/** The text of a range on one line. */
function sourceOf({ lines }: Dockerfile, { start, end }: Range): string | undefined {
  return start.line === end.line ? lines[start.line - 1]?.slice(start.column - 1, end.column - 1) : undefined;
}
