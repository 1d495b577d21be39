import { dockerfile } from "./dockerfile.ts";
import type { Files, Plan } from "./project.ts";
import { dependabot, dockerignore, gitignore, preCommit, readme, settings, workflow } from "./support.ts";

/** What is written around a project's code, by path; the job manifest is made elsewhere. */
export function projectFiles(plan: Plan): Files {
  return new Map([
    ["Dockerfile", dockerfile(plan)],
    [".dockerignore", dockerignore(plan)],
    ["pratique.yaml", settings(plan)],
    [plan.readme, readme(plan)],
    [".github/workflows/image.yml", workflow(plan)],
    [".github/dependabot.yml", dependabot(plan)],
    [".pre-commit-config.yaml", preCommit(plan)],
    [".gitignore", gitignore],
  ]);
}
