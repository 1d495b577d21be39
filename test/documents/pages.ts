import type { EngineName } from "../../src/engine/engine.ts";
import { HELP } from "./read.ts";

/**
 * What has to be there before a reader can type what a page shows. A page without an entry has no command of its own, or
 * only such as another page runs too.
 *
 * Scripts and replacements know `$ROOT` (the checkout), `$PYTHON_BASE` (a base image that the engine has), `$REGISTRY` (one
 * that takes everybody, with `library/python:3.11-slim-bookworm` and `lab/heart:1` in it), `$LOGIN_REGISTRY` (with the password
 * `$TOKEN`), `$TLS_REGISTRY` (with the authority `$CERTIFICATE`), `$TRIVY` (the program), `$TRIVY_DB`, `$TRIVY_SERVER`,
 * `$SIGSTORE`, `$SIGSTORE_ROOT`, and `$TINY` (a project whose image has three small files and starts nothing). Both
 * engines have the images `mine`, and `my-image` and `lab/heart` as tiny ones.
 */
export interface Page {
  /** Where it is run; without one it needs nothing but Node, git and OpenSSL. */
  readonly engine?: EngineName;
  /** Pages that are read in the same place afterwards: what was typed there already, is not typed again. */
  readonly andThen?: readonly string[];
  /** The commands are a choice and no sequence: each begins anew. */
  readonly choice?: true;
  /** In a copy of the sources, as contributors have them. */
  readonly checkout?: true;
  /** Blocks of documents as files: path → the document, and how the block begins. */
  readonly files?: Readonly<Record<string, readonly [document: string, begin: string]>>;
  /** Shell lines that make the rest. */
  readonly given?: string;
  /** Shell lines before one command: what the reader did meanwhile. */
  readonly before?: Readonly<Record<string, string>>;
  /** What a reader puts in place of a name that is no more than an example. */
  readonly instead?: Readonly<Record<string, string>>;
  /** How often Enter is pressed, by command: at a terminal. */
  readonly asks?: Readonly<Record<string, number>>;
  /** Exit codes other than 0, by command. */
  readonly ends?: Readonly<Record<string, number>>;
  /** The test that compares what the page shows printed, where none of its commands prints it. */
  readonly shown?: string;
  /** Beginnings of shown blocks that are not printed here, and why. */
  readonly notPrinted?: Readonly<Record<string, string>>;
  /** What is printed, by command, beside what the page shows. */
  readonly prints?: Readonly<Record<string, RegExp>>;
}

const PROJECT = "pratique init my-project --language python --yes --base $PYTHON_BASE >/dev/null";
const HERE =
  "pratique init heart-risk --language python --yes --base $PYTHON_BASE >/dev/null && cp -a heart-risk/. . && rm -r heart-risk";
const KEYS =
  "openssl genpkey -algorithm ed25519 -out pratique.key && chmod 600 pratique.key && openssl pkey -in pratique.key -pubout -out pratique.pub";
const REPOSITORY =
  "git init --quiet --initial-branch main && git add . && git commit --quiet --message Start && git update-ref refs/remotes/origin/main HEAD";
const PATIENTS = { "patients.yaml": ["docs/data.md", "# patients.yaml"] } as const;
const FROM_REGISTRY = "--base $REGISTRY/library/python:3.11-slim-bookworm";
const IDENTITY = "https://github.com/lab/heart-risk/.github/workflows/check.yml@refs/heads/main";

export const PAGES: Readonly<Record<string, Page>> = {
  "README.md": {
    engine: "podman",
    // The same project, further on.
    andThen: [
      "docs/job.md",
      "docs/runtimes.md",
      "docs/inventory.md",
      "docs/how-to/limits.md",
      "docs/how-to/machine.md",
      "docs/how-to/starting.md",
    ],
    files: PATIENTS,
    given: `${KEYS} && ${PROJECT} && sed 's/^FROM/from/' my-project/Dockerfile > Dockerfile && rm -r my-project`,
    asks: { "pratique init my-project": 14 },
    shown: "test/e2e/suite.ts",
    instead: {
      "pratique init my-project": `pratique init my-project ${FROM_REGISTRY}`,
      "ghcr.io": "$REGISTRY",
    },
    before: {
      "pratique inspect heart.tar":
        "podman save --quiet --output heart.tar localhost/pratique/my-project:check",
      "pratique sign --key pratique.key": "pratique check my-project",
    },
    ends: { "pratique check my-project --runtime podman,apptainer": 1 },
    prints: {
      "pratique check my-project": /^CLEAR /m,
      "pratique check my-project --matrix": /k8s\*\s+podman\s+apptainer\s+ood\s+future/,
      "pratique check my-project --runtime podman,apptainer": /podman\*\s+apptainer\*/,
      "pratique verify --key pratique.pub --image heart.tar": /belong together/,
    },
  },
  "CONTRIBUTING.md": { checkout: true },
  "docs/ci.md": {
    engine: "docker",
    given: `${HERE} && mkdir studies && cp -a Dockerfile src requirements.txt studies && ${REPOSITORY} && echo '# more' >> studies/src/main.py && git commit --quiet --all --message More`,
    prints: {
      "pratique changed --since origin/main": /^studies\/Dockerfile$/m,
      "pratique changed studies --since origin/main --format json":
        /\{"include":\[\{"name":.*"project":.*"file":/,
    },
  },
  "docs/configuration.md": {
    engine: "docker",
    files: { "pratique.yaml": ["docs/configuration.md", "version: 1"] },
    given: `mkdir docker test-data bad-data && cat > docker/Dockerfile <<END
FROM $PYTHON_BASE AS final
ARG PYTHON_VERSION
ENV HOME=/scratch TMPDIR=/scratch TMP=/scratch TEMP=/scratch
RUN mkdir /safe_data /safe_outputs /scratch
COPY fit.py /opt/fit.py
ENTRYPOINT ["python", "/opt/fit.py"]
END
cat > fit.py <<'END'
import os, sys
if not os.path.exists("/safe_data/people.csv"): sys.exit(2)
os.mkdir("/safe_outputs/plots")
open("/safe_outputs/plots/fit.png", "wb").write(b"PNG")
open("/safe_outputs/fit.csv", "w").write("a,b\\n1,2\\n")
END
printf 'id\\n1\\n' > test-data/people.csv; printf 'x\\n' > bad-data/other.csv`,
    prints: { "pratique test --case small": /expectations met/ },
  },
  "docs/data.md": {
    files: PATIENTS,
    given: "printf 'id,age,sex\\n1,2,F\\n' > export.csv",
  },
  "docs/evidence.md": {
    engine: "podman",
    given: `${PROJECT.replace("my-project", "heart-risk")} && pratique check heart-risk`,
    instead: {
      // cosign takes the newer form alone where an image has both.
      "IDENTITY registry.example.org/lab/heart-risk:1": `${IDENTITY} $REGISTRY/lab/keyless:1`,
      ISSUER: "https://token.actions.githubusercontent.com",
      "registry.example.org": "$REGISTRY",
      "pratique sign --keyless":
        "pratique sign --keyless --fulcio-url $SIGSTORE --rekor-url $SIGSTORE --attach $REGISTRY/lab/keyless:1",
      "pratique verify .pratique --issuer":
        "pratique verify .pratique --trusted-root $SIGSTORE_ROOT --issuer",
      "cosign verify-attestation --new-bundle-format":
        "cosign verify-attestation --new-bundle-format --trusted-root $SIGSTORE_ROOT",
    },
    before: {
      "pratique report .pratique/test": "pratique test heart-risk",
      "pratique sign --keyless":
        "podman push --quiet localhost/pratique/heart-risk:check $REGISTRY/lab/keyless:1",
      "pratique verify .pratique --key pratique.pub --image heart.tar":
        "podman save --quiet --output heart.tar localhost/pratique/heart-risk:check",
      "pratique compare approved/ .pratique": "cp -a .pratique approved",
    },
    prints: {
      "pratique verify .pratique --key pratique.pub --image heart.tar": /belong together/,
      "pratique verify docker://registry.example.org/lab/heart-risk:1 --key pratique.pub": /belong together/,
    },
  },
  "docs/how-to/another-tre.md": {
    engine: "podman",
    checkout: true,
    before: {
      // Steps 2 to 4: who the job runs as there, what the place is called, and what it calls for.
      "npm run generate && npm run build": [
        "sed -i 's/^id: .*/id: my-tre/; s/^title: .*/title: Another place/; s/^place: .*/place: the other place/' src/profiles/my-tre.yaml",
        "sed -i 's/1998602116/1500100900/g; s/1998600502/1500100901/g' src/profiles/my-tre.yaml",
      ].join("\n"),
    },
    instead: { "pratique verify": "node dist/cli/main.cjs verify" },
    ends: {
      "node dist/cli/main.cjs check examples/home-writer --profile my-tre --matrix": 1,
    },
    prints: {
      "node dist/cli/main.cjs check examples/home-writer --profile my-tre --matrix":
        /profile my-tre[\s\S]*would stop this job in the other place/,
      "pratique verify --profile my-tre": /my-tre/,
    },
  },
  "docs/how-to/internet.md": {
    engine: "docker",
    given: `${PROJECT} && printf '\\nimport urllib.request\\nurllib.request.urlopen("http://192.0.2.1/codes.csv", timeout=1)\\n' >> my-project/src/main.py`,
    ends: { "pratique check my-project": 1 },
    prints: { "pratique check my-project": /192\.0\.2\.1/ },
  },
  "docs/how-to/not-assessed.md": {
    given: `${PROJECT} && pratique lint my-project --output .pratique`,
  },
  "docs/how-to/secrets.md": {
    engine: "docker",
    given: `${PROJECT} && printf 'USER root\\nRUN printf "machine example.org login lab password k8Xw2pQz7Lm4" > /opt/.netrc\\n' >> my-project/Dockerfile`,
    ends: { "pratique inspect my-project": 1 },
    prints: { "pratique inspect my-project": /secret-in-image/ },
  },
  "docs/how-to/waivers.md": {
    files: {
      Dockerfile: ["docs/how-to/waivers.md", "# pratique allow="],
      "pratique.yaml": ["docs/how-to/waivers.md", "version: 1"],
    },
    prints: { "pratique lint --baseline known.json": /waived/i },
  },
  "docs/how-to/writing.md": {
    engine: "podman",
    given:
      "mkdir examples && cp -a $ROOT/examples/home-writer examples/my-project && cp $ROOT/examples/bases.args examples",
    instead: { "my-project": "examples/my-project" },
    ends: { "pratique check my-project": 1 },
    prints: { "pratique check my-project": /could not write \/app\/results\.csv/ },
  },
  "docs/init.md": {
    choice: true,
    given:
      "mkdir -p my-project/src && echo 'print(1)' > my-project/src/main.py && touch my-project/requirements.txt",
    asks: { "pratique init heart-study": 14 },
    prints: { "pratique init --from my-project --dry-run": /^\+FROM /m },
  },
  "docs/inspect.md": {
    engine: "podman",
    given: `mkdir my-project && cp -r $TINY/. my-project && podman save --quiet --format oci-archive --output heart.tar lab/heart:1 && podman save --quiet --format oci-dir --output heart lab/heart:1`,
    instead: { "ghcr.io": "$REGISTRY" },
    // An image of three files suits no job.
    ends: Object.fromEntries(
      [
        "pratique inspect my-image:1",
        "pratique inspect docker://ghcr.io/lab/heart:1",
        "pratique inspect heart.tar",
        "pratique inspect oci-archive:heart.tar:localhost/lab/heart:1",
        "pratique inspect heart/",
        "docker save my-image:1 | pratique inspect -",
        "pratique inspect my-project",
      ].map((command) => [command, 1]),
    ),
    prints: { "pratique tree my-image:1 --extract /etc/os-release --to -": /^NAME=tiny$/m },
  },
  "docs/lint.md": {
    given: `${HERE} && cp job/job.yaml . && cp Dockerfile train.dockerfile`,
  },
  "docs/outputs.md": {
    given: `${HERE} && pratique lint --output evidence`,
    instead: { "<folder>": "evidence", "<format>": "junit" },
  },
  "docs/page.md": { given: `${HERE} && pratique lint --output .pratique` },
  "docs/pin.md": {
    engine: "podman",
    given: `mkdir my-project && echo "FROM $REGISTRY/library/python:3.11-slim-bookworm" | tee Dockerfile my-project/Dockerfile`,
  },
  "docs/publish.md": {
    engine: "podman",
    given: `${KEYS} && ${PROJECT} && cp $CERTIFICATE ca.pem`,
    instead: { "registry.example.org:5000": "$TLS_REGISTRY", "ghcr.io": "$LOGIN_REGISTRY" },
    notPrinted: {
      "In the Safe Haven:":
        "the Safe Haven takes nothing from a registry of the tests; src/reporters/publication.test.ts has it",
    },
  },
  "docs/scan.md": {
    engine: "docker",
    given: `cp -r $TINY/. . && mkdir ~/trivy && ln -s $TRIVY ~/bin/trivy && cp -r $TRIVY_DB ~/trivy/db && cp $ROOT/test/documents/grype.sarif $ROOT/test/documents/not-affected.json .`,
    instead: { "http://…": "$TRIVY_SERVER" },
    // Nothing in this image could be a job.
    ends: {
      "pratique scan": 1,
      "pratique check --db ~/trivy/db": 1,
      "pratique check --server http://…": 1,
      "pratique check --vex not-affected.json": 1,
      "pratique check --import grype.sarif": 1,
    },
    prints: {
      "pratique check --db ~/trivy/db": /^scan: done/m,
      "pratique check --server http://…": /^scan: done/m,
      "pratique check --import grype.sarif": /1 vulnerability/,
    },
  },
  [HELP]: {
    engine: "podman",
    files: PATIENTS,
    given: `${KEYS} && ${HERE.replace("--base $PYTHON_BASE", FROM_REGISTRY)} && ln -s $TRIVY ~/bin/trivy && pratique lint --output evidence && cp -r $TRIVY_DB trivy-db && cp -r $TINY my-project`,
    ends: {
      "pratique check my-project --engine podman": 1,
      "pratique diff mine:1 mine:2 --exit-code": 1,
    },
  },
};

/** Commands that no page runs: why, and which test runs them all the same. Patterns of the whole command. */
export const NOT_RUN: readonly (readonly [command: RegExp, why: string])[] = [
  [/^npm ci$/, "installs anew what runs this test"],
  [/^(?:cd recorder && )?go test -race /, "tools/test.mjs runs it: the part recorder"],
  [/^npm run build(?::recorder)?$/, "tools/test.mjs runs both before any test"],
  [/^npm run fuzz /, "takes long; test/fuzz.test.ts does a share of it"],
  [/^npm run format/, "tools/test.mjs checks the same: the part style"],
  [/^node -e 0$/, "what is measured against"],
  [/^npm (?:test|run test:)/, "tools/test.mjs: this test is a part of it"],
  [/^npm run demo$/, "sets the machine up and checks examples, as the tests in test/e2e/suite.ts do"],
  [/^npx vitest run src\/image$/, "tools/test.mjs runs it with all units"],
  [/^npm pack$/, "test/e2e/package.test.ts"],
  [/^node tools\/setup\/faults\.mjs /, "tools/test.mjs runs it: the part faults"],
  [/^node tools\/setup\/bases\.mjs$/, "tools/test.mjs runs it before this test"],
  [/^(?:npm run bench|node bench\/)/, "measures, on a machine that does nothing else"],
  [/^node tools\/kubernetes-schema\.mjs /, "takes an API description from the network"],
  [/^npm run docs:site$/, "installs VitePress from the network"],
  [/^node dist\/cli\/main\.cjs check examples\/survival-r$/, "test/e2e/suite.ts checks every example"],
  [/^sudo systemctl /, "changes the machine"],
  [/^(?:podman|docker) system prune$/, "removes what others have in the engine"],
  [/^podman unshare /, "rootless Podman alone has it"],
  [/^kubectl (?:create --dry-run=|get job)/, "asks a cluster"],
  [/^cosign verify-blob-attestation /, "test/e2e/cosign.test.ts"],
  [/\$\{\{ secrets\./, "GitHub's own runner"],
  [/^docker build --check$/, "BuildKit's checks, which this project does not have"],
  [/^pratique lsp$/, "test/lsp.test.ts"],
];

/** Pages that a test of their own runs from the first line to the last. */
export const RUN_WHOLE: Readonly<Record<string, string>> = {
  "docs/tutorial/README.md": "test/e2e/tutorial.test.ts",
};
