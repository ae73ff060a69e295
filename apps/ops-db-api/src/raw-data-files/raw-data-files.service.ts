import { type Dims, type Problem } from '@meridian/core';
import { listRawFiles, type ListedRawFile, type RawFileFilter } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { invalidRequest } from '../http/validation.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { ListRawDataFilesDto } from './dto/list-raw-data-files.dto.js';
import type { IngestMode } from './dto/raw-data-file.dto.js';
import { ingestRows, type IngestedRow, type IngestResult } from './ingest-rows.js';
import { parseDims } from './parse-dims.js';
import { RawDataFileResponse } from './raw-data-file.response.js';

const ANY: RawFileFilter = {
  id: null,
  externalId: null,
  name: null,
  executedObsUnitId: null,
  packageExternalId: null,
  dims: null,
};

/** How many changed files one audit entry names; the rest are counted. */
const MAX_AUDITED_IDS = 100;

@Injectable()
export class RawDataFilesService {
  constructor(private readonly dataSource: DataSource) {}

  async ingestOne(change: Change, row: unknown): Promise<IngestedRow> {
    const result = await ingestRows(change.manager, { rows: [row], mode: 'all', pointerOf: () => '' });
    const [ingested] = result.rows;
    if (ingested === undefined) throw new Error('a row that was not refused was ingested');
    await auditIngest(change, result, `raw_data_file:${ingested.externalId}`);
    return ingested;
  }

  async ingestMany(
    change: Change,
    request: { readonly rows: readonly unknown[]; readonly mode: IngestMode },
  ): Promise<IngestResult> {
    const result = await ingestRows(change.manager, { ...request, pointerOf: (row) => `/rows/${row}` });
    await auditIngest(change, result, 'raw_data_file:bulk');
    return result;
  }

  list(query: ListRawDataFilesDto): Listing<ListedRawFile, RawDataFileResponse> {
    const filter: RawFileFilter = {
      id: null,
      externalId: query.external_id ?? null,
      name: query.name ?? null,
      executedObsUnitId: query.executed_obs_unit_id ?? null,
      packageExternalId: query.raw_data_package ?? null,
      dims: query.dims === undefined ? null : readDims(query.dims),
    };
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listRawFiles(this.dataSource.manager, { ...filter, after: after ?? 0, limit }),
      present: (file) => RawDataFileResponse.from(file),
    });
  }

  async show(id: number): Promise<ListedRawFile> {
    const [file] = await listRawFiles(this.dataSource.manager, { ...ANY, id, after: 0, limit: 1 });
    if (file === undefined) throw notFound('raw_data_file', id);
    return file;
  }
}

function readDims(text: string): Dims {
  const problems: Problem[] = [];
  const dims = parseDims(parseJson(text), '/dims', problems);
  if (problems.length > 0) throw invalidRequest(problems);
  return dims;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest([{ code: 'field.invalid', path: '/dims', message: 'dims must be a JSON object' }]);
  }
}

/** One entry for the whole request: what every row became is in the answer, and in the items themselves. */
export async function auditIngest(change: Change, { rows }: IngestResult, target: string): Promise<void> {
  const written = rows.filter((row) => row.outcome !== 'unchanged' || row.copyAdded || row.packageJoined);
  if (written.length === 0) return change.changedNothing();
  const changed = rows.filter((row) => row.outcome === 'changed').map((row) => row.id);
  const after = {
    registered: rows.filter((row) => row.outcome === 'registered').length,
    changed: changed.length,
    unchanged: rows.length - written.length,
    changed_ids: changed.slice(0, MAX_AUDITED_IDS),
  };
  await change.audit({ action: 'raw_data_file.ingest', target, after });
}
