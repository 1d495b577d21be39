import type { JobSettings, RunSettings } from "../config/config.ts";
import { parseDuration } from "../config/duration.ts";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { parseQuantity } from "../job/quantity.ts";
import type { JobPolicy, Profile } from "../profiles/profile.ts";
import { nameFrom, namesIn, type ProjectNames } from "../rules/jobs.ts";
import { hasCredentials, isSecretName, isSecretValue } from "../rules/secrets.ts";
import { type Measured, type Resources, resourcesFor } from "./measured.ts";

/** What is known of the image that the job runs. */
export interface KnownImage {
  /** Program and arguments; undefined where nothing says what the image starts. */
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[];
  /** Names of the variables that it sets. */
  readonly variables: ReadonlySet<string>;
  readonly hasShell: boolean;
  /** Digest or id, where the image was seen. */
  readonly id: string | undefined;
}

export interface PlanInput {
  readonly profile: Profile;
  readonly policy: JobPolicy;
  /** The project's own name, in any form. */
  readonly project: string;
  readonly choices: JobSettings;
  /** What the test ran with. */
  readonly test: RunSettings;
  readonly image: KnownImage;
  readonly measured: Measured | undefined;
  /** Where the code starts workers that share memory. */
  readonly workers: string | undefined;
  /** Files that the test left in the outputs folder, without the folder's own path. */
  readonly outputs: readonly string[];
  /** Where the project's own text asks for the folder of the job (`OUTPUT_DIR`), as file and line. */
  readonly outputReader: string | undefined;
  /** What was found out on the way, for the reader. */
  readonly notes: readonly string[];
}

/** A value that only the reader knows; the manifest has the placeholder in its place. */
export interface OpenValue {
  readonly placeholder: string;
  /** What it is and where it is found. */
  readonly meaning: string;
  /** How to give it to `pratique job`. */
  readonly option: string;
}

/** All that the files of a job are written from. Texts may hold placeholders in angle brackets. */
export interface JobPlan {
  readonly name: string;
  readonly generateName: string;
  readonly namespace: string;
  readonly queue: string;
  /** Name under which the image is pushed, and under which the cluster finds it. */
  readonly source: string;
  readonly image: string;
  readonly sharedClaim: string;
  readonly userClaim: string;
  readonly uid: string;
  readonly gid: string;
  /** Program and arguments; undefined leaves them to the image. */
  readonly argv: readonly string[] | undefined;
  /** Arguments in place of the image's CMD, where the settings give some. */
  readonly args: readonly string[] | undefined;
  readonly shell: boolean;
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly gpus: number;
  readonly resources: Resources;
  readonly deadlineSeconds: number;
  readonly keptSeconds: number;
  readonly transfer: {
    readonly host: string;
    readonly desktop: string;
    readonly shared: string;
    readonly own: string;
  };
  readonly open: readonly OpenValue[];
  /** What the reader should know before the job is submitted. */
  readonly remarks: readonly string[];
}

/** The variable that names the job's own folder for results. */
export const OUTPUT_VARIABLE = "OUTPUT_DIR";
const OURS = new Set([OUTPUT_VARIABLE, "JOB_ID"]);

const OPEN = {
  namespace: {
    meaning:
      "The namespace of your project on the cluster, such as `nsh-2024-0000-ns`; your Research Coordinator knows it. Its parts, `<safe-haven>` and `<project>`, stand in other names too.",
    option: "--namespace",
  },
  account: {
    meaning: "Your user name in the Safe Haven, such as `test_nsh-2024-0000`.",
    option: "--account",
  },
  uid: { meaning: "The number of your user: `id -u` on the desktop prints it.", option: "--uid" },
  gid: {
    meaning: "The number of the project's group, not of your own: `id` on the desktop lists your groups.",
    option: "--gid",
  },
  port: {
    meaning: "Port of the registry's proxy: after `ces-pull`, `podman images` shows it on the desktop.",
    option: "--port",
  },
  image: {
    meaning: "Owner, name and tag of the image on ghcr.io; give each build a tag of its own.",
    option: "--image",
  },
} as const;

export function planJob(input: PlanInput): JobPlan {
  const { profile, policy, choices, image, measured } = input;
  const open: OpenValue[] = [];
  const remarks: string[] = [...input.notes];
  const missing = (key: keyof typeof OPEN, placeholder: string): string => {
    open.push({ placeholder, ...OPEN[key] });
    return placeholder;
  };

  const name = choices.name ?? slug(input.project);
  const names = projectOf(choices, policy, remarks);
  if (choices.namespace === undefined) missing("namespace", policy.namespace.value);
  const namespace = choices.namespace ?? nameFrom(policy.namespace.value, names);
  if (choices.account === undefined) missing("account", "<user>");
  const user = choices.account?.split("_", 1)[0];
  const claims: ProjectNames = { ...names, ...(user === undefined ? {} : { user }) };
  const prefix = [names["safe-haven"] ?? "<safe-haven>", names.project ?? "<project>"].join("-");
  const longest = policy.longestName.value - prefix.length - 2;
  const short = name.slice(0, Math.max(10, longest)).replace(/-+$/, "");

  const source = choices.image ?? missing("image", `ghcr.io/<owner>/${name}:<tag>`);
  const { registry = "", repository, tag = "" } = parseImageReference(source.replace("<owner>", "owner"));
  if (choices.image !== undefined && !profile.registries.value.includes(registry))
    remarks.push(
      `Images come into the Safe Haven from ${profile.registries.value.join(", ")} alone, and not from ${registry}.`,
    );
  const port = choices.port?.toString() ?? missing("port", "<port>");
  const path = choices.image === undefined ? source.slice("ghcr.io/".length) : `${repository}:${tag}`;

  const shell = choices.shell ?? image.hasShell;
  const args = choices.args ?? input.test.args;
  const argv = argvOf(image, args);
  const gpus = choices.gpus ?? 0;
  const resources = resourcesFor(
    measured,
    {
      cpus: choices.cpus,
      memory: parseQuantity(choices.memory),
      sharedMemory: parseQuantity(choices.sharedMemory),
      gpus,
      workers: input.workers,
    },
    { cpu: policy.example.value.cpu, memory: parseQuantity(policy.example.value.memory) ?? 0 },
  );
  const generateName = `${prefix}-${short}-`;
  remarks.push(...remarksOf(input, argv, shell, generateName));
  const plan = {
    name,
    generateName,
    namespace,
    queue: choices.queue ?? nameFrom(policy.queue.value, { namespace }),
    source,
    image: `${policy.imageProxy.value}:${port}/${path}`,
    sharedClaim: nameFrom(policy.sharedClaim.value, claims),
    userClaim: nameFrom(policy.userClaim.value, claims),
    uid: choices.uid?.toString() ?? missing("uid", "<uid>"),
    gid: choices.gid?.toString() ?? missing("gid", "<gid>"),
    argv,
    args,
    shell,
    gpus,
    resources,
    deadlineSeconds: secondsOf(choices.timeLimit) ?? policy.example.value.deadlineSeconds,
    keptSeconds: secondsOf(choices.keep) ?? policy.example.value.keptSeconds,
    transfer: transferOf(policy, names, choices.account),
    open,
    remarks,
  };
  return { ...plan, environment: environmentOf(input, plan, remarks) };
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "") || "job";

const secondsOf = (text: string | undefined): number | undefined => {
  const milliseconds = text === undefined ? undefined : parseDuration(text);
  return milliseconds === undefined ? undefined : Math.round(milliseconds / 1000);
};

function projectOf({ namespace }: JobSettings, policy: JobPolicy, remarks: string[]): ProjectNames {
  if (namespace === undefined) return {};
  const names = namesIn(policy.namespace.value, namespace);
  if (names === undefined)
    remarks.push(
      `The namespace ${namespace} does not look like ${policy.namespace.value}, so that the names of the claims are left open.`,
    );
  return names ?? {};
}

function argvOf(image: KnownImage, args: readonly string[] | undefined): readonly string[] | undefined {
  if (image.entrypoint === undefined) return undefined;
  const argv = [...image.entrypoint, ...(args ?? image.command)];
  return argv.length === 0 ? undefined : argv;
}

function transferOf(
  policy: JobPolicy,
  names: ProjectNames,
  account: string | undefined,
): JobPlan["transfer"] {
  const fill = (pattern: string): string =>
    nameFrom(pattern, names).replaceAll("<account>", account ?? "<user>");
  const { host, desktop, shared, own } = policy.transfer.value;
  return { host, desktop: fill(desktop), shared: fill(shared), own: fill(own) };
}

/** What the job gets beside what the image sets: a place for all that programs write, and no more threads than processors. */
function environmentOf(
  { profile, image, test, choices }: PlanInput,
  { resources }: Pick<JobPlan, "resources">,
  remarks: string[],
): [string, string][] {
  const scratch = profile.directories.scratch.value;
  const wanted: [string, string][] = [
    ["HOME", scratch],
    ["USER", "shs"],
    ["TMPDIR", scratch],
    ["TMP", scratch],
    ["TEMP", scratch],
  ];
  const given = Object.entries({ ...test.env, ...choices.env }).filter(([name]) => !OURS.has(name));
  const secret = given.filter(
    ([name, value]) => (isSecretName(name) && isSecretValue(value)) || hasCredentials(value),
  );
  for (const [name] of secret)
    remarks.push(
      `${name} is set in the settings and looks like a secret: it is in none of these files. Ask how it can be given to the job.`,
    );
  const plain = given.filter((entry) => !secret.includes(entry));
  const named = new Set(given.map(([name]) => name));
  const threads: [string, string] = ["OMP_NUM_THREADS", String(resources.cpu.request)];
  return [
    ...wanted.filter(([name]) => !image.variables.has(name) && !named.has(name)),
    ...(named.has(threads[0]) ? [] : [threads]),
    ...plain,
  ];
}

function remarksOf(
  { image, measured, outputs, outputReader, profile, policy, choices }: PlanInput,
  argv: readonly string[] | undefined,
  shell: boolean,
  generateName: string,
): string[] {
  const shared = outputs.filter((path) => !path.startsWith(generateName));
  const folder = profile.directories.outputs.value;
  const remarks: string[] = [];
  if (measured?.cutShort === "time-limit")
    remarks.push("The test was stopped at its time limit, so that the job may need more than was seen.");
  if (argv === undefined)
    remarks.push(
      "What the image starts is not known, so that the manifest leaves it to the image, and the job makes no folder of its own.",
    );
  if (!shell)
    remarks.push(
      `The image has no shell, so that nothing makes the job's folder: the program has to make \`${OUTPUT_VARIABLE}\` itself.`,
    );
  const takesFolder =
    outputReader !== undefined || argv?.some((word) => word.includes(`$(${OUTPUT_VARIABLE})`)) === true;
  if (shared.length > 0 && !takesFolder)
    remarks.push(
      `In the test, where \`${OUTPUT_VARIABLE}\` was not set, the program wrote to ${folder} itself (\`${shared.slice(0, 3).join("`, `")}\`). There this is one folder for all your jobs, and the next job writes over these files. Let the program read \`${OUTPUT_VARIABLE}\` (\`pratique test --manifest\` shows whether it does), or give it the folder as an argument: \`$(${OUTPUT_VARIABLE})\` in \`job.args\` stands for it.`,
    );
  const most = policy.quota.value.gpus;
  if ((choices.gpus ?? 0) > most) remarks.push(`A project has ${most} GPUs unless it was given more.`);
  if (image.id === undefined)
    remarks.push("The image was not seen: what it starts and sets was read in the Dockerfile.");
  return remarks;
}
