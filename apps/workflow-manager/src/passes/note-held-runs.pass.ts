import type { Pass } from '@meridian/daemon';
import { noteHeldRuns } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { Sites } from '../sites/sites.js';

export interface NoteHeldRunsOptions {
  readonly dataSource: DataSource;
  readonly sites: Sites;
  readonly now: () => Date;
  /** It looks at every waiting run, so not at every tick; more seldom when that takes long. */
  readonly everySeconds: number;
  readonly batchSize: number;
}

/** A hundred thousand waiting runs take a quarter of a second: a twentieth of the time is enough for a courtesy. */
const SHARE_OF_TIME = 1 / 20;

/** Says at runs that are due and stay PENDING what holds them back. It stands after the claims: what they could take is not waiting. */
export class NoteHeldRunsPass implements Pass {
  readonly name = 'note-held-runs';
  private nextAt = -Infinity;

  constructor(private readonly options: NoteHeldRunsOptions) {}

  async run(): Promise<number> {
    const { dataSource, sites, now, everySeconds, batchSize } = this.options;
    const startedAt = now().getTime();
    if (startedAt < this.nextAt) return 0;
    const noted = await noteHeldRuns(dataSource.manager, {
      locationIds: await sites.idsToSpeakFor(),
      refused: sites.held(),
      limit: batchSize,
    });
    // A full batch leaves some for the next tick, which follows at once.
    const endedAt = now().getTime();
    if (noted < batchSize)
      this.nextAt = endedAt + Math.max(everySeconds * 1000, (endedAt - startedAt) / SHARE_OF_TIME);
    return noted;
  }
}
