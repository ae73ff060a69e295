import type { JsonObject } from '@meridian/core';
import { SOURCE_KINDS, type SourceKind } from '@meridian/ops-db';
import { FiniteNumber, JsonMap, Name, OneOf, WholeNumber } from '../../http/fields.js';

export class CreateSourceDto {
  @Name({ example: 'M17' })
  name!: string;

  @OneOf(SOURCE_KINDS)
  kind!: SourceKind;

  @FiniteNumber({
    min: 0,
    max: 359.999999999999,
    optional: true,
    description: 'Right ascension (ICRS); FIXED sources need it.',
  })
  ra_deg?: number;

  @FiniteNumber({
    min: -90,
    max: 90,
    optional: true,
    description: 'Declination (ICRS); FIXED sources need it.',
  })
  dec_deg?: number;

  @WholeNumber({
    min: -2_147_483_648,
    max: 2_147_483_647,
    optional: true,
    description: 'NAIF id; SOLAR_SYSTEM sources need it.',
  })
  naif_id?: number;

  @FiniteNumber({ min: 0, max: 90, optional: true, description: 'CONSTANT_ELEVATION sources need it.' })
  elevation_deg?: number;

  @JsonMap({ optional: true })
  metadata?: JsonObject;
}
