import type { Report } from "../evidence/report.ts";
import { shellWord } from "../findings/shell-word.ts";
import type { Profile } from "../profiles/profile.ts";
import { CES_NAMES, type CesFiles } from "./ces-files.ts";
import { type JobPlan, type OpenValue, OUTPUT_VARIABLE } from "./plan.ts";
import { pullCommands } from "./pull.ts";

/** What a person does, step by step, from the image to the results. Words between backticks are code. */
export interface Sheet {
  readonly title: string;
  readonly place: string;
  /** What has to be known before all else; empty where nothing is wrong. */
  readonly warnings: readonly string[];
  /** Which image, which job, what the check said. */
  readonly facts: readonly Fact[];
  readonly open: readonly OpenValue[];
  readonly steps: readonly Step[];
  /** How the numbers came about. */
  readonly basis: readonly string[];
  readonly remarks: readonly string[];
  /** What a test at the desk cannot show of the place. */
  readonly notImitated: readonly string[];
}

/** A term with its value: words, or code as it stands, whatever is in it. */
export type Fact = { readonly term: string } & ({ readonly text: string } | { readonly code: string });

export interface Step {
  readonly title: string;
  /** On which machine. */
  readonly where: string;
  readonly parts: readonly Part[];
}

export type Part = { readonly text: string } | { readonly commands: string };

export interface SheetInput {
  readonly plan: JobPlan;
  readonly profile: Profile;
  /** Of the check that the image came through, where there is one. */
  readonly report: Report | undefined;
  readonly files: CesFiles;
}

/** What `ces-run` starts on a desktop, and `ces-pull` has to have fetched for (CES-01). */
const TRIED_IN = "podman";
const DESKTOP = "on your desktop in the Safe Haven";

export function sheetFor(input: SheetInput): Sheet {
  const { plan, profile, report } = input;
  const runtimes = Object.entries(profile.runtimes).filter(([, { foreseen }]) => foreseen !== true);
  const [, kubernetes] = runtimes.find(([, { startedBy }]) => startedBy.value === "kubernetes") ?? [];
  // Open OnDemand pulls by itself.
  const pulled = runtimes.flatMap(([id, { startedBy }]) =>
    startedBy.value === "kubernetes" || id === TRIED_IN ? [id] : [],
  );
  return {
    title: `${plan.name}: from the image to the results`,
    place: profile.title,
    warnings: warningsOf(report),
    facts: factsOf(input),
    open: plan.open,
    steps: [
      publish(input),
      pull(plan, pullCommands(profile, plan.source, pulled)),
      tryOut(input),
      bringData(plan),
      submit(plan),
      watch(plan),
      fetch(input),
      tidy(plan),
    ],
    basis: plan.resources.basis,
    remarks: plan.remarks,
    notImitated: (kubernetes?.notImitated ?? []).map((text) => text.replace(/\/safe_[a-z]+/g, "`$&`")),
  };
}

const VERDICTS: Readonly<Record<Report["verdict"], string>> = {
  clear: "clear",
  "clear-with-advice": "clear, with advice",
  "not-clear": "NOT CLEAR",
  incomplete: "incomplete",
};

function warningsOf(report: Report | undefined): string[] {
  if (report === undefined)
    return [
      "No check of this image was found, so that memory and processors are guesses. Run `pratique check`, and make these files anew.",
    ];
  if (report.command !== "check")
    return [`The image was not checked as a whole: the report comes from \`pratique ${report.command}\`.`];
  if (report.verdict === "not-clear")
    return ["The check says NOT CLEAR: this job would fail in there. Mend the image first."];
  return report.verdict === "incomplete"
    ? ["The check is incomplete: what was not assessed may stop the job. Its report says why."]
    : [];
}

function factsOf({ plan, report, profile }: SheetInput): Sheet["facts"] {
  return [
    { term: "Image", code: plan.source },
    ...(report?.subject.imageId == null ? [] : [{ term: "Image id", code: report.subject.imageId }]),
    ...(report?.subject.git == null
      ? []
      : [
          {
            term: "Version of the project",
            text: `\`${report.subject.git.commit}\`${report.subject.git.clean ? "" : ", with changes that were not committed"}`,
          },
        ]),
    {
      term: "Check",
      text:
        report === undefined
          ? "none was found"
          : `${VERDICTS[report.verdict]}, ${report.times.startedAt.slice(0, 10)}, pratique ${report.tool.version}`,
    },
    { term: "Policy", text: `${profile.title}, documents of ${profile.documentsRead}` },
    plan.argv === undefined
      ? { term: "Starts", text: "what the image starts" }
      : { term: "Starts", code: plan.argv.map(pasted).join(" ") },
    {
      term: "Results go to",
      text: `\`${profile.directories.outputs.value}/<name of the job>\`, which the variable \`${OUTPUT_VARIABLE}\` holds`,
    },
  ];
}

function publish({ plan, report }: SheetInput): Step {
  const engine = report?.engine?.name ?? "docker";
  const host = plan.source.split("/", 1)[0] ?? "";
  return {
    title: "Publish the image",
    where: "on your own machine, which has the internet, in the project's folder",
    parts: [
      {
        text: `The Safe Haven takes images from ${host}. \`<github_user>\` is your own name on GitHub, here and below; the token to push the image needs \`repo\` and \`write:packages\`. Give each build a tag of its own: the machines of the cluster keep images, and would run an older one of the same name.`,
      },
      {
        commands: [
          `${engine} login ${host} -u <github_user>`,
          ...(report === undefined ? ["pratique check"] : []),
          `pratique publish ${plan.source}`,
          `${engine} logout ${host}`,
        ].join("\n"),
      },
      {
        text: "This sends the very image that was checked, by its id, with the evidence beside it, and refuses one that is not clear. Have it accepted by Information Governance before it goes in: the page of the check is for them.",
      },
    ],
  };
}

const pull = (plan: JobPlan, commands: readonly string[]): Step => ({
  title: "Bring the image in",
  where: DESKTOP,
  parts: [
    {
      text: "Your account and your desktop have to be enabled for this: your Research Coordinator asks for it. The cluster has no internet: the image is fetched by hand, once for each tag; for the job (`k8s`), and for `ces-run` and the list below (`podman`). The token is another one than before: it needs `read:packages` and nothing more. It is typed in, so that it stands in no file and no history.",
    },
    {
      commands: ["read -rs GHCR_TOKEN", ...commands, "unset GHCR_TOKEN", "podman images"].join("\n"),
    },
    {
      text: `The list shows the image under two names. The one for the job begins with \`${plan.image.split(":", 1)[0] ?? ""}\` and a port: it must be the \`image\` of job.yaml. Bring job.yaml and the files beside it to the desktop as well.`,
    },
  ],
});

function tryOut({ plan, files }: SheetInput): Step {
  const options = [
    ...(files.options === undefined ? [] : [`--opt-file=${CES_NAMES.options}`]),
    ...(files.arguments === undefined ? [] : [`--arg-file=${CES_NAMES.arguments}`]),
    `--env-file=${CES_NAMES.environment}`,
    ...(plan.gpus > 0 ? ["--gpu"] : []),
  ];
  return {
    title: "Try it on the desktop, if you like",
    where: DESKTOP,
    parts: [
      {
        text: "The same image with the same variables, on real data and without the queue. Results are in `~/outputs_…` afterwards.",
      },
      { commands: `ces-run ${TRIED_IN} ${options.join(" ")} ${plan.source}` },
    ],
  };
}

const bringData = ({ transfer }: JobPlan): Step => ({
  title: "Bring the data to the cluster",
  where: DESKTOP,
  parts: [
    {
      text: `The cluster cannot read the desktop's \`/safe_data\`: it has a file system of its own, which ${transfer.host} can reach. What lies there is not backed up.`,
    },
    { commands: `rsync -avP ${transfer.desktop}/ ${transfer.host}:${transfer.shared}` },
  ],
});

const submit = (plan: JobPlan): Step => ({
  title: "Submit the job",
  where: DESKTOP,
  parts: [
    {
      text: "`kubectl create` and not `apply`: the job gets its name when it is made. The first line asks the cluster whether it would take the job, and starts nothing. The first time you are asked to log in: choose 1, `freeIpaProvider`. It is remembered for 90 days.",
    },
    {
      commands: [
        `kubectl -n ${plan.namespace} create --dry-run=server -f job.yaml`,
        `kubectl -n ${plan.namespace} create -f job.yaml`,
      ].join("\n"),
    },
  ],
});

const watch = (plan: JobPlan): Step => ({
  title: "Follow it",
  where: DESKTOP,
  parts: [
    {
      text: `\`<job>\` is the name that the last command printed. A job waits in the queue until there is room. It ends by force after ${hours(plan.deadlineSeconds)}, and it and its log are removed ${hours(plan.keptSeconds)} after its end: the last line keeps the log.`,
    },
    {
      commands: [
        `kubectl -n ${plan.namespace} get jobs`,
        `kubectl -n ${plan.namespace} describe job <job>`,
        `kubectl -n ${plan.namespace} logs job/<job> --follow`,
        `kubectl -n ${plan.namespace} logs job/<job> > <job>.log`,
      ].join("\n"),
    },
  ],
});

const fetch = ({ plan, profile }: SheetInput): Step => ({
  title: "Bring the results back",
  where: DESKTOP,
  parts: [
    {
      text: `The job's folder in \`${profile.directories.outputs.value}\` is named after the job. Nothing leaves the Safe Haven without the approval of Information Governance.`,
    },
    {
      commands: `rsync -avP ${plan.transfer.host}:${plan.transfer.own}/<job>/ ${plan.transfer.desktop}/results/<job>/`,
    },
  ],
});

const tidy = (plan: JobPlan): Step => ({
  title: "Clear up",
  where: DESKTOP,
  parts: [
    { text: "The job goes by itself; this takes it away at once. Results stay until you remove them." },
    { commands: `kubectl -n ${plan.namespace} delete job <job>` },
  ],
});

const hours = (seconds: number): string =>
  seconds % 3600 === 0
    ? `${seconds / 3600} ${seconds === 3600 ? "hour" : "hours"}`
    : seconds % 60 === 0
      ? `${seconds / 60} minutes`
      : `${seconds} seconds`;

/** A word for a person to paste into a shell; placeholders, which are to be filled in first, stay as they are. */
const pasted = (word: string): string => (/^[\w./:=@%+,<>-]+$/.test(word) ? word : shellWord(word));
