import type { FileHandle } from 'node:fs/promises';
import type { ResultColumn } from '@meridian/core';
import type { ResultCells, ResultExtent } from '@meridian/ops-db';

export const EXPORT_FORMATS = ['fits', 'csv', 'parquet', 'sql'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Says what an export holds; ASCII, because headers are: other characters are escaped as JSON may. */
export const MANIFEST_HEADER = 'Meridian-Manifest';

/** What a file says of itself beside its rows. */
export interface ExportHead {
  readonly software: string;
  readonly table: string;
  readonly description: string;
  readonly columns: readonly ResultColumn[];
  readonly key: readonly string[];
  readonly extent: ResultExtent;
  readonly createdAt: Date;
}

/** Writes a table into an empty file, batch by batch. */
export type TableWriter = (
  file: FileHandle,
  head: ExportHead,
  rows: AsyncIterable<readonly ResultCells[]>,
) => Promise<void>;
