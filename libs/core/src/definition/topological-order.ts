/** A node of the pipeline's graph. */
export interface GraphNode {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

export type TopologicalOrder =
  | { readonly kind: 'ordered'; readonly names: readonly string[] }
  /** `cycle` starts and ends with the same name: a → b → a. */
  | { readonly kind: 'cyclic'; readonly cycle: readonly string[] };

/**
 * The nodes with every one after those it depends on; among equals the order of the file is kept.
 *
 * Dependencies on names that are not nodes are left to the caller and play no part here.
 */
export function topologicalOrder(nodes: readonly GraphNode[]): TopologicalOrder {
  const names = new Set(nodes.map((node) => node.name));
  const placed = new Set<string>();
  let waiting = nodes.map((node) => ({
    name: node.name,
    needs: node.dependsOn.filter((name) => names.has(name)),
  }));
  while (waiting.length > 0) {
    const ready = waiting.find((node) => node.needs.every((name) => placed.has(name)));
    if (ready === undefined) return { kind: 'cyclic', cycle: findCycle(waiting, placed) };
    placed.add(ready.name);
    waiting = waiting.filter((node) => node !== ready);
  }
  return { kind: 'ordered', names: [...placed] };
}

/** Every node that is left waits for another one that is left, so following any of them must come back. */
function findCycle(
  waiting: readonly { name: string; needs: readonly string[] }[],
  placed: ReadonlySet<string>,
): string[] {
  const needs = new Map(waiting.map((node) => [node.name, node.needs.filter((name) => !placed.has(name))]));
  const trail: string[] = [];
  let name = waiting[0]?.name ?? '';
  while (!trail.includes(name)) {
    trail.push(name);
    name = needs.get(name)?.[0] ?? name;
  }
  return [...trail.slice(trail.indexOf(name)), name];
}
