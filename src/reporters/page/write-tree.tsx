import { plural, sizeOf } from "../../findings/counting.ts";
import type { Recording } from "../../run/recording.ts";
import { plainText } from "../plain.ts";
import { Code, Status } from "./elements.tsx";
import { grouped } from "./words.ts";

/** A place where the program wrote, or was refused to. */
interface Write {
  readonly path: string;
  readonly count: number;
  /** Why it was refused; undefined where it was not. */
  readonly refused?: string;
  readonly bytes?: number | null;
  readonly survives?: boolean;
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly writes: [name: string, write: Write][];
  /** The write that made the folder, or was to. */
  own?: Write;
}

/** So many entries of a folder are drawn. The tables have 500. */
const MAX_ENTRIES = 6;
/** And so many paths are looked at. */
const MAX_WRITES = 2000;
/** Deeper names stand as one: a path may have thousands. */
const MAX_DEPTH = 10;

/** Refused and stray writes where they lie, folders with one entry joined with it. The tables below say the same. */
export function WriteTree({ recording }: { recording: Recording }) {
  const writes = allWrites(recording);
  const shown = writes.slice(0, MAX_WRITES);
  return (
    <figure class="tree">
      <figcaption>
        Folders as they lie in the container.
        {writes.length > shown.length && ` The first ${grouped(MAX_WRITES)} of ${grouped(writes.length)}.`}
      </figcaption>
      <ul>
        <Entries folder={folderOf(shown)} />
      </ul>
    </figure>
  );
}

const allWrites = ({ failedWrites, strayWrites }: Recording): Write[] =>
  [
    ...failedWrites.map(({ path, count, reason }) => ({ path, count, refused: reason })),
    ...strayWrites.map(({ path, count, bytes, survives }) => ({ path, count, bytes, survives })),
  ].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));

function folderOf(writes: readonly Write[]): Folder {
  const root: Folder = { folders: new Map(), writes: [] };
  for (const write of writes) {
    const names = plainText(write.path, 500).split("/").filter(Boolean);
    const above = names.slice(0, -1).slice(0, MAX_DEPTH);
    let folder = root;
    for (const name of above) {
      const next: Folder = folder.folders.get(name) ?? { folders: new Map(), writes: [] };
      folder.folders.set(name, next);
      folder = next;
    }
    folder.writes.push([names.slice(above.length).join("/") || "/", write]);
  }
  return withOwn(root);
}

/** A path that others lie below is a folder, and stands there once. */
function withOwn({ folders, writes }: Folder): Folder {
  const mine = new Map([...folders].map(([name, inner]) => [name, withOwn(inner)]));
  const rest = writes.filter(([name, write]) => {
    const inner = mine.get(name);
    if (inner === undefined || inner.own !== undefined) return true;
    inner.own = write;
    return false;
  });
  return { folders: mine, writes: rest };
}

function Entries({ folder, depth = 0 }: { folder: Folder; depth?: number }) {
  const start = depth === 0 ? "/" : "";
  const folders = [...folder.folders].slice(0, MAX_ENTRIES);
  const writes = folder.writes.slice(0, MAX_ENTRIES);
  const all = size(folder) - (folder.own === undefined ? 0 : 1);
  const left = all - folders.reduce((sum, [, inner]) => sum + size(inner), writes.length);
  return (
    <>
      {folders.map(([name, inner]) => {
        const [path, last] = joined(name, inner);
        const only =
          last.own === undefined && last.folders.size === 0 && last.writes.length === 1
            ? last.writes[0]
            : undefined;
        return only === undefined ? (
          <li>
            <Code text={`${start}${path}/`} />{" "}
            {last.own === undefined ? (
              <span class="quiet">{plural(size(last), "path")}</span>
            ) : (
              <Outcome write={last.own} />
            )}
            <ul>
              <Entries folder={last} depth={depth + 1} />
            </ul>
          </li>
        ) : (
          <Leaf name={`${start}${path}/${only[0]}`} write={only[1]} />
        );
      })}
      {writes.map(([name, write]) => (
        <Leaf name={name === "/" ? name : start + name} write={write} />
      ))}
      {left > 0 && <li class="quiet">and {plural(left, "more path", "more paths")}</li>}
    </>
  );
}

/** Goes down as long as there is nothing but one folder. */
function joined(name: string, folder: Folder): [string, Folder] {
  const [only, ...others] = folder.folders;
  return only === undefined || folder.own !== undefined || others.length + folder.writes.length > 0
    ? [name, folder]
    : joined(`${name}/${only[0]}`, only[1]);
}

const size = ({ folders, own, writes }: Folder): number =>
  [...folders.values()].reduce(
    (sum, folder) => sum + size(folder),
    writes.length + (own === undefined ? 0 : 1),
  );

function Leaf({ name, write }: { name: string; write: Write }) {
  return (
    <li>
      <Code text={name} max={500} /> <Outcome write={write} />
    </li>
  );
}

function Outcome({ write }: { write: Write }) {
  const { bytes, count, refused, survives } = write;
  const words = [
    refused === undefined ? "" : plainText(refused, 120),
    bytes === undefined || bytes === null ? "" : sizeOf(bytes),
    count > 1 ? `${grouped(count)} times` : "",
  ].filter(Boolean);
  return (
    <>
      <Status tone={refused === undefined ? "warn" : "bad"}>
        {refused === undefined ? (survives === true ? "misplaced" : "lost") : "refused"}
      </Status>{" "}
      <span class="quiet">{words.join(", ")}</span>
    </>
  );
}
