import path from 'node:path';
import { latestProgress } from '@meridian/core';
import { mapConcurrently, type Logger, type Pass } from '@meridian/daemon';
import type { SiteFiles } from '@meridian/hpc';
import {
  claimProgressLooks,
  forgetSilentProgress,
  recordProgress,
  type ProgressLook,
  type SeenProgress,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { AttemptDirectory } from '../collecting/attempt-directory.js';

export interface ReadProgressOptions {
  readonly dataSource: DataSource;
  /** Null when there is no way to a location's files. */
  readonly filesOf: (location: ProgressLook['location']) => SiteFiles | null;
  readonly logger: Logger;
  readonly everySeconds: number;
}

const PROGRESS_FILE = 'progress.ndjson';
const TAIL_BYTES = 8 * 1024;
/** So that others are kept waiting for a moment only; what is left is due at the next tick. */
const LOOKS_PER_TICK = 200;
const LOOKS_AT_ONCE = 16;

/**
 * Looks at what running programs say of their progress, and keeps the last of it with their runs.
 *
 * Nothing depends on it: a look that fails, or is lost with its daemon, is made up for by the next one.
 */
export class ReadProgressPass implements Pass {
  readonly name = 'read-progress';

  constructor(private readonly options: ReadProgressOptions) {}

  /** Always 0: what it finds is no work for anybody. */
  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, everySeconds } = this.options;
    if (signal.aborted) return 0;
    const looks = await claimProgressLooks(dataSource.manager, { everySeconds, limit: LOOKS_PER_TICK });
    if (looks.length === 0) return 0;
    const seen = await mapConcurrently(looks, LOOKS_AT_ONCE, (look) => this.look(look));
    await recordProgress(
      dataSource.manager,
      seen.filter((one) => one !== null),
    );
    await forgetSilentProgress(dataSource.manager, LOOKS_PER_TICK);
    return 0;
  }

  private async look({ runId, attempt, directory, location }: ProgressLook): Promise<SeenProgress | null> {
    const files = this.options.filesOf(location);
    if (files === null) return null;
    const file = new AttemptDirectory(files, location.basePath, directory).outputPath(PROGRESS_FILE);
    try {
      const progress = latestProgress(await files.readEnd(file, TAIL_BYTES));
      return progress === null ? null : { runId, attempt, progress };
    } catch (error) {
      // Most programs say nothing, and have no such file.
      this.options.logger.debug({ runId, file: path.basename(file), err: error }, 'no progress to be read');
      return null;
    }
  }
}
