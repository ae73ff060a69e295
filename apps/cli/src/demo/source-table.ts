import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiClient } from '../api/api-client.js';
import type { PipelineDetail } from '../api/api-types.js';
import type { ResultTable } from '../api/table-types.js';
import { writeTableExport } from '../files/export-table.js';

/** The table that the first step fills, a row for each source of each exposure. */
const STEP = 'extract';
const TABLE = 'sources';
const FORMATS = ['fits', 'parquet', 'csv'] as const;

/** One written file. */
export interface ExportedFile {
  readonly format: string;
  readonly path: string;
  readonly size_bytes: number;
  readonly sha256: string;
}

/** The sources of a dataset: how many, where they are written, and what is to be seen of them. */
export interface SourceTable {
  readonly table: string;
  readonly rows: number;
  /** Exposures that have any. */
  readonly exposures: number;
  readonly files: readonly ExportedFile[];
  /** How many sources have each flag, by its name; those that none has are left out. */
  readonly flagged: Readonly<Record<string, number>>;
  readonly brightest: readonly Readonly<Record<string, string>>[];
}

export interface SourceTableRequest {
  readonly pipeline: PipelineDetail;
  readonly dataset: string;
  readonly directory: string;
  readonly brightest: number;
}

/** Exports the sources of a dataset to files that replace those of the last time; null when its software fills no such table. */
export async function exportSources(
  client: ApiClient,
  { pipeline, dataset, directory, brightest }: SourceTableRequest,
): Promise<SourceTable | null> {
  const software = pipeline.steps.find(({ name }) => name === STEP)?.software;
  const tables = await client.list<ResultTable>('/result-tables');
  const table = tables.find((one) => one.software === software && one.name === TABLE);
  if (table === undefined) return null;
  const route = `/result-tables/${encodeURIComponent(table.software)}/${TABLE}`;
  const files: ExportedFile[] = [];
  let rows = 0;
  for (const format of FORMATS) {
    const path = join(directory, `${TABLE}-${dataset}.${format}`);
    const query = { format, 'dim.dataset': dataset };
    const manifest = await writeTableExport(client, { route, query, path });
    rows = manifest.rows;
    files.push({ format, path, size_bytes: manifest.size_bytes, sha256: manifest.sha256 });
  }
  const csv = files.find(({ format }) => format === 'csv');
  const sources = csv === undefined ? [] : rowsOfCsv(readFileSync(csv.path, 'utf8'));
  return {
    table: `${table.software}/${TABLE}`,
    rows,
    exposures: new Set(sources.map((row) => row['item_id'])).size,
    files,
    flagged: countFlags(sources, table),
    brightest: [...sources]
      .sort((left, right) => Number(right['flux']) - Number(left['flux']))
      .slice(0, brightest)
      .map((row) => ({ ...row, flags: flagNames(Number(row['flags']), table).join(' ') })),
  };
}

const bitsOf = ({ columns }: ResultTable) => columns.find(({ name }) => name === 'flags')?.bits ?? [];

const flagNames = (flags: number, table: ResultTable): string[] =>
  bitsOf(table).flatMap(({ bit, name }) => ((flags & (1 << bit)) === 0 ? [] : [name]));

function countFlags(
  sources: readonly Readonly<Record<string, string>>[],
  table: ResultTable,
): Record<string, number> {
  const counts = bitsOf(table).map(({ bit, name }): [string, number] => [
    name,
    sources.filter((row) => (Number(row['flags']) & (1 << bit)) !== 0).length,
  ]);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** Rows of a CSV file (RFC 4180) by the names in its first line. */
export function rowsOfCsv(text: string): Record<string, string>[] {
  const records: string[][] = [[]];
  for (const [whole, quoted, plain = '', end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    if (whole === '' && end === '' && records.at(-1)?.length === 0) break;
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '') break;
    if (end !== ',') records.push([]);
  }
  const [names = [], ...rows] = records.filter((record) => record.length > 0);
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])));
}
