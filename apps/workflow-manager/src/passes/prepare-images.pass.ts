import type { Pass } from '@meridian/daemon';
import { listWantedImages } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { ImageKeeper } from '../images/image-keeper.js';
import type { Sites } from '../sites/sites.js';

export interface PrepareImagesOptions {
  readonly dataSource: DataSource;
  readonly sites: Sites;
  readonly images: ImageKeeper;
  /** How often an image that is there is looked at again. */
  readonly everySeconds: number;
}

/**
 * Fetches the images that pipelines will need before a run does, and finds those that are missing or not what they were: people can
 * read it from the ops-db before anything waits for it.
 */
export class PrepareImagesPass implements Pass {
  readonly name = 'prepare-images';

  constructor(private readonly options: PrepareImagesOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, images, everySeconds } = this.options;
    const sites = await this.options.sites.open();
    const wanted = await listWantedImages(dataSource.manager, [...sites.keys()], everySeconds);
    await Promise.all(
      [...sites.values()].map(({ location, files }) =>
        images.look(
          { ...location, files },
          wanted.filter((one) => one.locationId === location.id),
          signal,
        ),
      ),
    );
    return 0;
  }
}
