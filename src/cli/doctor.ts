import { statfs } from "node:fs/promises";
import { removeRun } from "../engine/clean.ts";
import { openEngine } from "../engine/detect.ts";
import { ENGINE_NAMES, type EngineName } from "../engine/engine.ts";
import { probeEngine } from "../engine/probe.ts";
import { readRecorder } from "../engine/recorder.ts";
import { messageOf, PratiqueError } from "../errors.ts";
import { currentOwner, formatOwner } from "../system/owner.ts";
import { packageVersion } from "../system/package.ts";
import { run } from "../system/process.ts";

interface Finding {
  readonly what: string;
  readonly status: "good" | "adjusted" | "missing" | "optional";
  readonly detail: string;
  readonly fix: string;
}

/** Checks the machine: exit code 0 when a check can run here, 3 when it cannot. */
export async function doctor(format: "text" | "json"): Promise<number> {
  const engines = await Promise.all(ENGINE_NAMES.map(checkEngine));
  const working = engines.some((engine) => engine.status === "good" || engine.status === "adjusted");
  const findings: readonly Finding[] = [
    {
      what: "pratique",
      status: "good",
      detail: `${packageVersion()} on Node ${process.versions.node}`,
      fix: "",
    },
    ...engines.map(
      (engine): Finding =>
        working && engine.status === "missing" ? { ...engine, status: "optional" } : engine,
    ),
    await checkRecorder(),
    await checkTool(
      "git",
      ["--version"],
      "sudo apt-get install git",
      "the commit is then missing from the report",
    ),
    await checkTool(
      "trivy",
      ["--version"],
      "see trivy.dev for how to install it",
      "no vulnerability scan can be made",
    ),
    await checkSpace(),
  ];
  if (format === "json") {
    process.stdout.write(`${JSON.stringify({ ready: working, findings }, null, 2)}\n`);
  } else {
    const signs = { good: "✔", adjusted: "✔", missing: "✖", optional: "─" } as const;
    for (const { what, status, detail, fix } of findings) {
      process.stdout.write(`${signs[status]} ${what.padEnd(10)} ${detail}\n`);
      if (fix !== "" && status !== "good") process.stdout.write(`  ${" ".repeat(10)} → ${fix}\n`);
    }
    process.stdout.write(
      working ? "\nA check can run on this machine.\n" : "\nA check cannot run here yet.\n",
    );
  }
  return working ? 0 : 3;
}

async function checkEngine(name: EngineName): Promise<Finding> {
  const by = { id: `doctor${process.pid}`, owner: formatOwner(currentOwner()) };
  try {
    const engine = await openEngine(name);
    try {
      const { adjustments, info } = await probeEngine(engine, by);
      const kind = info.rootless ? "rootless" : "rootful";
      const detail = `${info.version}, ${kind}, ${adjustments.runtime ?? info.runtime}, cgroup ${info.cgroupVersion}`;
      if (adjustments.notes.length === 0) return { what: name, status: "good", detail, fix: "" };
      return { what: name, status: "adjusted", detail, fix: `pratique uses ${adjustments.notes.join("; ")}` };
    } finally {
      await removeRun(engine, by.id);
    }
  } catch (error) {
    const hint = error instanceof PratiqueError ? (error.hint ?? "") : "";
    return { what: name, status: "missing", detail: messageOf(error), fix: hint };
  }
}

async function checkRecorder(): Promise<Finding> {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const what = "recorder";
  try {
    if ((await readRecorder(architecture)) !== undefined)
      return { what, status: "good", detail: `for linux/${architecture}`, fix: "" };
    return {
      what,
      status: "missing",
      detail: `none for ${architecture}: runs are then not observed`,
      fix: "install Go 1.19 or later and run: npm run build:recorder",
    };
  } catch (error) {
    if (!(error instanceof PratiqueError)) throw error;
    return { what, status: "missing", detail: error.message, fix: error.hint ?? "" };
  }
}

async function checkTool(
  name: string,
  args: readonly string[],
  fix: string,
  without: string,
): Promise<Finding> {
  try {
    const { code, stdout } = await run(name, args, { timeout: 10_000 });
    if (code === 0)
      return { what: name, status: "good", detail: stdout.split("\n")[0]?.trim() ?? "", fix: "" };
  } catch (error) {
    if (!(error instanceof PratiqueError) || error.code !== "tool.failed") throw error;
  }
  return { what: name, status: "optional", detail: `not found: ${without}`, fix };
}

async function checkSpace(): Promise<Finding> {
  const { bavail, bsize } = await statfs(process.cwd());
  const gigabytes = (bavail * bsize) / 1e9;
  const detail = `${gigabytes.toFixed(1)} GB free here`;
  return gigabytes < 2
    ? { what: "disk", status: "missing", detail, fix: "images need a few gigabytes: make room" }
    : { what: "disk", status: "good", detail, fix: "" };
}
