import { pinnedAction } from "../knowledge/pinned.ts";
import { startOf } from "./dockerfile.ts";
import type { Plan } from "./project.ts";

/** The files around the Dockerfile: settings, CI, and words for people. */

/** Lets nothing into the build but code, lists of packages and what was named. */
export function dockerignore({ project, licence }: Plan): string {
  const { sources, endings, packageFiles } = project;
  const wanted = [
    ...packageFiles,
    ...(licence === undefined ? [] : [licence]),
    ...sources.flatMap((source) =>
      source.endsWith("/") ? endings.map((ending) => `${source}**/*.${ending}`) : [source],
    ),
  ];
  return [
    "# Nothing enters the build but what is named here: no data, no history, no keys by accident.",
    "*",
    ...[...new Set(wanted)].map((path) => `!${path}`),
    "",
  ].join("\n");
}

/** What git leaves alone: reports of checks. */
export const gitignore = ".pratique/\n";

export function settings({ name, data, outputs, gpu }: Plan): string {
  const expected =
    outputs === undefined
      ? ['      - "**"']
      : outputs.map(({ path, rows }) => {
          const format = path.endsWith(".csv") ? ", format: csv" : "";
          return `      - { path: ${path}${format}${rows === undefined ? "" : `, rows: ${rows}`} }`;
        });
  // In a report or a notebook no columns can be looked for: asking for it would leave the check undecided.
  const readable = outputs?.every(({ path }) => path.endsWith(".csv")) === true;
  const columns = `    # Whoever is in the data must not be named in the results.
    ${readable ? "" : "# "}forbiddenColumns: [person, nhs_number, date_of_birth]
`;
  return `version: 1

test:
  # Mounted read-only on /safe_data while the container is tested, never copied into the image. No real data here.
  data: ${JSON.stringify(data)}
  timeout: 5m
  # What the job must do.
  expect:
    outputs:
${expected.join("\n")}
${columns}
# What “pratique job” writes into the job manifest; namespace, image and port can stand here too.
job:
  name: ${name}
  gpus: ${gpu ? 1 : 0}
`;
}

/** Lint first, then build and test; the image that was tested is the one that is pushed. */
export function workflow({ name, version }: Plan): string {
  return `# Lints the project, builds its image and runs it as the Safe Haven would. What passes on the main branch is pushed to
# ghcr.io, from where the Safe Haven pulls it.
name: image
on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

jobs:
  check:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      packages: write
    steps:
      - uses: ${pinnedAction("actions/checkout")}
      - uses: ${pinnedAction("actions/setup-node")}
        with:
          node-version: 22
      - name: Lint
        run: npx --yes pratique@${version} lint --format github
      - name: Build and test
        run: npx --yes pratique@${version} check --engine docker
      - name: Keep the report
        if: always()
        uses: ${pinnedAction("actions/upload-artifact")}
        with:
          name: pratique
          path: .pratique/
          include-hidden-files: true
          if-no-files-found: ignore
      - name: Push the image that was tested
        if: github.event_name == 'push'
        env:
          TOKEN: \${{ secrets.GITHUB_TOKEN }}
          OWNER: \${{ github.repository_owner }}
        run: |
          image="ghcr.io/\${OWNER,,}/${name}:\${GITHUB_SHA::12}"
          echo "$TOKEN" | docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin
          docker tag "$(jq --raw-output .subject.imageId .pratique/report.json)" "$image"
          docker push "$image"
          echo "Pushed $image" >> "$GITHUB_STEP_SUMMARY"
`;
}

/** What Dependabot calls that which installs packages. */
const ECOSYSTEMS: Readonly<Partial<Record<Plan["project"]["packager"], string>>> = {
  pip: "pip",
  poetry: "pip",
  uv: "uv",
};

export function dependabot({ project }: Plan): string {
  const ecosystem = ECOSYSTEMS[project.packager];
  const entries = ["docker", "github-actions", ...(ecosystem === undefined ? [] : [ecosystem])].map(
    (name) => `  - package-ecosystem: ${name}
    directory: /
    schedule:
      interval: monthly
`,
  );
  return `# Proposes new digests and versions, so that what is pinned does not grow old unnoticed.
version: 2
updates:
${entries.join("")}`;
}

export const preCommit = ({ version }: Plan): string => `repos:
  - repo: local
    hooks:
      - id: pratique-lint
        name: pratique lint
        entry: npx --yes pratique@${version} lint
        language: system
        files: (?i)(dockerfile|containerfile)
`;

/** The section for the README, with a title of its own where it is the whole file. */
export function readme(plan: Plan): string {
  const { project, data, models, outputs, gpu } = plan;
  const start = startOf(plan)
    .map((word) => (/[\s"&]/.test(word) ? `'${word}'` : word))
    .join(" ");
  const model =
    models.length === 0
      ? ""
      : `\nThe image holds ${models.map((name) => `\`${name}\``).join(", ")}, fetched while it is built. Read the licence of a model before you use it.\n`;
  const writes =
    outputs === undefined
      ? "writes its results to `/safe_outputs`"
      : `writes ${outputs.map(({ path }) => `\`${path}\``).join(" and ")} to \`/safe_outputs\``;
  return `# ${plan.name}

## Running in the Safe Haven

The job reads \`/safe_data\`, keeps temporary files on \`/scratch\` and ${writes}. It starts with

    ${start}

and asks nobody anything: there is no internet inside${gpu ? ", and one GPU" : ""}.
${model}
| File | What it is for |
|---|---|
| \`Dockerfile\` | how the image is made |
| \`.dockerignore\` | what may enter the build: add what the program needs, never data |
| \`pratique.yaml\` | how the image is tested, and what the job must write |
| \`${data}/\` | ${isOurs(data) ? "made-up data for the test: give them the columns of your own, and no real values" : "data for the test: no real ones"} |
| \`job/job.yaml\` | the job for the GPU cluster: what stands in \`<...>\` is still to be filled in |
| \`.github/workflows/image.yml\` | lints, tests and pushes the image on GitHub |

Before each commit, and before the image is handed over:

    npx pratique lint
    npx pratique check

The report for Information Governance is then in \`.pratique/index.html\`. After that,

    npx pratique job --force

writes what the test measured into the job manifest, and a sheet that says how to hand the image over and start the job.
${changes(project.packager)}`;
}

const isOurs = (data: string): boolean => data === "test-data";

/** How to add a package. */
function changes(packager: Plan["project"]["packager"]): string {
  const how: Readonly<Partial<Record<Plan["project"]["packager"], string>>> = {
    pip: "Packages are listed in `requirements.txt`, each with its version.",
    uv: "`uv add <package>` adds a package, and writes its version to `uv.lock`.",
    poetry: "`poetry add <package>` adds a package, and writes its version to `poetry.lock`.",
    conda: "Packages are listed in `environment.yml`, each with its version.",
    renv: "`renv::snapshot()` writes the packages that the code uses to `renv.lock`.",
    description: "Add packages to `DESCRIPTION` and to the Dockerfile.",
    julia: "`Pkg.add` adds a package, and writes its version to `Manifest.toml`.",
  };
  const text = how[packager];
  return text === undefined ? "" : `\n${text} They are installed while the image is built.\n`;
}
