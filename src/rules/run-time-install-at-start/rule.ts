import { at, fixOf } from "../helpers.ts";
import { installOf } from "../packages.ts";
import { defineRule } from "../rule.ts";
import { hideSecrets } from "../secrets.ts";
import { startCommand } from "../start-command.ts";

export default defineRule<"dockerfile">({
  id: "run-time-install-at-start",
  title: "The start command installs software",
  category: "offline",
  needs: "dockerfile",
  severity: "error",
  keywords: ["ENTRYPOINT", "CMD"],
  requirements: ["OFF-08"],
  why: "Containers in the Safe Haven reach no package repository. An installation at start waits for the network, fails, and the job with it.",
  fix: "Install with RUN while the image is built.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "pip before the program",
        dockerfile: "FROM python:3.12\nCMD pip install -r requirements.txt && python main.py\n",
        lines: [2],
      },
      {
        title: "in a shell in JSON",
        dockerfile:
          'FROM python:3.12\nENTRYPOINT ["bash", "-c", "apt-get update; apt-get install -y git; exec ./run.sh"]\n',
        lines: [2],
      },
      {
        title: "R",
        dockerfile:
          'FROM rocker/r-ver:4\nCMD ["Rscript", "-e", "install.packages(\'x\'); source(\'main.R\')"]\n',
        lines: [2],
      },
      {
        title: "uv makes the environment at start",
        dockerfile: 'FROM python:3.12\nCMD ["uv", "run", "main.py"]\n',
        lines: [2],
      },
    ],
    good: [
      {
        title: "installed while building",
        dockerfile: 'FROM python:3.12\nRUN pip install numpy\nCMD ["python", "main.py"]\n',
      },
      {
        title: "uv told to keep still",
        dockerfile: 'FROM python:3.12\nRUN uv sync --frozen\nCMD ["uv", "run", "--no-sync", "main.py"]\n',
      },
      {
        title: "a file that is called so",
        dockerfile: 'FROM python:3.12\nCMD ["python", "pip install.py"]\n',
      },
    ],
  },
  *check(facts) {
    const start = startCommand(facts);
    if (start === undefined) return;
    const install = start.words.map(installOf).find((one) => one !== undefined);
    const environment = facts.stages.at(-1)?.environment;
    const whole = [start.entrypoint, start.command]
      .map((one) => one?.exec?.join(" ") ?? one?.text ?? "")
      .join(" ");
    const uvRun =
      /(?:^|[\s/;&])uv run\b/.test(whole.slice(0, 5000)) &&
      !/--(?:no-sync|offline|frozen)\b/.test(whole) &&
      !environment?.has("UV_NO_SYNC") &&
      !environment?.has("UV_OFFLINE");
    if (install === undefined && !uvRun) return;
    const program = install?.program ?? "uv";
    const named =
      install !== undefined && install.packages.length > 0
        ? hideSecrets(` ${install.packages.slice(0, 5).join(" ")}`).slice(0, 200)
        : "";
    yield {
      message:
        install === undefined
          ? "“uv run” brings the environment up to date when the job starts, which needs the network."
          : `The start command installs software with ${program}, and no package repository can be reached in the Safe Haven.`,
      fix:
        install === undefined
          ? fixOf(
              "Make the environment while building, and leave it alone at start.",
              "RUN uv sync --frozen",
              "ENV UV_NO_SYNC=1 UV_OFFLINE=1",
            )
          : fixOf("Install while the image is built.", installLine(install.manager, program, named)),
      ...at(facts.dockerfile, start.instruction.range),
      subjects: [`install:${install?.manager ?? "uv"}`],
    };
  },
});

function installLine(manager: string, program: string, named: string): string {
  if (manager === "pip") return `RUN pip install --no-cache-dir${named || " -r requirements.txt"}`;
  if (manager === "apt")
    return `RUN apt-get update && apt-get install -y --no-install-recommends${named} && rm -rf /var/lib/apt/lists/*`;
  if (manager === "R") return "RUN install2.r --error <packages>";
  if (manager === "julia") return "RUN julia -e 'using Pkg; Pkg.instantiate()'";
  return `RUN ${program} install${named}`;
}
