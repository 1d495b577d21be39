import parity from "../src/knowledge/parity.json" with { type: "json" };
import peerRules from "../src/knowledge/peer-rules.json" with { type: "json" };

/** What of a rule the page shows. */
export interface CoveringRule {
  readonly id: string;
  readonly optIn?: true;
  readonly aliases: readonly string[];
}

interface PeerRule {
  readonly tool: string;
  readonly id: string;
  /** In our words. */
  readonly finds: string;
  readonly needs: string;
  readonly url?: string;
}

const peers: readonly PeerRule[] = peerRules;
/** Why a rule of theirs has none of ours. */
const reasons: ReadonlyMap<string, string> = new Map(Object.entries(parity.leftOut));
/** Where ours says something else on purpose. */
const differences: ReadonlyMap<string, string> = new Map(Object.entries(parity.differences));
const nameOf = ({ tool, id }: PeerRule): string => `${tool}:${id}`;

const TOOLS: readonly { readonly name: string; readonly title: string }[] = [
  { name: "hadolint", title: "hadolint" },
  { name: "trivy", title: "Trivy (`trivy config`)" },
  { name: "buildkit", title: "BuildKit (`docker build --check`)" },
  { name: "checkov", title: "Checkov" },
  { name: "dockle", title: "Dockle" },
  { name: "scout", title: "Docker Scout" },
];

/** The rules that answer to each peer's name. */
function coverage(rules: readonly CoveringRule[]): ReadonlyMap<string, readonly CoveringRule[]> {
  const covered = new Map<string, CoveringRule[]>();
  for (const rule of rules) {
    for (const alias of rule.aliases) covered.set(alias, [...(covered.get(alias) ?? []), rule]);
  }
  return covered;
}

/** What is wrong with the lists, one line each: nothing may be forgotten, misnamed or told twice. */
export function parityProblems(rules: readonly CoveringRule[]): string[] {
  const covered = coverage(rules);
  const known = new Map(peers.map((peer) => [nameOf(peer), peer]));
  const problems: string[] = [];
  for (const [name, { finds }] of known) {
    if (!covered.has(name) && !reasons.has(name))
      problems.push(`${name} has no rule and no reason: ${finds}`);
    if (covered.has(name) && reasons.has(name))
      problems.push(`${name} has a rule, and a reason for having none`);
  }
  for (const [name, by] of covered) {
    if (!known.has(name))
      problems.push(`${name}, an alias of ${by.map(({ id }) => id).join(", ")}, is no peer's rule`);
  }
  for (const name of reasons.keys()) {
    if (!known.has(name)) problems.push(`${name}, which is said to be left out, is no peer's rule`);
  }
  for (const name of differences.keys()) {
    if (!covered.has(name)) problems.push(`${name} differs from ours, but no rule of ours has its name`);
  }
  return problems;
}

/** `docs/parity.md`: each peer's rules beside ours. */
export function parityPage(rules: readonly CoveringRule[]): string {
  const covered = coverage(rules);
  const sections = TOOLS.flatMap(({ name, title }) => {
    const own = peers.filter(({ tool }) => tool === name);
    const count = own.filter((peer) => covered.has(nameOf(peer))).length;
    return [
      `## ${title}`,
      "",
      count === own.length
        ? `All ${own.length} rules are covered.`
        : `${count} of ${own.length} rules are covered.`,
      "",
      "| rule | what it finds | ours, or why there is none |",
      "|---|---|---|",
      ...own.map((peer) => `| ${linked(peer)} | ${cell(peer.finds)} | ${answer(peer, covered)} |`),
      "",
    ];
  });
  return [
    "# Other linters' rules, and ours",
    "",
    "Each rule of hadolint, Trivy, BuildKit, Checkov, Dockle and Docker Scout that is about a Dockerfile or the image made from it, with the rule",
    "of ours that finds the same mistake. Their names work wherever ours do: `--select`, `--ignore`, `pratique explain DL3006`, waivers.",
    "*Optional* rules run only when they are asked for by name; those for labels and registries say nothing until the settings list some.",
    "Names that begin with SC are ShellCheck's: they are found where the program `shellcheck` is installed.",
    "",
    ...sections,
  ].join("\n");
}

function answer(peer: PeerRule, covered: ReadonlyMap<string, readonly CoveringRule[]>): string {
  const name = nameOf(peer);
  const by = covered.get(name);
  if (by === undefined) return `Left out. ${cell(reasons.get(name) ?? "")}`;
  const links = by.map(({ id, optIn }) => `[${id}](rules/${id}.md)${optIn === true ? " (optional)" : ""}`);
  const difference = differences.get(name);
  return difference === undefined ? links.join(", ") : `${links.join(", ")}. ${cell(difference)}`;
}

const linked = ({ id, url }: PeerRule): string => (url === undefined ? id : `[${id}](${url})`);
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
