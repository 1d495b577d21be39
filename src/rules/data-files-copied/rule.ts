import { posix } from "node:path";
import type { ContextFile } from "../../context/walk.ts";
import type { ShellCommand } from "../../dockerfile/shell.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { copiedFiles } from "../copied-files.ts";
import { at, finalPlacedCommands, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

/** Formats that hold records of people or measurements, whatever their size. */
const DATA =
  /\.(?:csv|tsv|parquet|feather|arrow|h5|hdf5|hdf|dcm|dicom|nii|nii\.gz|mgz|sas7bdat|xpt|dta|sav|zsav|por|rds|rda|rdata|sqlite3?|db|duckdb|mdb|accdb|xlsx?|xlsb|ods|pkl|pickle|npy|npz|jsonl|ndjson|mat|bam|cram|vcf|fastq|bed|bim|edf|avro|orc)(?:\.(?:gz|bz2|xz|zst|zip))?$/i;
/** Formats that often hold something else: they count only when they are large. */
const MAYBE = /\.(?:json|txt|xml|zip|tar|tgz|tar\.\w+|7z|gz|dat|bin|sql|dump|mp4|wav|tiff?)$/i;
const MAYBE_BYTES = 10_000_000;
/** Small tables that belong to software: tests, package data, word lists. */
const SMALL_BYTES = 100_000;
const SOFTWARE =
  /(?:^|\/)(?:tests?|fixtures?|testdata|test-data|examples?|inst|templates?|schemas?|docs?|node_modules|site-packages|\.venv|venv)\//i;

export default defineRule<"project">({
  id: "data-files-copied",
  title: "Data files are copied into the image",
  category: "data",
  needs: "project",
  severity: "error",
  mentions: ["copy", "add", "kaggle", "dvc", "curl", "wget", "aria2c"],
  requirements: ["IMG-11", "BG-08"],
  why: "An image is software and settings: it is pushed to a registry outside the Safe Haven. Data in it has left the place where it may be, and the job reads its data from /safe_data anyway.",
  fix: "List the data in .dockerignore, and let the program read from /safe_data.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "fetched while building",
        dockerfile: "FROM python:3.12\nRUN true && \\\n    wget -q https://example.org/data/cohort.csv.gz\n",
        lines: [3],
      },
      {
        title: "the whole folder",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: { "fit.py": "print(1)", "data/patients.csv": "id,age\n1,70\n", "scan.nii.gz": "x" },
        lines: [2],
      },
      {
        title: "by pattern",
        dockerfile: "FROM python:3.12\nCOPY data/*.parquet /opt/data/\n",
        files: { "data/a.parquet": "x", "data/b.txt": "x" },
        lines: [2],
      },
      {
        title: "through a builder stage",
        dockerfile:
          "FROM python:3.12 AS b\nCOPY . /src/\nFROM python:3.12\nCOPY --from=b /src/data /opt/data\n",
        files: { "data/cohort.sav": "x" },
        lines: [2],
      },
    ],
    good: [
      {
        title: "software fetched, and an address that only mentions data",
        dockerfile:
          "FROM python:3.12\nRUN curl -fsSLO https://example.org/tool.tar.gz && wget https://example.org/x?f=a.csv\n",
      },
      {
        title: "kept out by .dockerignore",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: {
          ".dockerignore": "data\n**/*.csv\n",
          "fit.py": "print(1)",
          "data/patients.csv": "id\n",
          "x/y.csv": "1\n",
        },
      },
      {
        title: "code only",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/app/\n",
        files: { "src/fit.py": "x", "data/patients.csv": "id\n" },
      },
      {
        title: "software's own small tables",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: {
          "R/sysdata.rda": "x",
          "tests/cases.csv": "a,b\n",
          "model/weights.h5": "x",
          "config.json": "{}",
        },
      },
      {
        title: "only used by a builder",
        dockerfile:
          "FROM python:3.12 AS b\nCOPY a.csv /src/\nFROM python:3.12\nCOPY --from=b /out /opt/out\n",
        files: { "a.csv": "x" },
      },
    ],
  },
  *check(facts) {
    if (facts.context.truncated)
      yield {
        notAssessed:
          "the project folder has more files than are listed, so data among the rest would not be seen",
      };
    for (const { command } of finalPlacedCommands(facts)) {
      const what = downloadedData(command);
      if (what === undefined) continue;
      yield {
        severity: "info",
        message: `“${command.name}” brings ${what} into the image while it is built: data does not belong there.`,
        fix: "Put the data into /safe_data by the way that the Safe Haven has for it, and let the program read it there.",
        ...at(facts.dockerfile, command.range),
      };
    }
    const told = new Set<string>();
    for (const { instruction, files } of copiedFiles(facts)) {
      const fresh = files.filter(({ path }) => !told.has(path));
      const data = fresh.filter(isData);
      const maybe = fresh.filter(
        (file) => !isData(file) && MAYBE.test(file.path) && file.size >= MAYBE_BYTES,
      );
      for (const { path } of [...data, ...maybe]) told.add(path);
      if (data.length > 0) {
        yield {
          message: `${instruction.keyword} brings ${plural(data.length, "data file")} into the image: ${named(data)}.`,
          fix: fixOf(
            "Add these lines to .dockerignore, and read the data from /safe_data.",
            ...ignoreLines(data),
          ),
          ...at(facts.dockerfile, instruction.range),
          subjects: data.slice(0, 50).map(({ path }) => `data-file:${posix.basename(path)}`),
        };
      }
      if (maybe.length > 0) {
        yield {
          severity: "info",
          message: `${instruction.keyword} brings ${plural(maybe.length, "large file")} into the image that may be data: ${named(maybe)}.`,
          fix: fixOf("If it is data, add these lines to .dockerignore.", ...ignoreLines(maybe)),
          ...at(facts.dockerfile, instruction.range),
        };
      }
    }
  },
});

/** Data that a command fetches, told from the name of the file or from the program. */
function downloadedData({ name, args }: ShellCommand): string | undefined {
  const words = args.map(({ value }) => value);
  if (name === "kaggle" && words.includes("download")) return "a data set of Kaggle";
  if (name === "dvc" && /^(?:pull|get|fetch|import)$/.test(words[0] ?? "")) return "the data that DVC keeps";
  if (!/^(?:curl|wget|aria2c)$/.test(name)) return undefined;
  const address = words.find((word) => /^(?:https?|ftp):\/\//i.test(word) && DATA.test(withoutQuery(word)));
  return address === undefined ? undefined : withoutQuery(address).split("/").at(-1)?.slice(-80);
}

const withoutQuery = (address: string): string => address.slice(0, 2000).replace(/[?#].*$/s, "");

function isData({ path, size }: ContextFile): boolean {
  if (!DATA.test(path)) return false;
  if (SOFTWARE.test(path) && size <= SMALL_BYTES) return false;
  if (/(?:^|\/)(?:sysdata\.rda|requirements[^/]*\.txt)$/i.test(path)) return false;
  // Weights of a model and small pickles are software more often than data.
  if (
    /\.(?:h5|hdf5|npz|npy|pkl|pickle|mat|db)$/i.test(path) &&
    /(?:model|weight|checkpoint|vocab|tokeni[sz]er|encoder|scaler)/i.test(path)
  )
    return false;
  if (/\.(?:pkl|pickle)$/i.test(path) && size < SMALL_BYTES) return false;
  return true;
}

const named = (files: readonly ContextFile[]): string => {
  const shown = files.slice(0, 5).map(({ path, size }) => `${path.slice(0, 120)} (${sizeOf(size)})`);
  return files.length > 5 ? `${shown.join(", ")} and ${files.length - 5} more` : shown.join(", ");
};

/** One line for a folder that holds several, one for each file otherwise. */
function ignoreLines(files: readonly ContextFile[]): string[] {
  const folders = new Map<string, string[]>();
  for (const { path } of files) {
    const top = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    folders.set(top, [...(folders.get(top) ?? []), path]);
  }
  const lines = [...folders].flatMap(([folder, paths]) => {
    if (paths.length === 1 || folder === "") {
      const endings = [
        ...new Set(paths.map((path) => /\.[^./]+(?:\.(?:gz|bz2|xz|zst|zip))?$/.exec(path)?.[0] ?? "")),
      ];
      return paths.length === 1 ? paths : endings.map((ending) => `*${ending}`);
    }
    return [`${folder}/`];
  });
  return lines.slice(0, 10);
}
