import type { RepositoryFacts } from "../repository/facts.ts";
import { readRepository } from "../repository/read.ts";
import { type GitPlace, workTreeFinder } from "../repository/work-tree.ts";
import type { Unit } from "./targets.ts";

interface Around {
  readonly facts: RepositoryFacts;
  /** The folder whose settings hold: that of the first project in it. */
  readonly settingsRoot: string;
}

type Project = Pick<Unit, "file" | "root" | "settingsRoot">;

/**
 * The repositories around projects, one after the other. Projects in none are told of together, unless there are more than
 * `collection`: so many are gathered files and nobody's work.
 */
export function* repositoriesAround(projects: readonly Project[], collection = 1): Generator<Around> {
  const find = workTreeFinder();
  const groups = new Map<string, { readonly place: GitPlace | undefined; readonly own: Project[] }>();
  for (const project of projects) {
    const place = find(project.root);
    const group = groups.get(place?.root ?? "") ?? { place, own: [] };
    group.own.push(project);
    groups.set(place?.root ?? "", group);
  }
  for (const { place, own } of groups.values()) {
    const [first] = own;
    if (first === undefined || (place === undefined && own.length > collection)) continue;
    const facts = readRepository(
      place,
      own.map(({ file }) => file),
    );
    yield { facts, settingsRoot: first.settingsRoot };
  }
}
