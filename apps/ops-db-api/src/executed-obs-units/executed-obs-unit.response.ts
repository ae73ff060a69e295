import type { ListedExecutedObsUnit, StoredJson } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class ExecutedObsUnitResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty()
  obs_unit!: string;

  @ApiProperty()
  started_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  finished_at!: Date | null;

  @ApiProperty({ enum: ['RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED'] })
  status!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: StoredJson;

  @ApiProperty()
  created_at!: Date;

  static from(unit: Omit<ListedExecutedObsUnit, 'startedKey'>): ExecutedObsUnitResponse {
    return {
      id: unit.id,
      obs_unit: unit.obsUnit.name,
      started_at: unit.startedAt,
      finished_at: unit.finishedAt,
      status: unit.status,
      metadata: unit.metadata,
      created_at: unit.createdAt,
    };
  }
}
