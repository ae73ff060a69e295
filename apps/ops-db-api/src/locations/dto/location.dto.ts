import {
  LOCATION_BACKENDS,
  LOCATION_KINDS,
  LOCATION_RUNTIMES,
  STAGING_KINDS,
  type JsonObject,
  type LocationBackend,
  type LocationKind,
  type LocationRuntime,
} from '@meridian/core';
import { JsonMap, Name, OneOf, Text, WholeNumber } from '../../http/fields.js';

/** What a location is, apart from its name. */
export class LocationSettingsDto {
  @OneOf(LOCATION_KINDS)
  kind!: LocationKind;

  @Text({
    max: 4000,
    pattern: /^\//,
    description: 'Absolute path; every copy lies below it.',
    example: '/data/archive',
  })
  base_path!: string;

  @OneOf(LOCATION_BACKENDS, {
    optional: true,
    description: 'How jobs are run; PROCESSING locations need it.',
  })
  backend?: LocationBackend | null;

  @JsonMap({
    optional: true,
    description: "The backend's own settings. Secrets are named (`…_file`), never given.",
  })
  backend_config?: JsonObject;

  @OneOf(LOCATION_RUNTIMES, {
    optional: true,
    description: 'How software is started; PROCESSING locations need it.',
  })
  runtime?: LocationRuntime | null;

  @OneOf(STAGING_KINDS, { optional: true, default: 'link' })
  staging?: (typeof STAGING_KINDS)[number];

  @WholeNumber({ min: 1, max: 10_000_000, optional: true })
  max_active_runs?: number | null;

  @WholeNumber({ min: 1, max: 10_000_000, optional: true })
  max_jobs_in_queue?: number | null;

  @WholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER, optional: true })
  capacity_bytes?: number | null;

  @WholeNumber({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    description: 'Purging begins when so much lies there; without it nothing is purged by itself.',
  })
  high_water_bytes?: number | null;

  @WholeNumber({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    description: 'Purging ends when no more than this is left.',
  })
  low_water_bytes?: number | null;
}

export class CreateLocationDto extends LocationSettingsDto {
  @Name({ max: 100, example: 'cologne-cluster' })
  name!: string;
}
