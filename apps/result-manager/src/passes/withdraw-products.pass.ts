import { realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger, Pass } from '@meridian/daemon';
import { removePartials } from '@meridian/hpc';
import { listWithdrawnCopies, recordRemovedCopies, type WithdrawnCopy } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';

export interface WithdrawProductsOptions {
  readonly dataSource: DataSource;
  readonly logger: Logger;
  readonly batchSize: number;
  /** 10 s unless it is given: nobody waits for it, and this only spares looks. */
  readonly lookEveryMs?: number;
  /** An hour unless it is given: how long a publisher that went silent may take to wake up and finish its copy. */
  readonly watchSeconds?: number;
}

const LOOK_EVERY_MS = 10_000;
const WATCH_SECONDS = 3_600;

/**
 * Removes the public bytes of withdrawn products, and of those that were on their way when they failed or were rejected; their record, and
 * whatever else holds them, stays. Doing it twice changes nothing.
 */
export class WithdrawProductsPass implements Pass {
  readonly name = 'withdraw-products';

  private lookedAt = -Infinity;
  /** The last copy of the last look: those that are watched must not keep others from their turn. */
  private after = 0;

  constructor(private readonly options: WithdrawProductsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, batchSize, lookEveryMs = LOOK_EVERY_MS } = this.options;
    const { watchSeconds = WATCH_SECONDS } = this.options;
    if (performance.now() - this.lookedAt < lookEveryMs) return 0;
    this.lookedAt = performance.now();
    const removed: number[] = [];
    const copies = await listWithdrawnCopies(dataSource.manager, { after: this.after, limit: batchSize });
    this.after = copies.length < batchSize ? 0 : (copies.at(-1)?.copyId ?? 0);
    for (const copy of copies) {
      if (signal.aborted) break;
      if (await this.isRemoved(copy)) removed.push(copy.copyId);
    }
    if (removed.length === 0) return 0;
    return recordRemovedCopies(dataSource.manager, { copyIds: removed, watchSeconds });
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
      await removePartials(file);
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
