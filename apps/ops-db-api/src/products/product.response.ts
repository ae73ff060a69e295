import { PRODUCT_TYPES, QA_VERDICTS, STALE_REASONS, type StaleReason } from '@meridian/core';
import { PREVIEW_STATES, type CopyRow, type FoundProduct, type ProductRow } from '@meridian/ops-db';
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
    enum: PREVIEW_STATES,
    nullable: true,
    description:
      'Of its picture: found beside it, wanted (being made), made, impossible; null where none will be made.',
  })
  preview!: string | null;

  @ApiProperty({
    enum: ['present', 'purged', 'missing'],
    description: 'Whether a copy can be read; purged: its bytes were deleted, its record stays.',
  })
  bytes!: string;

  @ApiProperty({ description: 'Marked bad, or made of what is.' })
  tainted!: boolean;

  @ApiProperty({
    enum: STALE_REASONS,
    isArray: true,
    nullable: true,
    description: 'Why it is not what would be made today; null where stale ones were not asked for.',
  })
  stale_reasons!: readonly StaleReason[] | null;

  static from(row: ProductRow, staleReasons: readonly StaleReason[] | null = null): ProductResponse {
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
      stale_reasons: staleReasons,
      tainted: row.isTainted,
      bytes: row.bytes,
      preview: row.preview,
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
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description:
      'What its FITS headers say, keywords in small letters; `fits_problem` where they could not be read.',
  })
  metadata!: object;

  @ApiProperty({ type: [CopyResponse] })
  copies!: readonly CopyResponse[];

  static with(product: FoundProduct, copies: readonly CopyRow[]): ProductDetailResponse {
    return {
      ...ProductResponse.from(product),
      metadata: product.metadata,
      copies: copies.map(({ location, path, status, verifiedAt }) => ({
        location,
        path,
        status,
        verified_at: verifiedAt,
      })),
    };
  }
}
