import { SOURCE_KINDS, type Source, type SourceKind, type StoredJson } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class SourceResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: SOURCE_KINDS })
  kind!: SourceKind;

  @ApiProperty({ type: Number, nullable: true })
  ra_deg!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  dec_deg!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  naif_id!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  elevation_deg!: number | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: StoredJson;

  @ApiProperty()
  created_at!: Date;

  static from(source: Source): SourceResponse {
    return {
      id: source.id,
      name: source.name,
      kind: source.kind,
      ra_deg: source.raDeg,
      dec_deg: source.decDeg,
      naif_id: source.naifId,
      elevation_deg: source.elevationDeg,
      metadata: source.metadata,
      created_at: source.createdAt,
    };
  }
}
