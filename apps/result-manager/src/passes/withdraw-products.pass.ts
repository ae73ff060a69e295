import { realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger, Pass } from '@meridian/daemon';
import { listWithdrawnCopies, recordDeletedCopies, type WithdrawnCopy } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';

export interface WithdrawProductsOptions {
  readonly dataSource: DataSource;
  readonly logger: Logger;
  readonly batchSize: number;
}

/** Nobody waits for it: this only spares looks. */
const LOOK_EVERY_MS = 10_000;

/** Removes the public bytes of withdrawn products; their record, and whatever else holds them, stays. Doing it twice changes nothing. */
export class WithdrawProductsPass implements Pass {
  readonly name = 'withdraw-products';

  private lookedAt = -Infinity;

  constructor(private readonly options: WithdrawProductsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, batchSize } = this.options;
    if (performance.now() - this.lookedAt < LOOK_EVERY_MS) return 0;
    this.lookedAt = performance.now();
    const removed: number[] = [];
    for (const copy of await listWithdrawnCopies(dataSource.manager, batchSize)) {
      if (signal.aborted) break;
      if (await this.isRemoved(copy)) removed.push(copy.copyId);
    }
    if (removed.length > 0) await recordDeletedCopies(dataSource.manager, removed);
    return removed.length;
  }

  /** A link in the way is not followed: what it leads to is not ours. */
  private async isRemoved({ basePath, path: relative }: WithdrawnCopy): Promise<boolean> {
    const file = path.join(basePath, relative);
    try {
      const base = await realpath(basePath);
      const directory = await realpath(path.dirname(file)).catch(() => null);
      if (directory === null) return true;
      if (!directory.startsWith(`${base}${path.sep}`)) throw new Error('a link leads out of the location');
      await rm(file, { force: true });
      return true;
    } catch (error) {
      this.options.logger.error(
        { file, err: error },
        'a withdrawn product could not be removed, will be tried again',
      );
      return false;
    }
  }
}
