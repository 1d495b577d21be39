import type { Finding } from "../findings/finding.ts";
import type { FactsKind, Level, NamedRuntime, Profile, Scope, Statement } from "../profiles/profile.ts";
import type { Judgement } from "../rules/apply.ts";
import type { RequirementResult } from "./report.ts";
import { canShow } from "./runtimes.ts";

export interface Assessment {
  readonly profile: Profile;
  readonly judgements: readonly Judgement[];
  /** After merging and waivers. */
  readonly findings: readonly Finding[];
  /** Why a kind of facts was not read; a kind that is neither here nor judged counts as not read. */
  readonly missing: ReadonlyMap<FactsKind, string>;
  /** The runtime of the test run, where there was one. */
  readonly runtime?: Pick<NamedRuntime, "id" | "foreseen" | "title">;
}

/** Why a statement that is not about the image is open. */
const OUTSIDE: Readonly<Record<Exclude<Scope, "image">, string>> = {
  repository: "It is decided by the repository around a project, and none was looked for.",
  job: "It is decided by a job manifest, and none was checked.",
  "run-files": "It is decided by run files and scripts, and none was checked.",
  publish: "It is decided when the image is published.",
  people: "It is for people to see to; no tool can show it.",
};

const KIND_NAMES: Readonly<Record<FactsKind, string>> = {
  dockerfile: "the Dockerfile",
  project: "the project's files",
  repository: "the repository around the project",
  build: "the build",
  image: "the image",
  run: "the test run",
  job: "the job manifest",
  "run-files": "the run files and scripts",
  scan: "a vulnerability scan",
};

/** Decides every statement of the profile but plain facts. What was not looked at is never a pass. */
export function assessRequirements(input: Assessment): RequirementResult[] {
  const failing = new Map<string, Finding[]>();
  for (const finding of input.findings) {
    for (const id of finding.requirements) {
      const known = failing.get(id);
      if (known === undefined) failing.set(id, [finding]);
      else known.push(finding);
    }
  }
  return input.profile.statements.flatMap((statement) => {
    const { level } = statement;
    if (level === "fact") return [];
    return [{ ...assess(statement, input, failing.get(statement.id) ?? []), ...describe(statement, level) }];
  });
}

function describe(statement: Statement, level: Exclude<Level, "fact">) {
  const { id, checklist, force, scope, text, source } = statement;
  return { id, ...(checklist === undefined ? {} : { checklist }), level, force, scope, text, source };
}

function assess(
  statement: Statement,
  input: Assessment,
  findings: readonly Finding[],
): Pick<RequirementResult, "status" | "reason" | "rules"> {
  const kinds = statement.shownBy ?? [];
  const rules = input.judgements.flatMap(({ kind, rules: all }) =>
    all.filter((rule) => rule.requirements.includes(statement.id)).map((rule) => ({ kind, id: rule.id })),
  );
  // Manifests are judged one by one, so that a rule may have spoken more than once.
  const names = [...new Set(rules.map((rule) => rule.id))];
  const remarking = remarkRules(statement, input);
  const shows = input.runtime === undefined || canShow(statement, input.runtime);
  const own = findings.filter(({ runtimes }) => shows || runtimes === undefined);
  // What is foreseen is never held against a project, so that a remark can say that it fails.
  const counted = own.filter(
    ({ severity, rule }) => severity !== "info" || statement.force === "foreseen" || remarking.has(rule),
  );
  const failing = counted.find((finding) => finding.waived === undefined);
  if (failing !== undefined) {
    // A joined finding speaks for several rules: the words of the one that this statement belongs to say most.
    const said = [failing, ...(failing.proofs ?? [])].find(({ rule }) => names.includes(rule));
    return { status: "fail", reason: said?.message ?? failing.message, rules: names };
  }

  if (
    statement.scope !== "image" &&
    !kinds.some((kind) => input.missing.has(kind) || input.judgements.some((one) => one.kind === kind))
  )
    return { status: "not-assessed", reason: OUTSIDE[statement.scope], rules: [] };

  const reason = whyNotShown(statement, kinds, rules, input);
  if (reason !== undefined) return { status: "not-assessed", reason, rules: names };
  const [waived] = counted;
  if (waived?.waived !== undefined) return { status: "waived", reason: waived.waived.reason, rules: names };
  return { status: "pass", reason: `Shown by ${list(kinds.map((kind) => KIND_NAMES[kind]))}.`, rules: names };
}

/**
 * Rules whose remarks fail the statement. A checklist is answered to the letter, and what is said of a repository is never
 * more than a remark; elsewhere, and where a rule only suspects something and so remarks on it, a remark fails nothing.
 */
function remarkRules(statement: Statement, input: Assessment): ReadonlySet<string> {
  const ofRepository = statement.scope === "repository";
  if (statement.checklist === undefined && !ofRepository) return new Set();
  const remarking = input.judgements.flatMap(({ rules, notAssessed }) =>
    rules.filter(({ id, severity }) => severity === "info" && !(ofRepository && notAssessed.has(id))),
  );
  return new Set(remarking.map(({ id }) => id));
}

function whyNotShown(
  statement: Statement,
  kinds: readonly FactsKind[],
  rules: readonly { readonly kind: string; readonly id: string }[],
  input: Assessment,
): string | undefined {
  const { id } = statement;
  if (kinds.length === 0) return `The profile does not say what would show ${id}.`;
  for (const kind of kinds) {
    const missing = input.missing.get(kind);
    if (missing !== undefined) return missing;
    if (kind === "run" && input.runtime !== undefined && !canShow(statement, input.runtime))
      return whyOther(statement, input.runtime);
    const judgements = input.judgements.filter((candidate) => candidate.kind === kind);
    if (judgements.length === 0) return `This command did not look at ${KIND_NAMES[kind]}.`;
    const turnedOff = judgements
      .flatMap(({ notAssessed }) => [...notAssessed])
      .find(([rule]) => rules.some((known) => known.id === rule));
    if (turnedOff !== undefined) return capital(`${turnedOff[1]}.`.replace(/\.\.$/, "."));
    if (!rules.some((rule) => rule.kind === kind))
      return `No rule of this version reads ${id} from ${KIND_NAMES[kind]}.`;
  }
  return undefined;
}

function whyOther({ runtimes = [] }: Statement, { title }: Pick<NamedRuntime, "title">): string {
  return runtimes.length === 0
    ? `${title}: it is announced only, and shows nothing of what holds today.`
    : `${title}: a test in it cannot show this, only one in ${runtimes.join(" or ")}.`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
