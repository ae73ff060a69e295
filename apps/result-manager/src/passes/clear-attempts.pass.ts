import { ATTEMPT_FILES } from '@meridian/core';
import { mapConcurrently, type Logger, type Pass } from '@meridian/daemon';
import type { SiteFiles } from '@meridian/hpc';
import {
  claimAttemptsToClear,
  finishClearing,
  measureAttempt,
  type AttemptCursor,
  type AttemptToClear,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';

export interface ClearAttemptsOptions {
  readonly dataSource: DataSource;
  /** Names this process in leases. */
  readonly actor: string;
  readonly logger: Logger;
  /** Of a location where jobs run; null while its settings cannot be used. */
  readonly filesOf: (location: AttemptToClear['location']) => SiteFiles | null;
  /** After so long another one tries: longer than removing a large directory takes. */
  readonly leaseSeconds: number;
  /** Attempts that are looked at together. */
  readonly batchSize: number;
  readonly lookEveryMs: number;
}

const ATTEMPTS_AT_ONCE = 4;
/** The other passes of this process get their turn after so many. */
const BATCHES_PER_TICK = 5;

/**
 * Removes what attempts leave: of failed ones their outputs and what was staged for them, so long after their end as their step says; of those that
 * made a result what was staged for them. Logs, the manifest, the job script and the record stay: they are small, and tell what happened.
 */
export class ClearAttemptsPass implements Pass {
  readonly name = 'clear-attempts';

  private lookedAt = -Infinity;
  private after: AttemptCursor | null = null;

  constructor(private readonly options: ClearAttemptsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, actor: owner, leaseSeconds, batchSize, lookEveryMs } = this.options;
    if (this.after === null && performance.now() - this.lookedAt < lookEveryMs) return 0;
    this.lookedAt = performance.now();
    let changed = 0;
    for (let batch = 0; batch < BATCHES_PER_TICK && !signal.aborted; batch += 1) {
      const { attempts, next } = await claimAttemptsToClear(dataSource.manager, {
        ...{ owner, leaseSeconds, after: this.after, limit: batchSize },
      });
      const cleared = await mapConcurrently(attempts, ATTEMPTS_AT_ONCE, (attempt) =>
        signal.aborted ? Promise.resolve(false) : this.clear(attempt),
      );
      changed += cleared.filter(Boolean).length;
      this.after = next;
      if (next === null) break;
    }
    return changed;
  }

  /** Doing it twice, also half, changes nothing; what does not succeed is tried again when the lease has run out. */
  private async clear(attempt: AttemptToClear): Promise<boolean> {
    const { dataSource, actor: owner, filesOf, logger } = this.options;
    const { runId, number, directory, location, isResult } = attempt;
    const held = { runId, number, owner };
    try {
      const files = filesOf(location);
      if (files === null) return false;
      const leavings = (isResult ? [ATTEMPT_FILES.input] : [ATTEMPT_FILES.input, ATTEMPT_FILES.output]).map(
        (name) => `${directory}/${name}`,
      );
      const found = { files: 0, bytes: 0 };
      for (const path of leavings) {
        const contents = await files.contentsOf(location.basePath, path);
        found.files += contents.files;
        found.bytes += contents.bytes;
      }
      if (!(await measureAttempt(dataSource.manager, held, found))) return false;
      for (const path of leavings) await files.removeTree(location.basePath, path);
      const reason = isResult ? 'staged for a run that is complete' : 'left by an attempt that failed';
      return await finishClearing(dataSource.manager, held, reason);
    } catch (error) {
      logger.warn({ run: runId, attempt: number, err: error }, 'what an attempt left could not be removed');
      return false;
    }
  }
}
