import type { JsonObject } from '@meridian/core';
import { PACKAGE_STATES, type PackageState } from '@meridian/ops-db';
import { JsonMap, Name, OneOf, Rows, Text, Uuid, WholeNumber } from '../../http/fields.js';
import { MAX_ROWS, RawDataFileDto } from '../../raw-data-files/dto/raw-data-file.dto.js';

export class CreateRawDataPackageDto {
  @Name({ description: "The telescope's own id of it." })
  external_id!: string;

  @Name({ optional: true, description: 'The external id without one.' })
  name?: string;

  @Uuid()
  executed_obs_unit_id!: string;

  @Text({ max: 400, example: 'CHAI/LFA', description: '`<instrument>/<module>`' })
  instrument_module!: string;

  @OneOf(PACKAGE_STATES, { optional: true, default: 'WAITING' })
  state?: PackageState;

  @Text({
    min: 64,
    max: 64,
    pattern: /^[0-9a-f]{64}$/,
    optional: true,
    description: 'Of its tar; from its files without one.',
  })
  sha256?: string;

  @WholeNumber({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    description: 'The sum of its files without one.',
  })
  size_bytes?: number;

  @JsonMap({ optional: true })
  metadata?: JsonObject;

  @Rows(() => RawDataFileDto, {
    optional: true,
    maxItems: MAX_ROWS,
    description: 'Its files: new ones are registered, known ones without a package become members.',
  })
  files?: unknown[];
}
