import { isGone, parseOwner } from "../system/owner.ts";
import { type Engine, OWNER_LABEL, RUN_LABEL } from "./engine.ts";

/** Removes this run's containers, whatever state they are in. */
export async function removeRun(engine: Engine, runId: string): Promise<void> {
  const own = (await engine.labelled(RUN_LABEL)).filter(({ value }) => value === runId);
  await removeAll(
    engine,
    own.map(({ id }) => id),
  );
}

/** Removes containers and test images whose run was killed. Those of other living runs stay. */
export async function removeOrphans(engine: Engine): Promise<void> {
  const orphaned = ({ value }: { readonly value: string }): boolean => {
    const owner = parseOwner(value);
    return owner !== undefined && isGone(owner);
  };
  const containers = (await engine.labelled(OWNER_LABEL)).filter(orphaned);
  await removeAll(
    engine,
    containers.map(({ id }) => id),
  );
  const images = (await engine.labelledImages(OWNER_LABEL)).filter(orphaned);
  for (const { id } of images) await engine.removeImage(id);
}

/** Podman keeps a container while another one uses its network: what could not go at first goes at last. */
async function removeAll(engine: Engine, ids: readonly string[]): Promise<void> {
  const refused: string[] = [];
  for (const id of ids) await engine.remove(id).catch(() => refused.push(id));
  for (const id of refused) await engine.remove(id);
}
