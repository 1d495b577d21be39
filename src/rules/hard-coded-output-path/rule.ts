import type { Act } from "../../source/facts.ts";
import { finalSteps, fixOf, isWithin, resolvePath } from "../helpers.ts";
import { inJob } from "../job-code.ts";
import { useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"project">({
  id: "hard-coded-output-path",
  title: "The program writes to a place of its own",
  category: "directories",
  needs: "project",
  severity: "warning",
  requirements: [],
  why: "Only /safe_outputs outlives the container, /scratch holds what is needed for a while, and /safe_data may be read-only. What is written elsewhere is lost when the job ends, or cannot be written by the user that the job runs as.",
  fix: "Write results to /safe_outputs, and temporary files to /scratch; best, take the folder as an argument.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "the author's home",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'df.to_csv("/home/me/results.csv")\ndf.to_excel("/home/me/results.xlsx")\n' },
        lines: [1],
      },
      {
        title: "beside the data",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.py":
            'from pathlib import Path\n\nOUT = Path("/safe_data/project")\n(OUT / "x.txt").write_text("a")\n',
        },
        lines: [4],
      },
      {
        title: "a model",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import torch as t\nt.save(model, f="/models/a.pt")\n' },
        lines: [2],
      },
      {
        title: "in R",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "a.R": 'out <- "/data"\nsaveRDS(fit, file.path(out, "fit.rds"))\n' },
        lines: [2],
      },
      {
        title: "in Julia",
        dockerfile: "FROM julia:1.11\nCOPY . /opt/\n",
        files: { "a.jl": 'using CSV\nCSV.write("/results/a.csv", df)\n' },
        lines: [2],
      },
      {
        title: "in the folder that the job starts in",
        dockerfile: "FROM python:3.12\nWORKDIR /app\nCOPY . .\n",
        files: { "a.py": 'open("results.csv", "w")\n' },
        lines: [1],
      },
    ],
    good: [
      {
        title: "in their place",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.py":
            'df.to_csv("/safe_outputs/a.csv")\nopen("/scratch/x", "w")\nopen("/data/in.csv")\nopen("/dev/null", "w")\n',
        },
      },
      {
        title: "given as an argument",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'df.to_csv(options.output / "a.csv")\n' },
      },
      {
        title: "the job starts in its outputs",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\nWORKDIR /safe_outputs\n",
        files: { "a.py": 'open("results.csv", "w")\n' },
      },
      {
        title: "in a comment",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": '# df.to_csv("/home/me/a.csv")\nx = \'df.to_csv("/home/me/a.csv")\'\n' },
      },
    ],
  },
  *check(facts, profile) {
    const { data, outputs, scratch } = profile.directories;
    const start = finalSteps(facts).at(-1);
    const base =
      start?.instruction.keyword === "WORKDIR"
        ? resolvePath(start.folder, start.instruction.text.trim())
        : start?.folder;
    const allowed = [outputs.value, scratch.value, "/tmp", "/var/tmp", "/dev", "/proc"];
    const groups = new Map<string, { act: Act; path: string; folder: string; kind: Kind; others: number }>();
    for (const act of inJob(facts, facts.source.acts)) {
      if (act.kind !== "write" || act.path === undefined || /[<>*?]|^[A-Za-z]:/.test(act.path)) continue;
      const absolute = act.path.startsWith("/");
      const path = resolvePath(base ?? "/", act.path);
      if (allowed.some((folder) => isWithin(path, folder))) continue;
      const kind: Kind = isWithin(path, data.value) ? "data" : absolute ? "elsewhere" : "relative";
      const folder = path.slice(0, Math.max(1, path.lastIndexOf("/")));
      const key = `${act.file} ${kind === "relative" ? "" : folder} ${kind}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { act, path, folder, kind, others: 0 });
      else group.others++;
    }
    for (const { act, path, folder, kind, others } of groups.values()) {
      const more =
        others === 0 ? "" : ` (and ${others} more ${others === 1 ? "time" : "times"} in this file)`;
      const name = path.slice(path.lastIndexOf("/") + 1) || "result";
      yield {
        severity: kind === "data" ? "error" : kind === "relative" ? "info" : "warning",
        message: {
          data: `${act.name} writes to ${path.slice(0, 120)}, and ${data.value} is read-only where jobs run${more}.`,
          elsewhere: `${act.name} writes to ${path.slice(0, 120)}, which is lost when the job ends${more}.`,
          relative: `${act.name} writes to “${(act.path ?? "").slice(0, 80)}” in the folder where the job starts, which is lost when the job ends${more}.`,
        }[kind],
        fix: fixOf(
          "Write results to the folder that outlives the job, and take it as an argument.",
          "# In the Dockerfile:",
          `ENV OUTPUT=${outputs.value}`,
          `# In the code (${act.file}):`,
          codeLine(act.file, outputs.value, name.replace(/["'\\]/g, "")),
        ),
        ...useLocation(act),
        subjects: [`folder:${folder}`],
      };
    }
  },
});

type Kind = "data" | "elsewhere" | "relative";

function codeLine(file: string, outputs: string, name: string): string {
  if (/\.(?:r|rmd|qmd|rnw)$/i.test(file))
    return `path <- file.path(Sys.getenv("OUTPUT", "${outputs}"), "${name}")`;
  if (/\.jl$/i.test(file)) return `path = joinpath(get(ENV, "OUTPUT", "${outputs}"), "${name}")`;
  if (/\.(?:py|pyw|ipynb|smk)$/i.test(file))
    return `path = os.path.join(os.environ.get("OUTPUT", "${outputs}"), "${name}")`;
  return `path="\${OUTPUT:-${outputs}}/${name}"`;
}
