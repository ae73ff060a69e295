import path from 'node:path';
import { safeText } from '@meridian/core';
import type { Logger, Pass } from '@meridian/daemon';
import { SiteAway, type SiteFiles } from '@meridian/hpc';
import { claimPreviews, finishPreview, type ClaimedPreview, type PreviewEnd } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { keepPreview } from '../previews/keep-preview.js';
import { makePreview } from '../previews/make-preview.js';
import { NoPicture } from '../previews/plane-parts.js';

type Location = NonNullable<ClaimedPreview['copy']>['location'];

export interface MakePreviewsOptions {
  readonly dataSource: DataSource;
  /** Names this process in leases. */
  readonly actor: string;
  /** Null when there is no way to a location's files. */
  readonly filesOf: (location: Location) => SiteFiles | null;
  readonly logger: Logger;
  readonly leaseSeconds: number;
}

/** As many as keep the passes before this one waiting for a moment only: it is called again at once when there are more. */
const PER_TICK = 4;
const MAX_ATTEMPTS = 5;
const RETRY_SECONDS = 60;
/** A site that is away is asked again, however long that lasts. */
const AWAY_SECONDS = 300;

/**
 * Makes small pictures of images whose program made none. Runs are complete by then, and stay so whatever becomes of the picture.
 *
 * One at a time, in bounded memory. A maker that dies leaves at most a picture that nobody knows, which the next one makes again under the
 * same name.
 */
export class MakePreviewsPass implements Pass {
  readonly name = 'make-previews';

  constructor(private readonly options: MakePreviewsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, actor, leaseSeconds } = this.options;
    let ended = 0;
    for (let tried = 0; tried < PER_TICK && !signal.aborted; tried += 1) {
      const [claimed] = await claimPreviews(dataSource.manager, { owner: actor, leaseSeconds, limit: 1 });
      if (claimed === undefined) break;
      const end = await this.make(claimed);
      await finishPreview(dataSource.manager, { itemId: claimed.itemId, owner: actor, end });
      if (end.state !== 'wanted') ended += 1;
    }
    return ended;
  }

  private async make({ itemId, sizeBytes, attempts, copy }: ClaimedPreview): Promise<PreviewEnd> {
    if (copy === null) return { state: 'impossible', reason: 'its bytes are not where its run left them' };
    const { location } = copy;
    const files = this.options.filesOf(location);
    if (files === null)
      return later(`there is no way to the files of location ${location.name}`, AWAY_SECONDS);
    const file = path.join(location.basePath, copy.path);
    try {
      const read = (offset: number, bytes: number) => files.readPart(file, offset, bytes);
      const kept = await keepPreview(await makePreview(read, copy.path, sizeBytes), files, location.basePath);
      return { state: 'made', locationId: location.id, ...kept };
    } catch (error) {
      if (error instanceof NoPicture) return { state: 'impossible', reason: error.message };
      const reason = safeText(`${file}: ${String(error)}`);
      this.options.logger.warn({ itemId, err: error }, 'a preview cannot be made now');
      if (error instanceof SiteAway) return later(reason, AWAY_SECONDS);
      return attempts < MAX_ATTEMPTS
        ? later(reason, RETRY_SECONDS * 2 ** (attempts - 1))
        : { state: 'impossible', reason };
    }
  }
}

const later = (reason: string, inSeconds: number): PreviewEnd => ({ state: 'wanted', reason, inSeconds });
