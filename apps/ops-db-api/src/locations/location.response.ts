import {
  LOCATION_BACKENDS,
  LOCATION_KINDS,
  LOCATION_RUNTIMES,
  STAGING_KINDS,
  type LocationBackend,
  type LocationKind,
  type LocationRuntime,
} from '@meridian/core';
import type { DataLocation, StoredJson } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { pausable, PausableResponse } from '../http/pausable.response.js';

export const HEALTH_STATES = ['unknown', 'healthy', 'unhealthy'] as const;

/** Whether jobs could be run at a processing location, as the workflow-manager found. */
export class LocationHealthResponse {
  @ApiProperty({
    enum: HEALTH_STATES,
    description: 'unknown: nobody has looked yet, or it is no PROCESSING location',
  })
  state!: (typeof HEALTH_STATES)[number];

  @ApiProperty({ type: String, nullable: true, description: 'what is wrong, in one sentence' })
  message!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'what to do about it' })
  action!: string | null;

  @ApiProperty({
    type: [String],
    description: 'images that steps need there and cannot have, one sentence each',
  })
  image_problems!: readonly string[];

  @ApiProperty({ type: Date, nullable: true })
  checked_at!: Date | null;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'what the site says about itself' })
  details!: StoredJson;

  static from({ health, healthCheckedAt }: DataLocation): LocationHealthResponse {
    const looked = {
      message: null,
      action: null,
      image_problems: [],
      checked_at: healthCheckedAt,
      details: {},
    };
    if (health === null) return { ...looked, state: 'unknown' };
    if (!health.ok) return { ...looked, state: 'unhealthy', message: health.message, action: health.action };
    return { ...looked, state: 'healthy', image_problems: health.imageProblems, details: health.details };
  }
}

export class LocationResponse extends PausableResponse {
  @ApiProperty({ enum: LOCATION_KINDS })
  kind!: LocationKind;

  @ApiProperty()
  base_path!: string;

  @ApiProperty({ type: String, enum: LOCATION_BACKENDS, nullable: true })
  backend!: LocationBackend | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  backend_config!: StoredJson;

  @ApiProperty({ type: String, enum: LOCATION_RUNTIMES, nullable: true })
  runtime!: LocationRuntime | null;

  @ApiProperty({ enum: STAGING_KINDS })
  staging!: string;

  @ApiProperty({ type: Number, nullable: true })
  max_active_runs!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  max_jobs_in_queue!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  capacity_bytes!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Where purging begins; null: never by itself.' })
  high_water_bytes!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Where it ends.' })
  low_water_bytes!: number | null;

  @ApiProperty({ type: LocationHealthResponse })
  health!: LocationHealthResponse;

  @ApiProperty()
  created_at!: Date;

  @ApiProperty()
  updated_at!: Date;

  static from(location: DataLocation): LocationResponse {
    return {
      ...pausable(location),
      kind: location.kind,
      base_path: location.basePath,
      backend: location.backend,
      backend_config: location.backendConfig,
      runtime: location.runtime,
      staging: location.staging,
      max_active_runs: location.maxActiveRuns,
      max_jobs_in_queue: location.maxJobsInQueue,
      capacity_bytes: location.capacityBytes,
      high_water_bytes: location.highWaterBytes,
      low_water_bytes: location.lowWaterBytes,
      health: LocationHealthResponse.from(location),
      created_at: location.createdAt,
      updated_at: location.updatedAt,
    };
  }
}

/** What people set, without what was found: its ETag changes when somebody changed the location, not with every look at it. */
export const withoutHealth = ({
  health: _found,
  ...settings
}: LocationResponse): Omit<LocationResponse, 'health'> => settings;
