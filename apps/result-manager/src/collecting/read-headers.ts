import {
  firstPlane,
  isFitsName,
  metadataOfUnits,
  safeText,
  type CollectedOutputs,
  type CollectedProduct,
  type JsonObject,
  type OutputWarning,
} from '@meridian/core';
import { mapConcurrently } from '@meridian/daemon';
import { SiteAway } from '@meridian/hpc';
import type { AttemptDirectory } from './attempt-directory.js';
import { readFitsUnits } from './fits-units.js';

/** Of one run; the headers of further products are not read, and a warning says so. */
const MAX_FILES = 2000;
const FILES_AT_ONCE = 8;
const NAMED = 5;

interface ReadProduct {
  readonly product: CollectedProduct;
  readonly problem: string | null;
  /** It is FITS, and broken: people should know. */
  readonly isBroken: boolean;
}

/**
 * Adds to the FITS files among the products what their headers say. A file that cannot be read completely has why in `fits_problem`;
 * one that is FITS and broken is a warning, and breaks a promise that was made of it.
 *
 * Reads headers only. Rejects with SiteAway alone.
 */
export async function withHeaders(
  outputs: CollectedOutputs,
  directory: AttemptDirectory,
  promisedFits: (path: string) => boolean,
): Promise<CollectedOutputs> {
  const wanted = outputs.products.filter(({ path }) => isFitsName(path) || promisedFits(path));
  if (wanted.length === 0) return outputs;
  const read = await mapConcurrently(wanted.slice(0, MAX_FILES), FILES_AT_ONCE, (product) =>
    readProduct(product, directory),
  );
  const described = new Map(read.map((one) => [one.product.path, one.product]));
  return {
    ...outputs,
    products: outputs.products.map((product) => described.get(product.path) ?? product),
    warnings: [
      ...outputs.warnings,
      ...brokenWarning(read.filter(({ isBroken }) => isBroken)),
      ...unreadWarning(wanted.length),
    ],
    broken: [
      ...outputs.broken,
      ...read
        .filter(({ product, problem }) => problem !== null && promisedFits(product.path))
        .map(({ product, problem }) => safeText(`${product.path} is promised to be FITS: ${problem ?? ''}`)),
    ],
  };
}

async function readProduct(product: CollectedProduct, directory: AttemptDirectory): Promise<ReadProduct> {
  try {
    const read = directory.partsOf(product.path);
    const { units, problem, isFits } = await readFitsUnits(read, product.path, product.sizeBytes);
    const metadata: JsonObject = {
      ...metadataOfUnits(units),
      ...(problem === null ? {} : { fits_problem: problem }),
    };
    const isPicture = isLookedAt(product) && units.some((unit) => firstPlane(unit) !== null);
    const preview = isPicture && product.preview === undefined ? { preview: 'wanted' as const } : {};
    return { product: { ...product, metadata, ...preview }, problem, isBroken: isFits && problem !== null };
  } catch (error) {
    if (error instanceof SiteAway) throw error;
    const problem = safeText(`it cannot be read: ${String(error)}`, 200);
    return { product: { ...product, metadata: { fits_problem: problem } }, problem, isBroken: true };
  }
}

/** Of what passes between steps there is more than anybody looks at. */
const isLookedAt = ({ type }: CollectedProduct): boolean => type !== 'INTERMEDIATE' && type !== 'LOG';

function brokenWarning(broken: readonly ReadProduct[]): OutputWarning[] {
  if (broken.length === 0) return [];
  const named = broken
    .slice(0, NAMED)
    .map(({ product, problem }) => `${JSON.stringify(product.path)} (${problem ?? ''})`);
  const more = broken.length > NAMED ? ` and ${broken.length - NAMED} more` : '';
  return [{ code: 'fits.broken', message: safeText(`broken FITS files: ${named.join(', ')}${more}`) }];
}

const unreadWarning = (files: number): OutputWarning[] =>
  files <= MAX_FILES
    ? []
    : [
        {
          code: 'fits.headers_not_read',
          message: `of ${files} FITS files the headers of the first ${MAX_FILES} were read`,
        },
      ];
