import type { Dims } from '@meridian/core';
import {
  PACKAGE_STATES,
  type ListedRawDataPackage,
  type PackageState,
  type StoredJson,
} from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { CopyResponse } from '../raw-data-files/raw-data-file.response.js';

export class RawDataPackageResponse {
  @ApiProperty({ description: 'Id of the data item.' })
  id!: number;

  @ApiProperty()
  external_id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: PACKAGE_STATES })
  state!: PackageState;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: Dims;

  @ApiProperty()
  sha256!: string;

  @ApiProperty()
  size_bytes!: number;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: StoredJson;

  @ApiProperty({ format: 'uuid' })
  executed_obs_unit_id!: string;

  @ApiProperty()
  instrument_module!: string;

  @ApiProperty()
  file_count!: number;

  @ApiProperty()
  registered_at!: Date;

  @ApiProperty({ type: [CopyResponse] })
  copies!: readonly CopyResponse[];

  static from(listed: ListedRawDataPackage): RawDataPackageResponse {
    return {
      id: listed.id,
      external_id: listed.externalId,
      name: listed.name,
      state: listed.state,
      dims: listed.dims,
      sha256: listed.contentHash,
      size_bytes: listed.sizeBytes,
      metadata: listed.metadata,
      executed_obs_unit_id: listed.executedObsUnitId,
      instrument_module: listed.instrumentModule,
      file_count: listed.fileCount,
      registered_at: listed.registeredAt,
      copies: listed.copies,
    };
  }
}
