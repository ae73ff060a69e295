import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  databaseTime,
  describingColumns,
  measureResultRows,
  readResultRows,
  type ResultRowsQuery,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { ExportFormat, TableWriter } from './table-writer.js';
import { writeCsv } from './write-csv.js';
import { writeDdl } from './write-ddl.js';
import { writeFits } from './write-fits.js';
import { writeParquet } from './write-parquet.js';

/** What a file holds, for whoever keeps it. */
export interface ExportManifest {
  readonly table: string;
  readonly format: ExportFormat;
  readonly rows: number;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly columns: number;
  /** Everything in it is as of this time. */
  readonly as_of: string;
  readonly dims: Readonly<Record<string, string>>;
  readonly includes_stale: boolean;
}

export interface ExportedTable {
  readonly manifest: ExportManifest;
  readonly file: FileHandle;
  /** Closes the file and removes it. */
  dispose(): Promise<void>;
}

const WRITERS: Record<ExportFormat, TableWriter> = {
  fits: writeFits,
  csv: writeCsv,
  parquet: writeParquet,
  sql: writeDdl,
};
const BATCH = 2000;

/**
 * Writes the present rows of a table into a file of its own: one snapshot, ordered, in bounded memory. Nobody sees it before it is
 * whole; the caller disposes of it.
 */
export async function exportTable(
  dataSource: DataSource,
  query: ResultRowsQuery,
  format: ExportFormat,
): Promise<ExportedTable> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-export-'));
  const file = await open(join(directory, `${query.table.name}.${format}`), 'w+');
  const dispose = async (): Promise<void> => {
    await file.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const { rows, asOf, columns } = await write(dataSource, query, WRITERS[format], file);
    const { size } = await file.stat();
    const manifest: ExportManifest = {
      table: `${query.table.software}/${query.table.name}`,
      ...{ format, rows, columns, size_bytes: size, sha256: await hashOf(file), as_of: asOf.toISOString() },
      ...{ dims: query.dims, includes_stale: query.includeStale },
    };
    return { manifest, file, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function write(
  dataSource: DataSource,
  query: ResultRowsQuery,
  writer: TableWriter,
  file: FileHandle,
): Promise<{ rows: number; asOf: Date; columns: number }> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    const asOf = await databaseTime(manager);
    const extent = await measureResultRows(manager, query);
    const columns = [...describingColumns(query), ...query.table.columns];
    const { software, name: table, description, key } = query.table;
    await writer(
      file,
      { software, table, description, columns, key, extent, createdAt: asOf },
      readResultRows(manager, query, BATCH),
    );
    return { rows: extent.rows, asOf, columns: columns.length };
  });
}

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}
