import { PRODUCT_TYPES, QA_VERDICTS } from '@meridian/core';
import type { CopyRow, ProductRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class ProductResponse {
  @ApiProperty({ description: 'Also its id as a data item.' })
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: PRODUCT_TYPES })
  type!: string;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty()
  run_id!: number;

  @ApiProperty()
  attempt!: number;

  @ApiProperty({ description: "Relative to the run's output directory." })
  path!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metrics!: object;

  @ApiProperty()
  size_bytes!: number;

  @ApiProperty()
  sha256!: string;

  @ApiProperty()
  registered_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  superseded_at!: Date | null;

  @ApiProperty({ type: Number, nullable: true })
  superseded_by_run_id!: number | null;

  @ApiProperty({
    enum: QA_VERDICTS,
    nullable: true,
    description: 'That of its run; null while nobody has judged it.',
  })
  verdict!: string | null;

  @ApiProperty({
    enum: ['present', 'purged', 'missing'],
    description: 'Whether a copy can be read; purged: its bytes were deleted, its record stays.',
  })
  bytes!: string;

  static from(row: ProductRow): ProductResponse {
    const { id, name, type, pipeline, step, attempt, path, description, dims, metrics, sha256 } = row;
    return {
      id,
      name,
      type,
      pipeline,
      step,
      run_id: row.runId,
      attempt,
      path,
      description,
      dims,
      metrics,
      size_bytes: row.sizeBytes,
      sha256,
      registered_at: row.registeredAt,
      superseded_at: row.supersededAt,
      superseded_by_run_id: row.supersededByRunId,
      verdict: row.verdict,
      bytes: row.bytes,
    };
  }
}

export class CopyResponse {
  @ApiProperty()
  location!: string;

  @ApiProperty({ description: "Relative to the location's base path." })
  path!: string;

  @ApiProperty()
  status!: string;

  @ApiProperty({ type: Date, nullable: true })
  verified_at!: Date | null;
}

export class ProductDetailResponse extends ProductResponse {
  @ApiProperty({ type: [CopyResponse] })
  copies!: readonly CopyResponse[];

  static with(product: ProductRow, copies: readonly CopyRow[]): ProductDetailResponse {
    return {
      ...ProductResponse.from(product),
      copies: copies.map(({ location, path, status, verifiedAt }) => ({
        location,
        path,
        status,
        verified_at: verifiedAt,
      })),
    };
  }
}
