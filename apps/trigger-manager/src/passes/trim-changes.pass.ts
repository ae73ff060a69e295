import type { Logger, Pass } from '@meridian/daemon';
import { forgetStuckEvaluations, trimChanges } from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';

export interface TrimChangesOptions {
  readonly dataSource: DataSource;
  readonly logger: Logger;
  readonly now: (manager: EntityManager) => Promise<Date>;
}

const EVERY_MS = 60_000;
/** A step that cannot be evaluated for so long, because somebody broke its definition, is evaluated from scratch once it can be. */
const STUCK_HOURS = 24;

/** Keeps the feeds short: deletes the changes that every step has seen. */
export class TrimChangesPass implements Pass {
  readonly name = 'trim-changes';
  private trimmedAt = -Infinity;

  constructor(private readonly options: TrimChangesOptions) {}

  async run(): Promise<number> {
    const { manager } = this.options.dataSource;
    // A clock that nobody sets: this only spares work.
    if (performance.now() - this.trimmedAt < EVERY_MS) return 0;
    this.trimmedAt = performance.now();
    const now = await this.options.now(manager);
    const stuck = await forgetStuckEvaluations(manager, new Date(now.getTime() - STUCK_HOURS * 3_600_000));
    if (stuck.length > 0)
      this.options.logger.warn(
        { stepIds: stuck },
        'steps not evaluated for a day, though something changed: they will be evaluated from scratch',
      );
    await trimChanges(manager);
    return 0;
  }
}
