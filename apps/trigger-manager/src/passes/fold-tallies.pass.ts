import type { Pass } from '@meridian/daemon';
import { foldRunTallies } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';

/** So seldom that idling costs next to nothing, so often that a count has little to add up. */
const EVERY_MS = 20_000;

/** Keeps counts of runs cheap: they are exact without it, but look at every change since the last time. */
export class FoldTalliesPass implements Pass {
  readonly name = 'fold-tallies';
  private foldedAt = -Infinity;

  constructor(private readonly dataSource: DataSource) {}

  async run(): Promise<number> {
    // A clock that nobody sets: this only spares work.
    if (performance.now() - this.foldedAt < EVERY_MS) return 0;
    this.foldedAt = performance.now();
    await foldRunTallies(this.dataSource.manager);
    // Nothing that the other passes, or whoever waits for them, would have to look at again.
    return 0;
  }
}
