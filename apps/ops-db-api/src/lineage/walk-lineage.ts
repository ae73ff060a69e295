import {
  lineageInputs,
  lineageMakers,
  lineageProducts,
  lineageUsers,
  type LineageEdge,
} from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import type { LineageDirection } from './dto/lineage.dto.js';

export interface LineageWalk {
  readonly itemIds: ReadonlySet<number>;
  readonly runIds: ReadonlySet<number>;
  /** Item → run, with the content that the run consumed. */
  readonly used: readonly LineageEdge[];
  /** Run → item. */
  readonly generated: readonly LineageEdge[];
  /** There is more than `limit` edges, or more than `depth` generations. */
  readonly isTruncated: boolean;
}

export interface LineageStart {
  readonly itemIds: readonly number[];
  readonly runIds: readonly number[];
  readonly direction: LineageDirection;
  /** Edges. */
  readonly limit: number;
}

interface Generation {
  readonly items: readonly number[];
  readonly isCut: boolean;
}

/**
 * Walks a lineage generation by generation, two set-based statements each, until nothing new comes.
 *
 * An item or run that is reached twice is visited once, so a diamond is walked in linear time and a circle ends.
 * Never reads more than `limit` edges and one.
 */
export async function walkLineage(
  manager: EntityManager,
  start: LineageStart & { readonly depth: number },
): Promise<LineageWalk> {
  const walk = new Walk(manager, start.limit);
  start.itemIds.forEach((id) => walk.itemIds.add(id));
  const first = await walk.throughRuns(start.runIds, start.direction);
  if (first.isCut) return { ...walk.result, isTruncated: true };
  let frontier: readonly number[] = [...start.itemIds, ...first.items];
  for (let generation = 0; generation < start.depth && frontier.length > 0; generation += 1) {
    const next = start.direction === 'up' ? await walk.up(frontier) : await walk.down(frontier);
    if (next.isCut) return { ...walk.result, isTruncated: true };
    frontier = next.items;
  }
  return {
    ...walk.result,
    isTruncated: frontier.length > 0 && (await walk.hasMore(frontier, start.direction)),
  };
}

class Walk {
  readonly itemIds = new Set<number>();
  private readonly runIds = new Set<number>();
  private readonly used: LineageEdge[] = [];
  private readonly generated: LineageEdge[] = [];

  constructor(
    private readonly manager: EntityManager,
    private readonly limit: number,
  ) {}

  get result(): Omit<LineageWalk, 'isTruncated'> {
    return { itemIds: this.itemIds, runIds: this.runIds, used: this.used, generated: this.generated };
  }

  /** What runs used, or made: where a walk that begins at them goes on. */
  async throughRuns(runIds: readonly number[], direction: LineageDirection): Promise<Generation> {
    runIds.forEach((id) => this.runIds.add(id));
    if (runIds.length === 0) return { items: [], isCut: false };
    const [kept, query] = direction === 'up' ? [this.used, lineageInputs] : [this.generated, lineageProducts];
    const edges = this.take(kept, await query(this.manager, { ids: runIds, limit: this.room() }));
    return { items: this.newItems(edges.edges), isCut: edges.isCut };
  }

  async up(items: readonly number[]): Promise<Generation> {
    const made = this.take(
      this.generated,
      await lineageMakers(this.manager, { ids: items, limit: this.room() }),
    );
    const used = this.take(
      this.used,
      await lineageInputs(this.manager, { ids: this.newRuns(made.edges), limit: this.room() }),
    );
    return { items: this.newItems(used.edges), isCut: made.isCut || used.isCut };
  }

  async down(items: readonly number[]): Promise<Generation> {
    const used = this.take(this.used, await lineageUsers(this.manager, { ids: items, limit: this.room() }));
    const made = this.take(
      this.generated,
      await lineageProducts(this.manager, { ids: this.newRuns(used.edges), limit: this.room() }),
    );
    return { items: this.newItems(made.edges), isCut: used.isCut || made.isCut };
  }

  async hasMore(items: readonly number[], direction: LineageDirection): Promise<boolean> {
    const query = direction === 'up' ? lineageMakers : lineageUsers;
    return (await query(this.manager, { ids: items, limit: 1 })).length > 0;
  }

  /** One more than may be kept, to learn whether there are more. */
  private room(): number {
    return this.limit - this.used.length - this.generated.length + 1;
  }

  private take(
    kept: LineageEdge[],
    found: readonly LineageEdge[],
  ): { edges: readonly LineageEdge[]; isCut: boolean } {
    const isCut = found.length >= this.room();
    const edges = isCut ? found.slice(0, this.room() - 1) : found;
    kept.push(...edges);
    return { edges, isCut };
  }

  private newRuns(edges: readonly LineageEdge[]): number[] {
    const ids = [...new Set(edges.map((edge) => edge.runId))].filter((id) => !this.runIds.has(id));
    ids.forEach((id) => this.runIds.add(id));
    return ids;
  }

  private newItems(edges: readonly LineageEdge[]): number[] {
    const ids = [...new Set(edges.map((edge) => edge.itemId))].filter((id) => !this.itemIds.has(id));
    ids.forEach((id) => this.itemIds.add(id));
    return ids;
  }
}
