import type { Dims } from '@meridian/core';
import type { ApiClient } from '../api/api-client.js';
import type { BulkIngestAnswer, DefinitionChange } from '../api/api-types.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { describeFile } from './describe-file.js';
import type { RawFileRow } from './describe-file.js';
import type { FoundFiles } from './find-fits-files.js';

/** The API takes this many rows in one request. */
const ROWS_PER_REQUEST = 5_000;
/** Reading waits for disks more than for the processor. */
const FILES_AT_ONCE = 4;

export interface IngestRequest {
  readonly client: ApiClient;
  readonly found: FoundFiles;
  readonly location: string;
  readonly dims: Dims;
  readonly onProgress: (done: number, total: number) => void;
}

/** A file that was not registered: it cannot be read as FITS, or the API refused it. */
export interface FailedFile {
  readonly path: string;
  readonly message: string;
}

/** What became of the files. */
export interface IngestSummary {
  readonly registered: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly failed: readonly FailedFile[];
}

/** Registers every found FITS file; one that cannot be read does not keep the others out. */
export async function ingestFiles({
  client,
  found,
  location,
  dims,
  onProgress,
}: IngestRequest): Promise<IngestSummary> {
  const failed: FailedFile[] = [];
  const rows: RawFileRow[] = [];
  let done = 0;
  const queue = [...found.paths];
  const work = async (): Promise<void> => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      try {
        rows.push(await describeFile({ base: found.base, path, location, dims }));
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        failed.push({ path, message: error.message });
      }
      done += 1;
      onProgress(done, found.paths.length);
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
  rows.sort((a, b) => (a.path < b.path ? -1 : 1));
  const sent = await send(client, rows);
  return { ...sent, failed: [...failed, ...sent.failed] };
}

async function send(client: ApiClient, rows: readonly RawFileRow[]): Promise<IngestSummary> {
  const total = { registered: 0, changed: 0, unchanged: 0, failed: [] as FailedFile[] };
  for (let start = 0; start < rows.length; start += ROWS_PER_REQUEST) {
    const chunk = rows.slice(start, start + ROWS_PER_REQUEST);
    const answer = await client.post<BulkIngestAnswer>('/raw-data-files/bulk', {
      rows: chunk,
      mode: 'valid',
    });
    total.registered += answer.registered;
    total.changed += answer.changed;
    total.unchanged += answer.unchanged;
    for (const { path, message } of answer.problems) {
      const [, , row, ...field] = path.split('/');
      const file = chunk[Number(row)]?.path ?? path;
      total.failed.push({
        path: file,
        message: `${file}: ${[field.join('/'), message].filter((part) => part !== '').join(' ')}`,
      });
    }
  }
  return total;
}

/** Makes sure that a SOURCE location of this name has this base; one with another base is an error. */
export async function registerSource(client: ApiClient, name: string, base: string): Promise<void> {
  await client.post<DefinitionChange[]>('/definitions/apply', {
    locations: [{ name, kind: 'SOURCE', base_path: base }],
  });
}

export const noFilesIn = (path: string): CliError =>
  new CliError({
    message: `There is no FITS file in ${path}.`,
    action: 'Name a directory with files that end in .fits, .fit, .fits.gz or .fits.fz.',
    exitCode: EXIT_CODES.inputData,
  });
