import type { TreeTable } from "../merged.ts";
import { ROOT } from "../paths.ts";
import type { SpaceNode } from "./facts.ts";
import type { Sums } from "./space.ts";

/** Boxes that are not divided any further; more could not be told apart. */
const MAX_BOXES = 40;
/** Least part of the whole that gets a box. */
const SMALLEST = 1 / 200;

interface Node {
  readonly id: number;
  readonly bytes: number;
  parts: Node[];
}

/** The finished image as boxes in boxes: the biggest one is divided, again and again. */
export function spaceMap(tree: TreeTable, { bytes, fromBase }: Sums): SpaceNode {
  const total = bytes[ROOT] ?? 0;
  const divide = (id: number): Node[] => {
    const parts: Node[] = [];
    for (const child of tree.children(id)) {
      const size = bytes[child] as number;
      if (size >= total * SMALLEST && size > 0) parts.push({ id: child, bytes: size, parts: [] });
    }
    const name = ({ id: one }: Node): string => tree.name(one);
    return parts.toSorted((a, b) => b.bytes - a.bytes || (name(a) < name(b) ? -1 : 1));
  };
  const root: Node = { id: ROOT, bytes: total, parts: [] };
  const open = [root];
  let boxes = 1;
  while (boxes < MAX_BOXES) {
    const node = largest(open);
    if (node === undefined) break;
    open.splice(open.indexOf(node), 1);
    node.parts = divide(node.id);
    boxes += Math.max(0, node.parts.length - 1);
    open.push(...node.parts);
  }
  const shown = (node: Node): SpaceNode => {
    const [only, ...others] = node.parts;
    // A folder that holds nothing but another one.
    if (only !== undefined && others.length === 0 && only.bytes >= node.bytes * 0.99 && node !== root)
      return shown(only);
    return {
      path: tree.path(node.id),
      bytes: node.bytes,
      fromBase: fromBase?.[node.id],
      parts: node.parts.map(shown),
    };
  };
  return shown(root);
}

const largest = (nodes: readonly Node[]): Node | undefined =>
  nodes.reduce<Node | undefined>(
    (most, one) => (most === undefined || one.bytes > most.bytes ? one : most),
    undefined,
  );
