import type { TreeNode } from '../terminal/tree.js';
import type { Lineage, LineageItem } from './lineage-types.js';

/** Which way to look: what an item is made from, or what was made from it. */
export type LineageDirection = 'up' | 'down';

// A node that many others share is drawn with its branches once, else the drawing grows without bound.
const SEEN_BEFORE = '(as above)';

/** The lineage of an item as a tree of items, each with the run that connects it to the one above it. */
export function lineageTree(lineage: Lineage, rootId: number, direction: LineageDirection): TreeNode {
  const items = new Map(lineage.items.map((item) => [item.id, item]));
  const drawn = new Set<number>();
  const nodeOf = (id: number): TreeNode => {
    const label = labelOf(lineage, items.get(id), id);
    const next = neighbours(lineage, id, direction);
    if (drawn.has(id) && next.length > 0) return { label: `${label} ${SEEN_BEFORE}`, children: [] };
    drawn.add(id);
    return { label, children: next.map(nodeOf) };
  };
  return nodeOf(rootId);
}

/** How many runs lie between an item and its farthest ancestor: 0 for raw data. */
export function lineageDepth(lineage: Lineage, rootId: number): number {
  const depths = new Map<number, number>();
  const depthOf = (id: number): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    const depth = Math.max(0, ...neighbours(lineage, id, 'up').map((one) => 1 + depthOf(one)));
    depths.set(id, depth);
    return depth;
  };
  return depthOf(rootId);
}

function neighbours({ made, used }: Lineage, id: number, direction: LineageDirection): number[] {
  const [from, to] = direction === 'up' ? [made, used] : [used, made];
  const runs = new Set(from.filter((edge) => edge.item_id === id).map((edge) => edge.run_id));
  return [...new Set(to.filter((edge) => runs.has(edge.run_id)).map((edge) => edge.item_id))].sort(
    (a, b) => a - b,
  );
}

function labelOf({ made, runs }: Lineage, item: LineageItem | undefined, id: number): string {
  if (item === undefined) return `item ${id}`;
  const what = `${item.name} (item ${id}, ${item.type ?? 'raw data'})`;
  const maker = made.find((edge) => edge.item_id === id);
  const run = runs.find((one) => one.id === maker?.run_id);
  // Looking down, the run that made the first item is not part of the answer.
  return run === undefined
    ? what
    : `${what} by ${run.step} run ${run.id}, ${run.software} ${run.software_version}`;
}
