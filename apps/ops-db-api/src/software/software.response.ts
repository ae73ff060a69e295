import type { SoftwareRow, SoftwareVersionRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class SoftwareResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ type: [String], description: 'In order of registration.' })
  versions!: readonly string[];

  @ApiProperty()
  created_at!: Date;

  static from({ id, name, description, versions, createdAt }: SoftwareRow): SoftwareResponse {
    return { id, name, description, versions, created_at: createdAt };
  }
}

export class SoftwareVersionResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  version!: string;

  @ApiProperty({ type: String, nullable: true })
  image!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Where the program lies for the host runtime; the only part that may change.',
  })
  host_directory!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Of the image; null for a tag, which is pinned when it is first resolved.',
  })
  image_digest!: string | null;

  @ApiProperty({ example: 'sha256:…', description: 'Of image and folder, whichever there are.' })
  digest!: string;

  @ApiProperty({ type: [String] })
  command!: readonly string[];

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  environment!: object;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'JSON Schema 2020-12 of the parameters.',
  })
  config_schema!: object;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Exit code → failure class.',
  })
  exit_codes!: object;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'Result tables: name, description, rows_of, key, columns.',
  })
  tables!: readonly object[];

  @ApiProperty()
  created_at!: Date;

  @ApiProperty({ type: [String], description: '`pipeline/step` of the steps that run it now.' })
  used_by!: readonly string[];

  static from(row: SoftwareVersionRow): SoftwareVersionResponse {
    const { id, name, version, image, digest, command, environment } = row;
    return {
      id,
      name,
      version,
      image,
      host_directory: row.hostDirectory,
      image_digest: row.imageDigest,
      digest,
      command,
      environment,
      config_schema: row.configSchema,
      exit_codes: row.exitCodes,
      tables: row.tables,
      created_at: row.createdAt,
      used_by: row.usedBy,
    };
  }
}
