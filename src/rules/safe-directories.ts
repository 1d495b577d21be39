import { familiarRepository, parseImageReference } from "../dockerfile/image-reference.ts";
import type { Instruction } from "../dockerfile/model.ts";
import { oncePerCommand, type ShellCommand, shellCommands } from "../dockerfile/shell.ts";
import {
  copyParts,
  expandBraces,
  expandKnown,
  finalBase,
  finalSteps,
  isWithin,
  operands,
  placedCommands,
  resolvePath,
  type Step,
} from "./helpers.ts";
import { installIn } from "./packages.ts";
import type { DockerfileFacts } from "./rule.ts";

/** Which of the `wanted` folders the Dockerfile creates in the final image. */
export function createdDirectories(facts: DockerfileFacts, wanted: readonly string[]): Set<string> {
  const made = new Set<string>();
  for (const step of finalSteps(facts)) {
    for (const path of createdBy(step, wanted)) {
      for (const folder of wanted) if (isWithin(path, folder)) made.add(folder);
    }
  }
  return made;
}

function createdBy(step: Step, wanted: readonly string[]): string[] {
  const { instruction } = step;
  if (instruction.keyword === "WORKDIR")
    return [resolvePath(step.folder, expandKnown(instruction.text.replace(/["']/g, ""), step.variables))];
  if (instruction.keyword === "COPY" || instruction.keyword === "ADD") {
    const { target } = copyParts(instruction);
    return target === undefined ? [] : [resolvePath(step.folder, expandKnown(target, step.variables))];
  }
  if (instruction.keyword !== "RUN") return [];
  if (instruction.heredocs.length === 0 && !shellCommands(instruction).some(mayMake)) return [];
  const text = [instruction.text, ...instruction.heredocs.map(({ body }) => body)].join("\n");
  // A script in another language may create them; what it says is taken at its word.
  let inText: string[] | undefined;
  const named = (): string[] => {
    inText ??= wanted.filter((folder) => text.includes(folder));
    return inText;
  };
  if (instruction.heredocs.length > 0 && /mkdir|makedirs|dir\.create|mkpath/.test(text)) return named();
  const makesFolders = /mkdir|dir\.create/.test(text);
  return placedCommands(step).flatMap(({ command, folder }) => {
    if (!mayMake(command)) return [];
    const isMkdir =
      command.name === "mkdir" || (command.name === "busybox" && command.args[0]?.value === "mkdir");
    const isInstall =
      command.name === "install" &&
      command.args.some(({ value }) => /^-\w*d/.test(value) || value === "--directory");
    const inline = makesFolders && /^python|^perl$|^Rscript$/.test(command.name);
    if (inline) return named();
    if (!isMkdir && !isInstall) return [];
    return operands(command).flatMap((word) => {
      const path = expandKnown(word, step.variables);
      if (path.includes("$")) return named();
      return expandBraces(path).map((one) => resolvePath(folder, one));
    });
  });
}

const mayMake = ({ parsed }: ShellCommand): boolean => makes(parsed);
const makes = oncePerCommand(({ name }) => /^(?:mkdir|busybox|install|perl|Rscript)$|^python/.test(name));

/** Well-known bases that have a shell and build as root; an image that is not named here may be anything. */
const ROOT_BASES =
  /^(?:python|pypy|ubuntu|debian|alpine|fedora|centos|rockylinux(?:\/rockylinux)?|almalinux|amazonlinux|gcc|r-base|julia|perl|ruby|node|golang|rust|eclipse-temurin|buildpack-deps|rocker\/(?!binder$)[\w-]+|nvidia\/(?:cuda|pytorch|tensorflow)|pytorch\/pytorch|tensorflow\/tensorflow|continuumio\/(?:mini|ana)conda3?|condaforge\/(?:miniforge3|mambaforge)|gnuoctave\/octave|bioconductor\/[\w-]+)$/;
/** A name means the same image only where its owner publishes it. */
const PUBLISHERS = new Set([undefined, "docker.io", "index.docker.io", "nvcr.io", "quay.io"]);

function isRootBase(base: string): boolean {
  const reference = parseImageReference(base);
  return PUBLISHERS.has(reference.registry) && ROOT_BASES.test(familiarRepository(reference));
}

const isRoot = (user: string): boolean => /^(?:root|0)(?::(?:root|0))?$/.test(user.trim());

/**
 * The instruction of the last stage below which a command certainly runs as root in a shell: a USER that says so, else
 * FROM where its base is known to be root, or where a package manager proves it. Undefined when nothing proves it.
 */
export function rootInstruction(facts: DockerfileFacts): Instruction | undefined {
  const last = facts.stages.at(-1);
  const base = finalBase(facts)?.base;
  if (last === undefined || base === undefined || base === "scratch") return undefined;
  const steps = finalSteps(facts);
  const own = last.stage.instructions;
  const shell = steps.find(({ instruction }) => instruction.keyword === "SHELL")?.instruction;
  const before = (instruction: Instruction): boolean =>
    shell === undefined || comesBefore(instruction, shell);
  const rootUser = own.find(({ keyword, text }) => keyword === "USER" && isRoot(text));
  if (rootUser !== undefined) return hasShell(steps) && before(rootUser) ? rootUser : undefined;
  const from = last.stage.from;
  if (!before(from)) return undefined;
  const inherited = steps.findLast(
    ({ instruction, stage }) => stage !== last && instruction.keyword === "USER",
  )?.instruction.text;
  if (inherited !== undefined) return isRoot(inherited) && hasShell(steps) ? from : undefined;
  if (isRootBase(base)) return from;
  return steps.some(provesRoot) ? from : undefined;
}

const comesBefore = (a: Instruction, b: Instruction): boolean => a.range.start.line < b.range.start.line;

/** A RUN in shell form is there already, so the base must have a shell. */
const hasShell = (steps: readonly Step[]): boolean =>
  steps.some(({ instruction }) => instruction.keyword === "RUN" && instruction.exec === undefined);

/** The system's package manager, run before any USER and without sudo, works for root alone. */
function provesRoot(step: Step): boolean {
  if (step.instruction.keyword !== "RUN" || step.user !== undefined) return false;
  return placedCommands(step).some(({ command, step: { instruction } }) => {
    const install = installIn(command);
    return (
      install !== undefined &&
      /^(?:apt|apk|dnf|zypper)$/.test(install.manager) &&
      ![instruction.text, ...instruction.heredocs.map(({ body }) => body)].some((text) =>
        /\b(?:sudo|fakeroot|su)\b/.test(text),
      )
    );
  });
}
