import { chmod, mkdir, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DomainError,
  parseImageReference,
  pinnedReference,
  messageOf,
  type RegistryImage,
} from '@meridian/core';
import { whileRenewing, type Logger } from '@meridian/daemon';
import { mountedFiles, type SiteFiles } from '@meridian/hpc';
import {
  claimImage,
  findImagePin,
  loadImages,
  pinImage,
  recordImageFile,
  recordImageProblem,
  recordImageSeen,
  renewImage,
  type ImageAt,
  type ImageFile,
  type ImageKey,
  type ProcessingLocation,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { writeProblem } from '../staging/staging-problem.js';
import { ImageUnusable } from './image-problem.js';
import { pullImage } from './pull-image.js';
import { resolveDigest, type RegistryOptions } from './registry.js';
import { fileStateOf, readSif } from './sif-file.js';

export type ImageState =
  { readonly kind: 'ready'; readonly path: string } | { readonly kind: 'waiting'; readonly reason: string };

export interface ImageKeeperOptions {
  readonly dataSource: DataSource;
  /** This process, different from every other one that ever was. */
  readonly owner: string;
  readonly leaseSeconds: number;
  readonly registries: RegistryOptions;
  /** How long a caller waits for an image that is not there yet. */
  readonly patienceMs: number;
  readonly logger: Logger;
}

type Place = Pick<ProcessingLocation, 'id' | 'name' | 'basePath' | 'runtime'> & { readonly files: SiteFiles };
type Wanted = Omit<ImageKey, 'locationId'>;

const PULL_TIMEOUT_MS = 2 * 3_600_000;

/** Below a location's base path. The name cannot be a pipeline's, whose directories begin with a letter or a digit. */
const IMAGE_DIRECTORY = '.meridian/images';

const keyText = ({ locationId, image, wantedDigest }: ImageKey): string =>
  JSON.stringify([locationId, image, wantedDigest]);

/**
 * Sees to it that the images of software versions are at the locations where they are to run, and are what they must be.
 *
 * A SIF file is read once, and again when its size, times or inode change. A reference is pinned to a digest once for the whole
 * installation, and fetched once to every location. Both take their time, so they go on beside everything else; of several managers
 * one does it, under a claim that the others take over when it dies. An image that cannot be had fails no run: its runs wait, and say why.
 */
export class ImageKeeper {
  private readonly underWay = new Map<string, Promise<ImageState>>();

  constructor(private readonly options: ImageKeeperOptions) {}

  /** How it stands with these images at a location, in their order; begins to fetch those that are not there. */
  async look(place: Place, images: readonly Wanted[], signal: AbortSignal): Promise<ImageState[]> {
    if (images.length === 0) return [];
    const known = await loadImages(this.options.dataSource.manager, place.id, images);
    const patience = new AbortController();
    const tooLong = sleep(this.options.patienceMs, null, { signal: patience.signal, ref: false }).catch(
      () => null,
    );
    try {
      return await Promise.all(
        images.map(async (wanted) => {
          const key = { ...wanted, locationId: place.id };
          const row = known.find((one) => one.image === key.image && one.wantedDigest === key.wantedDigest);
          const path = await this.pathOf(place, row ?? null);
          if (path !== null) return { kind: 'ready' as const, path };
          const state = await Promise.race([this.provide(place, key, row ?? null, signal), tooLong]);
          return state ?? waiting(`image ${key.image} is being fetched to location ${place.name}`);
        }),
      );
    } finally {
      patience.abort();
    }
  }

  /** Where an image is that is as it was found; null otherwise. */
  private async pathOf({ files }: Place, row: ImageAt | null): Promise<string | null> {
    if (row === null || row.path === null) return null;
    if ((await fileStateOf(files, row.path)) !== row.fileState) return null;
    await recordImageSeen(this.options.dataSource.manager, row);
    return row.path;
  }

  private provide(
    place: Place,
    key: ImageKey,
    row: ImageAt | null,
    signal: AbortSignal,
  ): Promise<ImageState> {
    const text = keyText(key);
    const state =
      this.underWay.get(text) ??
      this.claimAndFetch(place, key, row, signal).finally(() => this.underWay.delete(text));
    this.underWay.set(text, state);
    return state;
  }

  /** Never rejects: what the database did not hear of is done again once the claim runs out. */
  private async claimAndFetch(
    place: Place,
    key: ImageKey,
    row: ImageAt | null,
    signal: AbortSignal,
  ): Promise<ImageState> {
    const { dataSource, owner, leaseSeconds, logger } = this.options;
    const claim = { ...key, owner, leaseSeconds };
    try {
      if (!(await claimImage(dataSource.manager, claim)))
        return waiting(
          row?.problem ??
            `image ${key.image} is being fetched to location ${place.name} by another workflow-manager`,
        );
      const renew = (): Promise<boolean> => renewImage(dataSource.manager, claim);
      return await whileRenewing({ everyMs: (leaseSeconds * 1000) / 3, renew, logger }, () =>
        this.fetchAndRecord(place, claim, row, signal),
      );
    } catch (error) {
      logger.warn({ err: error, image: key.image }, `image ${key.image}: what became of it was not recorded`);
      return waiting(`image ${key.image} could not be looked at: ${messageOf(error)}`);
    }
  }

  private async fetchAndRecord(
    place: Place,
    claim: ImageKey & { readonly owner: string; readonly leaseSeconds: number },
    row: ImageAt | null,
    signal: AbortSignal,
  ): Promise<ImageState> {
    const { manager } = this.options.dataSource;
    try {
      const file = await this.fetch(place, claim, row, signal);
      await recordImageFile(manager, { ...claim, ...file });
      return { kind: 'ready', path: file.path };
    } catch (error) {
      if (signal.aborted) {
        // Nobody's fault: the next manager may begin at once.
        await renewImage(manager, { ...claim, leaseSeconds: 0 });
        return waiting('the workflow-manager is stopping');
      }
      const problem = `image ${claim.image} ${problemOf(error, place)}`;
      const failures = await recordImageProblem(manager, { ...claim, problem });
      if (failures === 1) this.options.logger.warn({ location: place.name, image: claim.image }, problem);
      return waiting(problem);
    }
  }

  private async fetch(
    place: Place,
    key: ImageKey,
    row: ImageAt | null,
    signal: AbortSignal,
  ): Promise<ImageFile> {
    const reference = parseImageReference(key.image);
    if (reference.kind === 'registry')
      return this.fetchFromRegistry(place, { ...key, reference }, row, signal);
    const { path } = reference;
    const bytes = await readSif(place.files, path);
    if (`sha256:${bytes.sha256}` !== key.wantedDigest)
      throw new ImageUnusable(
        `at location ${place.name} is not what was registered: its digest is sha256:${bytes.sha256}, registered is ` +
          `${key.wantedDigest}; restore it, or register the new one as another version`,
      );
    return { path, ...bytes };
  }

  private async fetchFromRegistry(
    place: Place,
    { image, wantedDigest, reference }: Wanted & { readonly reference: RegistryImage },
    row: ImageAt | null,
    signal: AbortSignal,
  ): Promise<ImageFile> {
    if (place.files.reach !== 'mounted')
      throw new ImageUnusable(
        `is not fetched to location ${place.name}, whose files are reached over SFTP: pull it there once ` +
          `("${place.runtime} pull ${image}") and register the path of the SIF file as image`,
      );
    const digest = wantedDigest !== '' ? wantedDigest : await this.pinned(image, reference, signal);
    const name = digest.replace(':', '-');
    const directory = join(place.basePath, IMAGE_DIRECTORY);
    const path = join(directory, `${name}.sif`);
    if (row?.sha256 != null && row.sha256 === (await readSif(mountedFiles, path).catch(() => null))?.sha256)
      return { path, sha256: row.sha256, fileState: await stateNow(path) };
    await mkdir(directory, { recursive: true });
    await removeLeftovers(directory, name);
    const temporary = join(directory, `.${name}.${process.pid}.partial`);
    try {
      await pullImage(
        {
          program: place.runtime,
          reference: pinnedReference(reference, digest),
          target: temporary,
          isInsecure: this.options.registries.insecureRegistries.has(reference.registry),
        },
        AbortSignal.any([signal, AbortSignal.timeout(PULL_TIMEOUT_MS)]),
      );
      const { sha256 } = await readSif(mountedFiles, temporary);
      // Jobs may run as another user than this daemon.
      await chmod(temporary, 0o755);
      await rename(temporary, path);
      return { path, sha256, fileState: await stateNow(path) };
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
  }

  /** A tag means what it meant when it was first resolved, wherever that was. */
  private async pinned(image: string, reference: RegistryImage, signal: AbortSignal): Promise<string> {
    const { manager } = this.options.dataSource;
    const known = await findImagePin(manager, image);
    if (known !== null) return known;
    const digest = await resolveDigest(reference, this.options.registries, signal);
    return pinImage(manager, { reference: image, digest });
  }
}

const waiting = (reason: string): ImageState => ({ kind: 'waiting', reason });

async function stateNow(path: string): Promise<string> {
  const state = await fileStateOf(mountedFiles, path);
  if (state === null) throw new ImageUnusable(`vanished from ${path} when it had been fetched`);
  return state;
}

/** What a manager that was killed left behind. Who is only suspended loses its file, and the claim it had on the image. */
async function removeLeftovers(directory: string, name: string): Promise<void> {
  const left = (await readdir(directory)).filter(
    (one) => one.startsWith(`.${name}.`) && one.endsWith('.partial'),
  );
  for (const one of left) await unlink(join(directory, one)).catch(() => undefined);
}

function problemOf(error: unknown, place: Place): string {
  if (error instanceof ImageUnusable) return error.message;
  if (error instanceof DomainError) return `cannot be used: ${error.message} ${error.action}`;
  return `cannot be fetched: ${writeProblem(error, place.name, join(place.basePath, IMAGE_DIRECTORY)).message}`;
}
