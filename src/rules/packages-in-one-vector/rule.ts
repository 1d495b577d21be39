import { callsIn } from "../code-calls.ts";
import { misplacedPackages } from "../code-pins.ts";
import { replacing } from "../edits.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runCode } from "../run-code.ts";
import { runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "packages-in-one-vector",
  title: "R is given several packages, but takes only the first",
  category: "reproducibility",
  needs: "dockerfile",
  severity: "error",
  mentions: ["install.packages", "biocmanager::install"],
  requirements: [],
  why: "install.packages() takes its packages as one vector. What follows the first is taken as the library to install into and the repository to ask, so the other packages are never installed.",
  fix: "Put the names into c(...).",
  aliases: [],
  examples: {
    bad: [
      {
        title: "three names",
        dockerfile: 'FROM r-base:4.4.1\nRUN R -e \'install.packages("Rcpp","Rcpp11","progress")\'\n',
        lines: [2],
      },
      {
        title: "on its line",
        dockerfile:
          "FROM r-base:4.4.1\nRUN apt-get update && \\\n    Rscript -e \"install.packages('Rcpp', 'progress', repos = 'https://cloud.r-project.org')\"\n",
        lines: [3],
      },
    ],
    good: [
      {
        title: "a vector",
        dockerfile: 'FROM r-base:4.4.1\nRUN R -e \'install.packages(c("Rcpp","progress"))\'\n',
      },
      {
        title: "a library and a repository",
        dockerfile:
          'FROM r-base:4.4.1\nRUN R -e \'install.packages("Rcpp", "/opt/R", "https://cloud.r-project.org")\' -e \'install.packages("x", .libPaths()[1])\'\n',
      },
      {
        title: "names of other arguments",
        dockerfile:
          'FROM r-base:4.4.1\nRUN R -e \'install.packages("Rcpp", type = "source", dependencies = TRUE)\'\n',
      },
    ],
  },
  *check(facts) {
    for (const step of runSteps(facts)) {
      for (const code of runCode(step.instruction)) {
        if (code.language !== "R") continue;
        for (const call of callsIn(code.text, "R", (name) => /(?:^|:)install(?:\.packages)?$/.test(name))) {
          const names = misplacedPackages(call);
          const [first] = names;
          const last = names.at(-1);
          if (first === undefined || last === undefined) continue;
          const vector = `c(${code.text.slice(first.start, last.end)})`;
          const range = code.rangeOf(first.start, last.end);
          yield {
            message: `Only ${(first.literal ?? "").slice(0, 60)} is taken as a package here; the other names are taken as its library and repository.`,
            fix: fixOf(
              "Put the names into one vector.",
              `${call.name}(${vector.slice(0, 200).replace(/\s+/g, " ")})`,
            ),
            ...at(facts.dockerfile, range),
            ...(code.exact && range.start.line === range.end.line
              ? { edits: [replacing(facts.dockerfile, range, vector)] }
              : {}),
          };
        }
      }
    }
  },
});
