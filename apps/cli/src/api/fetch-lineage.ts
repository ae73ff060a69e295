import type { ApiClient } from './api-client.js';
import type { Lineage, LineageAnswer, LineageEdge } from './lineage-types.js';
import type { LineageDirection } from './lineage-tree.js';

/** The lineage of an item in one direction, as far as the API shows it in one answer (`truncated` says when there is more). */
export async function fetchLineage(
  client: ApiClient,
  itemId: number,
  direction: LineageDirection,
): Promise<Lineage> {
  return lineageOf(
    await client.get<LineageAnswer>(`/data-items/${itemId}/lineage`, {
      direction,
      depth: 100,
      limit: 20_000,
    }),
  );
}

/** The answer's graph, with items, runs and the two kinds of edges apart. */
export function lineageOf({ nodes, edges, truncated }: LineageAnswer): Lineage {
  return {
    items: nodes.flatMap((node) => (node.kind === 'RUN' ? [] : [{ ...node, id: node.item_id }])),
    runs: nodes.flatMap((node) => (node.kind === 'RUN' ? [{ ...node, id: node.run_id }] : [])),
    used: edges.flatMap(({ from, to, relation }): LineageEdge[] =>
      relation === 'used' ? [{ item_id: idOf(from), run_id: idOf(to) }] : [],
    ),
    made: edges.flatMap(({ from, to, relation }): LineageEdge[] =>
      relation === 'generated' ? [{ item_id: idOf(to), run_id: idOf(from) }] : [],
    ),
    truncated,
  };
}

const idOf = (node: string): number => Number(node.slice(node.indexOf(':') + 1));
