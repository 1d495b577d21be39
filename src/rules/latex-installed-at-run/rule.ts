import { jobFiles } from "../copied-files.ts";
import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"project">({
  id: "latex-installed-at-run",
  title: "Quarto may install LaTeX packages while the job runs",
  category: "offline",
  needs: "project",
  severity: "warning",
  requirements: ["OFF-09"],
  why: "When a LaTeX package is missing, Quarto fetches it from the internet by itself. In the Safe Haven that waits for the network and fails after the analysis is done.",
  fix: "Install TinyTeX and the packages while building, and set latex-auto-install: false.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a PDF report",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "report.qmd": "---\ntitle: Risk\nformat: pdf\n---\n\nText\n" },
        lines: [3],
      },
      {
        title: "settings of the format",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "report.qmd": "---\nformat:\n  html: default\n  pdf:\n    toc: true\n---\n" },
        lines: [4],
      },
    ],
    good: [
      {
        title: "told not to",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "report.qmd": "---\nformat:\n  pdf:\n    latex-auto-install: false\n---\n" },
      },
      {
        title: "told for the whole project",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: {
          "_quarto.yml": "project:\n  type: default\nlatex-auto-install: false\n",
          "report.qmd": "---\nformat: pdf\n---\n",
        },
      },
      {
        title: "HTML",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "report.qmd": "---\nformat: html\n---\n" },
      },
    ],
  },
  *check(facts) {
    const inImage = jobFiles(facts);
    for (const { file, installsLatex, line } of facts.source.quarto) {
      if (!installsLatex || (inImage !== undefined && !inImage.has(file))) continue;
      yield {
        message: `${file} makes a PDF and does not forbid Quarto to fetch missing LaTeX packages.`,
        fix: fixOf(
          "Install the packages while building, and forbid the rest in the document's header.",
          "# In the Dockerfile:",
          "RUN quarto install tinytex --no-prompt",
          `# In the header of ${file}:`,
          "format:",
          "  pdf:",
          "    latex-auto-install: false",
        ),
        location: { file, startLine: line, startColumn: 1, endLine: line, endColumn: 1 },
      };
    }
  },
});
