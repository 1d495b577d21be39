/** Notebooks and reports that a new project starts with. */

const PYTHON_CELLS = [
  `import csv
import os
import statistics
from pathlib import Path

DATA = Path("/safe_data")
OUTPUT = Path(os.environ.get("OUTPUT_DIR", "/safe_outputs"))

people = []
for file in sorted(DATA.glob("*.csv")):
    with file.open(newline="", encoding="utf-8") as rows:
        people.extend(csv.DictReader(rows))
print(len(people), "people")`,
  `summary = []
for arm in sorted({person["arm"] for person in people}):
    group = [person for person in people if person["arm"] == arm]
    age = statistics.mean(float(person["age"]) for person in group)
    score = statistics.mean(float(person["score"]) for person in group)
    summary.append([arm, len(group), round(age, 1), round(score, 2)])

with (OUTPUT / "summary.csv").open("w", newline="", encoding="utf-8") as file:
    table = csv.writer(file)
    table.writerow(["arm", "people", "mean_age", "mean_score"])
    table.writerows(summary)
summary`,
] as const;

const INTRODUCTION =
  "Compares the two arms of a small trial: reads every CSV file in `/safe_data`, writes `summary.csv` to `/safe_outputs`.";

/** Jupyter's notebook format, version 4.5. */
export function notebook(title: string): string {
  const lines = (text: string): string[] =>
    text.split("\n").map((line, index, all) => (index === all.length - 1 ? line : `${line}\n`));
  const document = {
    cells: [
      {
        cell_type: "markdown",
        id: "introduction",
        metadata: {},
        source: lines(`# ${title}\n\n${INTRODUCTION}`),
      },
      ...PYTHON_CELLS.map((code, index) => ({
        cell_type: "code",
        execution_count: null,
        id: `step-${index + 1}`,
        metadata: {},
        outputs: [],
        source: lines(code),
      })),
    ],
    metadata: {
      kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
      language_info: { name: "python" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

const report = (title: string, engine: string, code: string): string => `---
title: ${JSON.stringify(title)}
engine: ${engine}
format:
  html:
    embed-resources: true
---

${INTRODUCTION}

${code}
`;

const cell = (language: string, code: string): string => `\`\`\`{${language}}\n${code}\n\`\`\``;

export const quartoPython = (title: string): string =>
  report(title, "jupyter", PYTHON_CELLS.map((code) => cell("python", code)).join("\n\n"));

export const quartoR = (title: string): string =>
  report(
    title,
    "knitr",
    cell(
      "r",
      `files <- sort(list.files("/safe_data", pattern = "[.]csv$", full.names = TRUE))
people <- do.call(rbind, lapply(files, read.csv))
by_arm <- split(people, people$arm)
summary_table <- data.frame(
  arm = names(by_arm),
  people = vapply(by_arm, nrow, integer(1)),
  mean_age = round(vapply(by_arm, function(group) mean(group$age), numeric(1)), 1),
  mean_score = round(vapply(by_arm, function(group) mean(group$score), numeric(1)), 2)
)
output_dir <- Sys.getenv("OUTPUT_DIR", "/safe_outputs")
write.csv(summary_table, file.path(output_dir, "summary.csv"), row.names = FALSE)
summary_table`,
    ),
  );
