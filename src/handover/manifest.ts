import { escapeReferences } from "../job/expand.ts";
import type { Profile } from "../profiles/profile.ts";
import { quantityOf } from "./measured.ts";
import { type JobPlan, OUTPUT_VARIABLE } from "./plan.ts";

/**
 * The Kubernetes job, after the example in the place's documents. The job's own folder is named after the job by the label
 * that Kubernetes gives each of its pods (`job-name`), which is what the documents' `sed` on HOSTNAME gives, and needs no shell.
 */
export function manifestText(plan: JobPlan, profile: Profile): string {
  const { data, outputs, scratch } = profile.directories;
  const { resources, gpus } = plan;
  const policy = profile.jobs;
  const shared = resources.sharedMemory;
  const line = (...lines: (string | false | undefined)[]): string[] =>
    lines.filter((one) => typeof one === "string");
  return [
    ...header(plan),
    "apiVersion: batch/v1",
    "kind: Job",
    "metadata:",
    "  # The cluster adds five characters, so that each job has a name of its own.",
    `  generateName: ${scalar(plan.generateName)}`,
    `  namespace: ${scalar(plan.namespace)}`,
    "  labels:",
    `    ${policy?.queueLabel.value}: ${scalar(plan.queue)}`,
    "spec:",
    "  completions: 1",
    "  backoffLimit: 1",
    `  ttlSecondsAfterFinished: ${plan.keptSeconds}`,
    "  template:",
    "    spec:",
    `      activeDeadlineSeconds: ${plan.deadlineSeconds}`,
    "      restartPolicy: Never",
    "      securityContext:",
    `        runAsUser: ${plan.uid}`,
    "        # The project's group, not your own: the folders belong to it.",
    `        runAsGroup: ${plan.gid}`,
    `        fsGroup: ${plan.gid}`,
    "      containers:",
    "        - name: job",
    `          image: ${scalar(plan.image)}`,
    ...indent(startOf(plan), 10),
    "          env:",
    "            - name: JOB_ID",
    "              valueFrom: {fieldRef: {fieldPath: \"metadata.labels['job-name']\"}}",
    "            # One folder for each job.",
    `            - {name: ${OUTPUT_VARIABLE}, value: "${outputs.value}/$(JOB_ID)"}`,
    ...plan.environment.map(
      ([name, value]) => `            - {name: ${name}, value: ${quoted(escapeReferences(value))}}`,
    ),
    "          resources:",
    "            requests:",
    `              cpu: ${resources.cpu.request}`,
    `              memory: ${quantityOf(resources.memory.request)}`,
    "            limits:",
    `              cpu: ${resources.cpu.limit}`,
    `              memory: ${quantityOf(resources.memory.limit)}`,
    ...line(gpus > 0 && `              ${policy?.gpuResource.value}: ${gpus}`),
    "          volumeMounts:",
    `            - {mountPath: ${data.value}, name: shared-data, readOnly: true}`,
    `            - {mountPath: ${outputs.value}, name: user-output}`,
    `            - {mountPath: ${scratch.value}, name: scratch}`,
    ...line(shared && "            - {mountPath: /dev/shm, name: dshm}"),
    "      volumes:",
    "        - name: shared-data",
    `          persistentVolumeClaim: {claimName: ${scalar(plan.sharedClaim)}}`,
    "        - name: user-output",
    `          persistentVolumeClaim: {claimName: ${scalar(plan.userClaim)}}`,
    "        - {name: scratch, emptyDir: {}}",
    ...line(
      shared &&
        `        - {name: dshm, emptyDir: {medium: Memory${shared.bytes === undefined ? "" : `, sizeLimit: ${quantityOf(shared.bytes)}`}}}`,
    ),
    "",
  ].join("\n");
}

function header({ open, resources }: JobPlan): string[] {
  return [
    "# Made by pratique job. Create it with kubectl create, not apply: handover.md says how.",
    ...resources.basis.map((sentence) => `# ${sentence}`),
    ...(open.length === 0
      ? []
      : [`# To be filled in: ${open.map(({ placeholder }) => placeholder).join(", ")}.`]),
  ].map((text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?"));
}

function startOf({ argv, args, shell }: JobPlan): string[] {
  if (shell && argv !== undefined) {
    return [
      "# The words in args are started as they are, once the job's folder is there.",
      `command: ["/bin/sh", "-c", ${quoted(`mkdir -p "$${OUTPUT_VARIABLE}" && exec "$@"`)}, "job"]`,
      "args:",
      ...argv.map((word) => `  - ${quoted(reference(word))}`),
    ];
  }
  return args === undefined ? [] : ["args:", ...args.map((word) => `  - ${quoted(reference(word))}`)];
}

const indent = (lines: readonly string[], by: number): string[] =>
  lines.map((line) => `${" ".repeat(by)}${line}`);

/** JSON is YAML too; what YAML takes for the end of a line is escaped as well. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u00a0\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Names of the cluster, and placeholders. */
const scalar = (text: string): string =>
  /^[a-z<][\w./<>:@-]*$/i.test(text) && !/:$|^(?:y|n|yes|no|on|off|true|false|null)$/i.test(text)
    ? text
    : quoted(text);

/** What may be referred to in an argument. */
const NAMES = [OUTPUT_VARIABLE, "JOB_ID"];
const reference = (text: string): string => escapeReferences(text, NAMES);
