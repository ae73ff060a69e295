import type { Dims, JsonObject } from '@meridian/core';
import {
  FiniteNumber,
  JsonMap,
  NestedList,
  OneOf,
  Text,
  Time,
  Uuid,
  WholeNumber,
} from '../../http/fields.js';

export const MAX_ROWS = 10_000;

/**
 * One raw data file as it is sent. This class describes it for the API document; `parseRawFileRow` checks it, because
 * 10,000 rows through class-validator would take longer than writing them.
 */
export class RawDataFileDto {
  @Text({ max: 1024 })
  name!: string;

  @Text({ max: 100, description: 'Name of the location that holds the copy.', example: 'archive' })
  location!: string;

  @Text({ max: 1024, description: "Relative to the location's base path.", example: '2026/05/01/m17_a.fits' })
  path!: string;

  @WholeNumber({ min: 0 })
  size_bytes!: number;

  @Text({ pattern: /^[0-9a-f]{64}$/, min: 64, max: 64 })
  sha256!: string;

  @Time({ optional: true })
  obs_time?: string | null;

  @Time({ optional: true })
  obs_time_end?: string | null;

  @FiniteNumber({ min: 0, max: 360, optional: true, description: 'At least 0, less than 360.' })
  ra_deg?: number | null;

  @FiniteNumber({ min: -90, max: 90, optional: true })
  dec_deg?: number | null;

  @JsonMap({ optional: true })
  metadata?: JsonObject | null;

  @JsonMap({
    optional: true,
    description: 'Dimensions: names ^[a-z][a-z0-9_]{0,62}$; text, number, true, false or null.',
  })
  dims?: Dims | null;

  @Text({ optional: true, description: "The telescope's own id; `<location>:<path>` without one." })
  external_id?: string | null;

  @Uuid({ optional: true })
  executed_obs_unit_id?: string | null;

  @Text({ optional: true, example: 'CHAI/LFA', description: '`<instrument>/<module>`' })
  instrument_module?: string | null;

  @Text({ optional: true })
  raw_data_package_external_id?: string | null;
}

export const INGEST_MODES = ['all', 'valid'] as const;
export type IngestMode = (typeof INGEST_MODES)[number];

export class BulkRawDataFilesDto {
  @NestedList(() => RawDataFileDto, { minItems: 1, maxItems: MAX_ROWS })
  rows!: RawDataFileDto[];

  @OneOf(INGEST_MODES, {
    optional: true,
    default: 'all',
    description:
      'all: one wrong row and nothing is written. valid: wrong rows are reported, the others are written.',
  })
  mode?: IngestMode;
}
