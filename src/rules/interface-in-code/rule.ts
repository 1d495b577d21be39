import { groupBy } from "../group.ts";
import { fixOf } from "../helpers.ts";
import { inJob } from "../job-code.ts";
import { useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"project">({
  id: "interface-in-code",
  title: "The program serves a page or opens a browser",
  category: "start-up",
  needs: "project",
  severity: "warning",
  requirements: ["INT-03"],
  why: "Jobs in the Safe Haven are batch jobs: no port can be reached, there is no browser and no screen. A program that serves a page waits until the time limit ends it.",
  fix: "Write the result to a file in /safe_outputs instead of showing it.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a web application",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "app.py": 'from flask import Flask\n\napp = Flask(__name__)\napp.run(host="0.0.0.0")\n' },
        lines: [4],
      },
      {
        title: "a browser",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import webbrowser as w\nw.open("report.html")\n' },
        lines: [2],
      },
      {
        title: "a demonstration page",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import gradio as gr\n\nwith gr.Blocks() as demo:\n    pass\ndemo.launch()\n" },
        lines: [5],
      },
      {
        title: "Shiny",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "a.R": "library(shiny)\nrunApp('app')\n" },
        lines: [2],
      },
      {
        title: "a window for a figure",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\n" },
        lines: [3],
      },
    ],
    good: [
      {
        title: "a figure in a file",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import matplotlib.pyplot as plt\nplt.savefig("/safe_outputs/a.png")\n' },
      },
      {
        title: "figures that are drawn into files alone",
        dockerfile: "FROM python:3.12\nENV MPLBACKEND=Agg\nCOPY . /opt/\n",
        files: { "a.py": "import matplotlib.pyplot as plt\nplt.show()\n" },
      },
      {
        title: "other things that run",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "from ours import app\napp.run()\nsession.launch()\n# webbrowser.open('x')\n" },
      },
    ],
  },
  *check(facts) {
    const environment = facts.stages.at(-1)?.environment;
    const drawsToFiles =
      environment?.has("MPLBACKEND") === true ||
      facts.source.settings.some(({ name, value }) => name === "MPLBACKEND" && /^agg$/i.test(value ?? ""));
    const acts = inJob(facts, facts.source.acts).filter(
      ({ kind, name }) =>
        kind === "interface" || (kind === "window" && !(drawsToFiles && name.startsWith("matplotlib"))),
    );
    for (const [, [first, ...others]] of groupBy(acts, ({ file, kind }) => `${kind} ${file}`)) {
      if (first === undefined) continue;
      const window = first.kind === "window";
      const more = others.length === 0 ? "" : ` (and ${others.length} more in this file)`;
      yield {
        severity: window ? "info" : "warning",
        message: window
          ? `${first.name} opens a window, and a job has no screen${more}.`
          : `${first.name} serves a page or opens a browser, which nobody can reach in a batch job${more}.`,
        fix: window
          ? fixOf(
              "Save the figure to a file instead.",
              "# In the Dockerfile:",
              "ENV MPLBACKEND=Agg",
              `# In the code (${first.file}):`,
              'plt.savefig("/safe_outputs/figure.png")',
            )
          : fixOf(
              "Start a script that writes its results to files, and keep the page for the desktop.",
              "# In the Dockerfile:",
              'CMD ["python", "/opt/analysis.py"]',
              `# In the code (${first.file}): start the page only where somebody looks at it`,
              "# and write the results to /safe_outputs",
            ),
        ...useLocation(first),
      };
    }
  },
});
