import { type Engine, type Mount, OWNER_LABEL, RUN_LABEL } from "../engine/engine.ts";
import { KEEP, type TrivyCall } from "../scanners/trivy.ts";
import type { Workspace } from "../system/workspace.ts";
import type { TrivyDatabase } from "./trivy-database.ts";

/**
 * Calls Trivy's image in a container: without a network, without rights, and with the same paths as outside. It may write
 * `scratch`, and read the database.
 */
export function trivyContainer(
  engine: Engine,
  image: string,
  scratch: string,
  database: TrivyDatabase | undefined,
  workspace: Pick<Workspace, "id" | "owner">,
): TrivyCall {
  let count = 0;
  const folders = database?.kind === "folder" ? [database.db, ...(database.java ? [database.java] : [])] : [];
  const mounts: Mount[] = [
    { source: scratch, target: scratch, readOnly: false },
    ...folders.map((folder) => ({ source: folder, target: folder, readOnly: true })),
  ];
  // What it writes is to be ours: a rootless engine takes us for root inside.
  const us = engine.info.rootless ? "0:0" : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  return async (args, { signal, timeout, onLine }) => {
    const name = `pratique-${workspace.id}-trivy${count++}`;
    const kept: Buffer[] = [];
    let room = KEEP;
    try {
      const result = await engine.runContainer(
        {
          name,
          image,
          labels: { [RUN_LABEL]: workspace.id, [OWNER_LABEL]: workspace.owner },
          user: us,
          mappedUser: undefined,
          network: "none",
          capabilities: [],
          noNewPrivileges: true,
          readOnlyRoot: true,
          mounts,
          temporary: ["/tmp"],
          environment: {},
          environmentFile: undefined,
          workingDirectory: "/",
          entrypoint: undefined,
          command: args,
          memory: undefined,
          processes: undefined,
          processors: undefined,
          sharedMemory: undefined,
        },
        {
          signal,
          timeout,
          ...(onLine === undefined ? {} : { onLine }),
          onStdout: (chunk) => {
            if (room > 0) kept.push(chunk.length <= room ? chunk : chunk.subarray(0, room));
            room -= chunk.length;
          },
        },
      );
      return { ...result, stdout: Buffer.concat(kept).toString("utf8") };
    } finally {
      await engine.remove(name);
    }
  };
}
