/** Examples for the help and the manual page of each command: what to type, and what it does. */
export const EXAMPLES: Readonly<Record<string, readonly (readonly [command: string, meaning: string])[]>> = {
  init: [
    ["pratique init heart-study", "a new project; asks what it needs to know"],
    ["pratique init --from my-project --dry-run", "one that exists: what would be written"],
  ],
  check: [
    ["pratique check", "the project in this folder"],
    ["pratique check my-project --engine podman", "on Podman"],
    ["pratique check --matrix", "in every runtime of the place"],
    ["pratique check --format sarif=check.sarif --output evidence", "for another program too"],
  ],
  lint: [
    ["pratique lint", "Dockerfiles, code and job manifests of this folder"],
    ["pratique lint Dockerfile --fix --dry-run", "what would be mended"],
    ["pratique lint --select offline --fail-on warning", "only what has to do with the network"],
    ["pratique lint - < Dockerfile", "standard input"],
  ],
  pin: [
    ["pratique pin my-project", "base images by digest"],
    ["pratique pin --exit-code", "ends with 1 where one would change"],
  ],
  build: [["pratique build", "the image of this folder's project"]],
  inspect: [
    ["pratique inspect heart.tar", "an archive, without an engine"],
    ["pratique inspect docker://ghcr.io/lab/heart:1", "in a registry"],
  ],
  diff: [["pratique diff mine:1 mine:2 --exit-code", "ends with 1 where they differ"]],
  tree: [
    ["pratique tree mine:1 --glob '*.so'", "libraries"],
    ["pratique tree mine:1 --extract /etc/os-release --to -", "one file, on the screen"],
  ],
  test: [["pratique test localhost/mine:1", "the test run alone"]],
  scan: [["pratique scan --db trivy-db", "with a database that is there: nothing is fetched"]],
  job: [
    ["pratique job", "with what the last check measured"],
    ["pratique job --gpus 1 --memory 32Gi --output gpu-job", "with what you know better"],
  ],
  report: [
    ["pratique report --not-assessed", "what was not assessed, and why"],
    ["pratique report evidence --format markdown=comment.md", "an earlier one, as a comment"],
  ],
  sign: [["pratique sign --key pratique.key", "the evidence in .pratique"]],
  verify: [["pratique verify --key pratique.pub --image heart.tar", "evidence and the image that arrived"]],
  publish: [["pratique publish ghcr.io/lab/heart-risk", "what was checked, with its evidence"]],
  crate: [["pratique crate && pratique sign --key pratique.key", "describe the evidence, then sign it"]],
  compare: [["pratique compare approved/ .pratique", "since what was approved"]],
  data: [
    ['pratique data --header "id:id[S],age:int[18..90],sex:{F,M}"', "on the screen"],
    ["pratique data --schema patients.yaml --output test-data/patients.csv", "from a description"],
  ],
  changed: [["pratique changed --since origin/main --format json", "as a matrix of jobs"]],
  explain: [
    ["pratique explain no-runtime-download", "a rule"],
    ["pratique explain DL3006", "another linter's name for one"],
    ["pratique explain OFF-01", "a requirement"],
  ],
  rules: [["pratique rules --peer hadolint", "what covers hadolint"]],
  completion: [
    [
      "mkdir -p ~/.local/share/bash-completion/completions && pratique completion bash > ~/.local/share/bash-completion/completions/pratique",
      "for bash",
    ],
    [
      "mkdir -p ~/.zfunc && pratique completion zsh > ~/.zfunc/_pratique",
      "for zsh, with ~/.zfunc on the fpath",
    ],
    [
      "mkdir -p ~/.config/fish/completions && pratique completion fish > ~/.config/fish/completions/pratique.fish",
      "for fish",
    ],
  ],
  man: [["pratique man > pratique.1 && man ./pratique.1", "read it"]],
};

/** The end of a command's help. */
export function examplesText(command: string): string {
  const examples = EXAMPLES[command] ?? [];
  if (examples.length === 0) return "";
  const lines = examples.map(([line, meaning]) =>
    line.length > 38 ? `  ${line}\n  ${" ".repeat(40)}${meaning}` : `  ${line.padEnd(40)}${meaning}`,
  );
  return `\n${examples.length === 1 ? "Example" : "Examples"}:\n${lines.join("\n")}`;
}
