import type { ObsUnit, StoredJson } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class ObsUnitResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  observing_program!: string;

  @ApiProperty()
  source!: string;

  @ApiProperty({ type: String, nullable: true })
  instrument!: string | null;

  @ApiProperty({ type: String, nullable: true })
  line!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: StoredJson;

  @ApiProperty()
  created_at!: Date;

  static from(unit: ObsUnit): ObsUnitResponse {
    return {
      id: unit.id,
      name: unit.name,
      observing_program: unit.observingProgram.name,
      source: unit.source.name,
      instrument: unit.instrument?.name ?? null,
      line: unit.line,
      metadata: unit.metadata,
      created_at: unit.createdAt,
    };
  }
}
