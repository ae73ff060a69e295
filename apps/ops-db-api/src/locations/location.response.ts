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

export class LocationResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

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

  @ApiProperty({ type: Date, nullable: true })
  paused_at!: Date | null;

  @ApiProperty({ type: String, nullable: true })
  paused_by!: string | null;

  @ApiProperty({ type: String, nullable: true })
  pause_reason!: string | null;

  @ApiProperty()
  created_at!: Date;

  @ApiProperty()
  updated_at!: Date;

  static from(location: DataLocation): LocationResponse {
    return {
      id: location.id,
      name: location.name,
      kind: location.kind,
      base_path: location.basePath,
      backend: location.backend,
      backend_config: location.backendConfig,
      runtime: location.runtime,
      staging: location.staging,
      max_active_runs: location.maxActiveRuns,
      max_jobs_in_queue: location.maxJobsInQueue,
      paused_at: location.pausedAt,
      paused_by: location.pausedBy,
      pause_reason: location.pauseReason,
      created_at: location.createdAt,
      updated_at: location.updatedAt,
    };
  }
}
