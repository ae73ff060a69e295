import type { TreeNode } from '../terminal/tree.js';
import type { Lineage, LineageEdge, LineageItem } from './provenance-types.js';

/** Which way to look: what an item is made from, or what was made from it. */
export type LineageDirection = 'up' | 'down';

// A node that many others share is drawn with its branches once, else the drawing grows without bound.
const SEEN_BEFORE = '(as above)';

/** The lineage of an item as a tree of items, each with the run that connects it to the one above it. */
export function lineageTree(lineage: Lineage, rootId: number, direction: LineageDirection): TreeNode {
  return drawing(lineage, direction)(rootId);
}

/** The lineage of runs as a tree below `label`: what they used, or what they made, and so on. */
export function lineageTreeOfRuns(lineage: Lineage, label: string, direction: LineageDirection): TreeNode {
  const [from, to] = edgesOf(lineage, direction);
  // What runs in between came by way of an item; where it began did not.
  const between = new Set(from.map((edge) => edge.run_id));
  const first = to.filter((edge) => !between.has(edge.run_id)).map((edge) => edge.item_id);
  return { label, children: [...new Set(first)].sort((a, b) => a - b).map(drawing(lineage, direction)) };
}

function drawing(lineage: Lineage, direction: LineageDirection): (id: number) => TreeNode {
  const labelOf = labels(lineage);
  const neighbours = neighboursIn(lineage, direction);
  const drawn = new Set<number>();
  const nodeOf = (id: number): TreeNode => {
    const next = neighbours(id);
    if (drawn.has(id) && next.length > 0) return { label: `${labelOf(id)} ${SEEN_BEFORE}`, children: [] };
    drawn.add(id);
    return { label: labelOf(id), children: next.map(nodeOf) };
  };
  return nodeOf;
}

/** How many runs lie between an item and its farthest ancestor: 0 for raw data. */
export function lineageDepth(lineage: Lineage, rootId: number): number {
  const neighbours = neighboursIn(lineage, 'up');
  const depths = new Map<number, number>();
  const depthOf = (id: number): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    const depth = Math.max(0, ...neighbours(id).map((one) => 1 + depthOf(one)));
    depths.set(id, depth);
    return depth;
  };
  return depthOf(rootId);
}

const edgesOf = (
  { made, used }: Lineage,
  direction: LineageDirection,
): [readonly LineageEdge[], readonly LineageEdge[]] => (direction === 'up' ? [made, used] : [used, made]);

function neighboursIn(lineage: Lineage, direction: LineageDirection): (id: number) => number[] {
  const [from, to] = edgesOf(lineage, direction);
  const runsOf = grouped(
    from,
    (edge) => edge.item_id,
    (edge) => edge.run_id,
  );
  const itemsOf = grouped(
    to,
    (edge) => edge.run_id,
    (edge) => edge.item_id,
  );
  return (id) =>
    [...new Set((runsOf.get(id) ?? []).flatMap((run) => itemsOf.get(run) ?? []))].sort((a, b) => a - b);
}

function grouped(
  edges: readonly LineageEdge[],
  key: (edge: LineageEdge) => number,
  value: (edge: LineageEdge) => number,
): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const edge of edges) {
    const group = groups.get(key(edge)) ?? [];
    group.push(value(edge));
    groups.set(key(edge), group);
  }
  return groups;
}

function labels(lineage: Lineage): (id: number) => string {
  const items = new Map<number, LineageItem>(lineage.items.map((item) => [item.id, item]));
  const runs = new Map(lineage.runs.map((run) => [run.id, run]));
  const makers = new Map(lineage.made.map((edge) => [edge.item_id, edge.run_id]));
  return (id) => {
    const item = items.get(id);
    if (item === undefined) return `item ${id}`;
    const what = `${item.name} (item ${id}, ${item.type ?? 'raw data'})`;
    // Looking down, the run that made the first item is not part of the answer.
    const run = runs.get(makers.get(id) ?? 0);
    return run === undefined
      ? what
      : `${what} by ${run.step} run ${run.id}, ${run.software} ${run.software_version}`;
  };
}
