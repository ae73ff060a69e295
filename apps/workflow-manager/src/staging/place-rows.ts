import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SourceChanged } from '@meridian/hpc';
import { loadOfferedRows, readRowsOfRun, type RunInput } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { InputPlacement } from './place-input.js';
import { StagingFailure } from './staging-problem.js';

/** Whether an input is rows of a result table, whose bytes lie nowhere but in the ops-db. */
export const isRows = ({ productType, copies }: RunInput): boolean =>
  productType === 'TABLE' && copies.length === 0;

/**
 * Writes the rows that an input is under `target`, verified: what a step gets is what the run that measured them stored, whatever has taken
 * their place since, and needs no file of that run. Doing it again finds the file and changes nothing.
 *
 * @throws StagingFailure STAGING when the rows are not those that were registered
 */
export async function placeRows(
  dataSource: DataSource,
  { input, target, files }: Pick<InputPlacement, 'input' | 'target' | 'files'>,
): Promise<null> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-rows-'));
  const source = join(directory, 'rows.ndjson');
  try {
    await dataSource.transaction(async (transaction) => {
      const [offered] = await loadOfferedRows(transaction, { itemIds: [input.itemId] });
      if (offered === undefined) throw new StagingFailure('STAGING', lost(input));
      await pipeline(Readable.from(readRowsOfRun(transaction, offered)), createWriteStream(source));
    });
    const { sizeBytes, sha256 } = input;
    await files.upload({ source, target, sizeBytes, sha256 });
    return null;
  } catch (error) {
    if (error instanceof SourceChanged) throw new StagingFailure('STAGING', lost(input));
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const lost = ({ name, itemId }: RunInput): string =>
  `input ${name} (item ${itemId}) is rows of a result table that are not there as they were registered; ` +
  'run the step again that measured them, and this run is replaced by one that takes what that makes';
