import type { ApiClient } from './api-client.js';
import type { Lineage, LineageAnswer, LineageEdge } from './provenance-types.js';
import type { LineageDirection } from './lineage-tree.js';

export interface LineageRequest {
  /** How many runs away; without it, to any depth. */
  readonly depth?: number | undefined;
  readonly limit?: number | undefined;
}

/** The lineage of an item, or of another subject, in one direction, as far as the API shows it in one answer (`truncated` says when there is more). */
export async function fetchLineage(
  client: ApiClient,
  of: number | string,
  direction: LineageDirection,
  { depth, limit = 20_000 }: LineageRequest = {},
): Promise<Lineage> {
  return lineageOf(
    await client.get<LineageAnswer>('/lineage', {
      of: typeof of === 'number' ? `item:${of}` : of,
      ...{ direction, depth, limit },
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
