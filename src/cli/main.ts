import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { EngineName } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import type { Severity } from "../findings/finding.ts";
import { RULE_KINDS } from "../rules/registry/registry.gen.ts";
import { CATEGORIES } from "../rules/rule.ts";
import { packageVersion } from "../system/package.ts";
import type { ChangedOptions } from "./changed.ts";
import { SHELLS, type Shell } from "./completion.ts";
import type { DataOptions } from "./data.ts";
import type { DiffCommandOptions } from "./diff.ts";
import type { CompareOptions, SignOptions, VerifyRunOptions } from "./evidence.ts";
import { examplesText } from "./examples.ts";
import type { ExplainOptions, RulesOptions } from "./explain.ts";
import { reportFailure } from "./failure.ts";
import { groupOf, OTHERS, placeOf } from "./groups.ts";
import type { InitCommandOptions } from "./init.ts";
import type { JobOptions } from "./job.ts";
import type { LintRunOptions } from "./lint.ts";
import type { PinRunOptions } from "./pin.ts";
import type { PublishRunOptions } from "./publish.ts";
import type { ReportOptions } from "./report-command.ts";
import type { TreeCommandOptions } from "./tree.ts";

/**
 * The command line: says what exists, hands over to one module per command (loaded only when it is wanted), and turns
 * whatever comes back into an exit code. 0 clear, 1 findings, 2 wrong use, 3 the machine failed, 130 stopped.
 */
async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command("pratique")
    .description(
      "Shows, with evidence, that a research container is fit to enter a Trusted Research Environment.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(process.stdout.columns ?? 80, 100) })
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError(true)
    .commandsGroup(OTHERS)
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES)
    .exitOverride();

  const runs = (
    name: "check" | "lint" | "build" | "inspect" | "test" | "scan",
    summary: string,
    target: string,
    more: (command: Command) => Command = (command) => command,
  ): void => {
    const many = name === "lint";
    const command = program.command(name).description(summary);
    command.argument(many ? "[targets...]" : "[target]", target, many ? ["."] : ".");
    command
      .option("--config <file>", "settings to use in place of the project's pratique.yaml")
      .option("--profile <id>", "policy to check against")
      .option("-f, --file <file>", "Dockerfile to use")
      .option(
        "-o, --output <folder>",
        `where report.json and index.html go (default: ${many ? "they are not written" : ".pratique"})`,
      )
      .addOption(
        new Option(
          "--format <format>",
          `text, json, html, markdown, sarif, github, gitlab, junit${many ? "" : ", checkstyle, cyclonedx"} or ${many ? "checkstyle" : "spdx"}; <format>=<file> writes to a file, and may be repeated`,
        )
          .argParser(gather)
          .default([], "text"),
      )
      .addOption(
        new Option(
          "--fail-on <severity>",
          "least severity of findings that gives exit code 1 (default: error, or what the settings say)",
        ).choices(["error", "warning", "info"]),
      );
    more(command);
    command.action(async (given: string | readonly string[], options: LintRunOptions) => {
      if (name === "lint") {
        const { runLint } = await import("./lint.ts");
        exitCode = await runLint(typeof given === "string" ? [given] : given, options);
      } else {
        const { runWork } = await import("./work.ts");
        exitCode = await runWork(name, String(given), options);
      }
    });
  };
  const engine = (command: Command): Command =>
    command
      .addOption(
        new Option("--engine <name>", "podman or docker; the first that answers unless given")
          .argParser(engineName)
          .env("PRATIQUE_ENGINE"),
      )
      .option("-v, --verbose", "show all that the engine and the program print (build does so by itself)");
  const runtimes = (command: Command): Command =>
    engine(command)
      .option("--case <names>", "test cases of pratique.yaml to run; all of them unless given", list)
      .option("--runtime <names>", "runtimes of the profile to test in; they decide the verdict", list)
      .option("--matrix", "test in the profile's other runtimes too, and show them beside the verdict")
      .option("--opt-file <file>", "options for the runtime, as ces-run reads them (podman, apptainer, ood)")
      .option("--arg-file <file>", "arguments for the program, as ces-run reads them")
      .option("--env-file <file>", "variables for the program, as ces-run reads them")
      .option("--ces-env-file <file>", "the same, unseen by Node, which reads --env-file too")
      .option(
        "--no-discover",
        "after attempts to use the network, do not run again to hear what is asked for",
      )
      .addOption(new Option("--foreseen", "test in what is announced for later too").hideHelp());

  const scanning = (command: Command): Command =>
    command
      .option("--db <path>", "folder or archive with Trivy's database: nothing is fetched")
      .option("--server <address>", "Trivy server to ask")
      .addOption(
        new Option(
          "--vex <file>",
          "document that says which vulnerabilities do not count; may be repeated",
        ).argParser(gather),
      )
      .addOption(
        new Option(
          "--import <file>",
          "another scanner's report (SARIF, CycloneDX), or CISA's KEV or FIRST's EPSS; may be repeated",
        ).argParser(gather),
      );

  const selection = (command: Command): Command =>
    command
      .option(
        "--select <rules>",
        "run only these: names, categories, other linters' names; “all” takes in the optional ones",
        list,
      )
      .option("--ignore <rules>", "leave these out", list)
      .option("--baseline <file>", "pass over the findings that the file lists")
      .option("--update-baseline", "write the findings of now to the baseline file")
      .addOption(
        new Option("--shellcheck <when>", "ask ShellCheck about the shell in RUN, where it is installed")
          .choices(["auto", "always", "never"])
          .default("auto", "for up to 20 files"),
      )
      .option("--fix", "mend what has one safe answer")
      .option("--dry-run", "with --fix: show what would change, and change nothing");

  program
    .command("init")
    .description("write what a project needs for a check: Dockerfile, settings, test data, CI, job manifest")
    .argument("[folder]", "folder of the new project (default: .)")
    .option("--from <folder>", "a project that exists: it is looked at, and none of its files is changed")
    .option("--language <name>", "python, r, julia, octave, notebook or quarto")
    .option(
      "--packages <name>",
      "what installs packages: pip, uv, poetry, conda, renv, description, julia or none",
    )
    .option("--task <name>", "what the new program does: table, text or training")
    .option("--entry <file>", "with --from: what the job starts with")
    .option("--base <image>", "image to start from: its name, or that of the catalogue, such as PyTorch")
    .option("--gpu", "it needs a GPU")
    .option("--no-gpu", "it needs none")
    .addOption(
      new Option("--model <name>", "model of Hugging Face to put into the image; may be repeated")
        .argParser(gather)
        .default([], "none"),
    )
    .option("--licence-file <file>", "licence that the software reads when it runs")
    .option("--data <folder>", "data for the test (default: some are made up)")
    .option("--name <name>", "what the project is called (default: the folder's name)")
    .option("-y, --yes", "ask nothing: what was not said is as usual")
    .option("--force", "write over files that are there")
    .option("--dry-run", "show what would be written, and write nothing")
    .action(async (folder: string | undefined, options: InitCommandOptions) => {
      const { runInit } = await import("./init.ts");
      exitCode = await runInit(folder, options);
    });
  runs(
    "check",
    "lint, build, inspect, test and scan a project, and write the report",
    "project folder",
    (command) => scanning(runtimes(command)),
  );
  runs(
    "lint",
    "check Dockerfiles, job manifests and the project's files; needs no engine",
    "folders, files, patterns, or - for standard input",
    selection,
  );
  program
    .command("pin")
    .description("put digests behind the images that Dockerfiles name, or bring them up to date")
    .argument("[targets...]", "folders, files or patterns", ["."])
    .option("--config <file>", "settings to use in place of the project's pratique.yaml")
    .option("-f, --file <file>", "Dockerfile to use")
    .option("--dry-run", "show what would change, and change nothing")
    .option("--exit-code", "end with 1 where something changes")
    .addOption(new Option("--format <format>", "what to print").choices(["text", "json"]).default("text"))
    .action(async (targets: readonly string[], options: PinRunOptions) => {
      const { runPin } = await import("./pin.ts");
      exitCode = await runPin(targets, options);
    });
  runs("build", "build the project's image as check does", "project folder", engine);
  runs(
    "inspect",
    "look into an image",
    "project folder, name of an image, docker://registry/name:tag, an archive or OCI layout, or - for one on standard input",
    (command) =>
      engine(command).option("--no-verify", "read no more than is wanted, and compare no digests: faster"),
  );
  const comparable = (command: Command): Command =>
    command
      .addOption(
        new Option("--engine <name>", "podman or docker; the first that answers unless given")
          .argParser(engineName)
          .env("PRATIQUE_ENGINE"),
      )
      .addOption(new Option("--format <format>", "what to print").choices(["text", "json"]).default("text"));
  comparable(program.command("diff"))
    .description("say what two images have that is not the same")
    .argument("<before>", "an image, named as for inspect")
    .argument("<after>", "another one")
    .option("--config <file>", "settings to use in place of the folder's pratique.yaml")
    .option("--profile <id>", "policy that the findings come from")
    .option("--no-verify", "compare files by size, rights and owner only, and no digests: faster")
    .option("--exit-code", "end with 1 where something differs")
    .action(async (before: string, after: string, options: DiffCommandOptions) => {
      const { runDiff } = await import("./diff.ts");
      exitCode = await runDiff(before, after, options);
    });
  comparable(program.command("tree"))
    .description("list the files of an image, or take one out")
    .argument("<image>", "an image, named as for inspect")
    .option("--json", "the same as --format json")
    .addOption(
      new Option("--glob <pattern>", "only what it takes: '*.so' by name, '/opt/**' by path; may be repeated")
        .argParser(gather)
        .default([], "all"),
    )
    .addOption(
      new Option(
        "--larger-than <size>",
        "only what has more, folders with all in them: 500kB, 10MB, 1GiB",
      ).argParser(bytesOf),
    )
    .addOption(new Option("--layer <number>", "only what this layer put there").argParser(wholeNumber))
    .addOption(
      new Option(
        "--depth <number>",
        "how many folders deep (default: 2, or all where something else is chosen)",
      ).argParser(wholeNumber),
    )
    .addOption(
      new Option("--sort <order>", "the order of the list")
        .choices(["path", "size", "layer"])
        .default("path"),
    )
    .option("--extract <path>", "take this file out, in place of a list; links are followed inside the image")
    .option("--to <file>", "where it goes; - for standard output")
    .option("--no-verify", "compare no digests, and read no more than is wanted: faster")
    .action(async (image: string, options: TreeCommandOptions) => {
      const { runTree } = await import("./tree.ts");
      exitCode = await runTree(image, options);
    });
  runs(
    "test",
    "run an image as the Safe Haven would and record what it tries",
    "project folder, or name of an image",
    (command) =>
      runtimes(command).option(
        "--manifest <file>",
        "start the container as this Kubernetes job says: command, variables, user, mounts, limits",
      ),
  );
  runs(
    "scan",
    "list the known vulnerabilities of an image's packages, as Trivy knows them",
    "project folder, or name of an image",
    (command) => scanning(engine(command)),
  );

  program
    .command("job")
    .description(
      "write the job for the cluster, the files for ces-run, and what to do with them step by step",
    )
    .argument("[folder]", "project folder", ".")
    .option("--config <file>", "settings to use in place of the project's pratique.yaml")
    .option("--profile <id>", "policy whose cluster it is for")
    .option("-f, --file <file>", "Dockerfile to use")
    .option("--from-report <file>", "report.json, or its folder, with what was measured (default: .pratique)")
    .option("-o, --output <folder>", "where the files go", "job")
    .option("--force", "write over files that are there")
    .option("--name <name>", "what the job is called (default: the folder's name)")
    .option("--image <name>", "name it is pushed under: ghcr.io/owner/name:tag")
    .option("--namespace <name>", "namespace of the project: nsh-2024-0000-ns")
    .option("--queue <name>", "queue of the project (default: follows from the namespace)")
    .option("--account <name>", "your user name in the Safe Haven")
    .addOption(new Option("--uid <number>", "number of your user there").argParser(wholeNumber))
    .addOption(new Option("--gid <number>", "number of the project's group there").argParser(wholeNumber))
    .addOption(new Option("--port <number>", "port of the registry's proxy there").argParser(wholeNumber))
    .addOption(new Option("--gpus <number>", "GPUs (default: none)").argParser(wholeNumber))
    .addOption(
      new Option("--cpus <number>", "processors, in place of what was measured").argParser(wholeNumber),
    )
    .option("--memory <size>", "memory, in place of what was measured: 8Gi")
    .option("--shm <size>", "size of /dev/shm: 2Gi")
    .option("--time-limit <time>", "how long it may run: 24h")
    .option("--keep <time>", "how long it is kept when it has ended: 30m")
    .option("--no-shell", "the image has no shell: the program makes its own folder for results")
    .action(async (folder: string, options: JobOptions) => {
      const { runJob } = await import("./job.ts");
      exitCode = await runJob(folder, options);
    });
  program
    .command("report")
    .description("show an earlier report again")
    .argument("[file]", "report.json, or the folder that holds it", ".pratique")
    .addOption(
      new Option(
        "--format <format>",
        "text, json, html, markdown, sarif, github, gitlab, junit, checkstyle, cyclonedx or spdx; <format>=<file> writes to a file, and may be repeated",
      )
        .argParser(gather)
        .default([], "text"),
    )
    .option("--not-assessed", "list what was not assessed, and why")
    .action(async (file: string, options: ReportOptions) => {
      const { showReport } = await import("./report-command.ts");
      exitCode = await showReport(file, options);
    });
  program
    .command("sign")
    .description("sign the evidence of a check, so that a reviewer can tell whose it is")
    .argument("[folder]", "folder that check wrote", ".pratique")
    .option("--key <file>", "private key: Ed25519 or ECDSA, as PEM or as ssh-keygen writes it")
    .option("--keyless", "sign with the identity of the CI job, by Sigstore: needs the network")
    .option("--fulcio-url <url>", "certificate authority of another Sigstore")
    .option("--rekor-url <url>", "log of another Sigstore")
    .option(
      "--attach <image>",
      "attach evidence, statements and package lists to the image in a registry: registry/name:tag",
    )
    .action(async (folder: string, options: SignOptions) => {
      const { sign } = await import("./evidence.ts");
      exitCode = await sign(folder, options);
    });
  program
    .command("crate")
    .description("describe the evidence's files as a research object (RO-Crate); before signing it")
    .argument("[folder]", "folder that check wrote", ".pratique")
    .action(async (folder: string) => {
      const { crate } = await import("./evidence.ts");
      exitCode = await crate(folder);
    });
  program
    .command("verify")
    .description("for the reviewer: do evidence, page, image and signature belong together?")
    .argument(
      "[evidence]",
      "folder that check wrote, its report.json, or docker://registry/name:tag that it is attached to (default: .pratique)",
    )
    .option("--key <file>", "public key of whoever is to have signed")
    .option(
      "--identity <name>",
      "who is to have signed without a key: an address or a workflow, to the letter",
    )
    .option("--issuer <url>", "who vouches for that identity")
    .option("--trusted-root <file>", "certificates of Sigstore, where there is no network to fetch them")
    .option(
      "--image <image>",
      "the image that arrived: an archive, docker://registry/name:tag, or a local name",
    )
    .option("--profile <id>", "policy that is expected (default: the one that the evidence names)")
    .option("--max-age <days>", "older evidence fails")
    .addOption(new Option("--engine <name>", "podman or docker, for a local image").argParser(engineName))
    .addOption(new Option("--format <format>", "what to print").choices(["text", "json"]).default("text"))
    .action(async (evidence: string | undefined, options: VerifyRunOptions) => {
      const { verify } = await import("./evidence.ts");
      exitCode = await verify(evidence, options);
    });
  program
    .command("publish")
    .description("put an image that was checked into a registry, with the evidence beside it")
    .argument(
      "<name>",
      "registry, owner and name: ghcr.io/lab/heart-risk; with a tag if none is to be made of day and commit",
    )
    .argument("[evidence]", "folder that check wrote", ".pratique")
    .option(
      "--image <image>",
      "archive, OCI layout or name of the image (default: the evidence's, in the engine)",
    )
    .addOption(
      new Option("--engine <name>", "podman or docker (default: the one of the check)").argParser(engineName),
    )
    .option("--key <file>", "sign the evidence on the way, as sign does")
    .option("--keyless", "sign it with the identity of the CI job, as sign does")
    .option("--fulcio-url <url>", "certificate authority of another Sigstore")
    .option("--rekor-url <url>", "log of another Sigstore")
    .option("--no-latest", "leave the tag latest where it is")
    .option("--override <reason>", "publish an image that is not clear; the reason stands in the evidence")
    .option("--check-token", "ask for the token that is meant for pulling, and warn where it may do more")
    .addOption(new Option("--format <format>", "what to print").choices(["text", "json"]).default("text"))
    .action(async (name: string, evidence: string, options: PublishRunOptions) => {
      const { runPublish } = await import("./publish.ts");
      exitCode = await runPublish(name, evidence, options);
    });
  program
    .command("compare")
    .description("what changed between two versions' evidence: since what was approved, for example")
    .argument("<before>", "folder that an earlier check wrote, or its report.json")
    .argument("[after]", "that of now", ".pratique")
    .option("--exit-code", "1 when something changed")
    .addOption(new Option("--format <format>", "what to print").choices(["text", "json"]).default("text"))
    .action(async (before: string, after: string, options: CompareOptions) => {
      const { compare } = await import("./evidence.ts");
      exitCode = await compare(before, after, options);
    });
  program
    .command("data")
    .description("make up test data from a description or a header, so that no real data are needed outside")
    .option("--schema <file>", "what the table is like: our YAML, or a Frictionless Table Schema")
    .option(
      "--header <line>",
      "the same as one line: 'id,age:int[18..90],sex:{F,M},bmi:float[15.0..45.0]?5%'",
    )
    .option("--like <file>", "a CSV with names in its first line; nothing else of it is read")
    .addOption(new Option("--rows <number>", "how many (default: 100)").argParser(wholeNumber))
    .addOption(
      new Option("--seed <number>", "other values (default: 1); equal seeds give equal data").argParser(
        wholeNumber,
      ),
    )
    .addOption(new Option("--format <format>", "how it is written").choices(["csv", "jsonl"]).default("csv"))
    .option("-o, --output <file>", "where it goes (default: the screen)")
    .option("--force", "write over a file that is there")
    .action(async (options: DataOptions) => {
      const { runData } = await import("./data.ts");
      exitCode = await runData(options);
    });
  program
    .command("changed")
    .description("list the projects of a repository that differ since a commit, for a matrix of CI jobs")
    .argument("[folder]", "folder with the projects", ".")
    .option("--since <commit>", "only what differs from where the branch left it (default: all)")
    .addOption(new Option("--format <format>", "what to print").choices(["text", "json"]).default("text"))
    .action(async (folder: string, options: ChangedOptions) => {
      const { runChanged } = await import("./changed.ts");
      exitCode = await runChanged(folder, options);
    });
  program
    .command("doctor")
    .description("say what this machine lacks, and how to install it")
    .addOption(new Option("--format <format>", "what to print").choices(["text", "json"]).default("text"))
    .action(async (options: { format: "text" | "json" }) => {
      const { doctor } = await import("./doctor.ts");
      exitCode = await doctor(options.format);
    });
  program
    .command("explain")
    .description("explain a rule: why it matters, what to do, examples")
    .argument("<rule>", "name of the rule, a peer's name for it (DL3006, DS-0001), or a requirement (OFF-01)")
    .addOption(new Option("--format <format>", "what to print").choices(["text", "json"]).default("text"))
    .action(async (rule: string, options: ExplainOptions) => {
      const { explain } = await import("./explain.ts");
      exitCode = await explain(rule, options);
    });
  program
    .command("rules")
    .description("list the rules")
    .option("--requirement <id>", "only those that decide this requirement")
    .option("--peer <name>", "only those that cover this linter, or this rule of one")
    .addOption(new Option("--category <name>", "only those of this category").choices(CATEGORIES))
    .addOption(new Option("--kind <name>", "only those that read this").choices(RULE_KINDS))
    .option("--optional", "only those that run when they are asked for")
    .addOption(new Option("--format <format>", "what to print").choices(["text", "json"]).default("text"))
    .action(async (options: RulesOptions) => {
      const { listRules } = await import("./explain.ts");
      exitCode = await listRules(options);
    });

  program
    .command("lsp")
    .description("serve an editor over standard input and output (Language Server Protocol)")
    .option("--stdio", "what editors say by custom; it is the only way there is")
    .addOption(
      new Option("--clientProcessId <id>", "said by some editors; the protocol says it too").hideHelp(),
    )
    .action(async () => {
      const { languageServer } = await import("./lsp.ts");
      exitCode = await languageServer();
    });

  program
    .command("completion")
    .description("print a script that completes commands and options in a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action(async (shell: Shell) => {
      const { printCompletion } = await import("./describe.ts");
      exitCode = await printCompletion(program, shell);
    });
  program
    .command("man")
    .description("print the manual page")
    .action(async () => {
      const { printManual } = await import("./describe.ts");
      exitCode = await printManual(program);
    });
  // In the order in which a project meets them, whatever order they are written in above.
  (program.commands as Command[]).sort((a, b) => placeOf(a.name()) - placeOf(b.name()));
  for (const command of program.commands) {
    command.helpGroup(groupOf(command.name()));
    command.addHelpText("after", () => examplesText(command.name()));
    addJson(command);
  }

  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === "commander.help") return 2;
    return reportFailure(error instanceof CommanderError ? usageError(error) : error, argv);
  }
}

/** `--json` for every command that has the format, as one more way to ask for it. */
function addJson(command: Command): void {
  const format = command.options.find(({ long }) => long === "--format");
  const takesJson = format?.argChoices === undefined || format.argChoices.includes("json");
  if (format === undefined || !takesJson) return;
  if (!command.options.some(({ long }) => long === "--json"))
    command.option("--json", "the same as --format json");
  command.hook("preAction", () => {
    if (command.getOptionValue("json") !== true) return;
    const before: unknown = command.getOptionValue("format");
    command.setOptionValue("format", Array.isArray(before) ? [...before, "json"] : "json");
  });
}

/** Words of an option that may be repeated, or hold several with commas between. */
const list = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(",").filter((word) => word.trim() !== ""),
];

const gather = (text: string, before: readonly string[] = []): string[] => [...before, text];

function engineName(text: string): EngineName {
  if (text === "podman" || text === "docker") return text;
  throw new InvalidArgumentError("It is podman or docker.");
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("It is a whole number from 1 up.");
  return Number(text);
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
};

function bytesOf(text: string): number {
  const [, number = "", prefix = ""] = /^(\d{1,12}(?:\.\d{1,6})?)\s*([kmg]?i?)b?$/i.exec(text) ?? [];
  const unit = UNITS[prefix.toLowerCase()];
  if (number === "" || unit === undefined)
    throw new InvalidArgumentError("It is a size, as in 500kB, 10MB or 1GiB.");
  return Number(number) * unit;
}

/** Commander's words, with our code and a hint. */
function usageError(error: CommanderError): PratiqueError {
  const code = error.code === "commander.unknownCommand" ? "usage.unknown-command" : "usage.bad-argument";
  const [first = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const message = first.charAt(0).toUpperCase() + first.slice(1);
  return new PratiqueError(code, message.endsWith(".") ? message : `${message}.`, {
    hint: suggestion?.replace(/^\(|\)$/g, "") ?? "“pratique --help” shows how it is used.",
    cause: error,
  });
}

const EXAMPLES = `
Examples:
  pratique check                      check the project in this folder
  pratique check my-project --engine docker
  pratique lint Dockerfile            only the Dockerfile, without an engine
  pratique test localhost/mine:1      only the test run of an image
  pratique explain no-runtime-download

Exit codes:
  0 clear · 1 findings · 2 wrong use or settings · 130 stopped
  3 the machine or a tool failed`;

export type FailOn = Severity;

// A reader that goes away early (`| head`) must neither crash us nor keep us from clearing up.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
