import type { Pass } from '@meridian/daemon';
import { settleEndedRemakes, startRemakes } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';

export interface RemakeProductsOptions {
  readonly dataSource: DataSource;
  /** Names this process in run events. */
  readonly owner: string;
  readonly batchSize: number;
}

/**
 * Creates the runs that make lost bytes again, and tells those who wait when such a run did not end well. What it made is compared where results are
 * collected.
 *
 * Two statements that are each all or nothing: dying between them, or two managers at once, loses and doubles nothing.
 */
export class RemakeProductsPass implements Pass {
  readonly name = 'remake-products';

  constructor(private readonly options: RemakeProductsOptions) {}

  async run(): Promise<number> {
    const { dataSource, owner, batchSize } = this.options;
    const ended = await settleEndedRemakes(dataSource.manager);
    const started = await startRemakes(dataSource.manager, { limit: batchSize, actor: owner });
    return ended + started.length;
  }
}
