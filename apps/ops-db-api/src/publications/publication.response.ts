import { PUBLICATION_STATES } from '@meridian/core';
import type { PublicationRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class PublicationMoveResponse {
  @ApiProperty({ enum: PUBLICATION_STATES, nullable: true })
  from!: string | null;

  @ApiProperty({ enum: PUBLICATION_STATES })
  to!: string;

  @ApiProperty()
  actor!: string;

  @ApiProperty()
  reason!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

export class PublicationResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  product_id!: number;

  @ApiProperty({ description: "Relative to its run's output directory." })
  product!: string;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty()
  run_id!: number;

  @ApiProperty({ description: 'Where the public reads it.' })
  location!: string;

  @ApiProperty({ enum: PUBLICATION_STATES })
  state!: string;

  @ApiProperty({ type: [String], description: 'Why it is not further, or was taken back.' })
  reasons!: readonly string[];

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Of what is published under this name; never given twice.',
  })
  version!: number | null;

  @ApiProperty({ type: String, nullable: true, description: "Relative to the location's base." })
  path!: string | null;

  @ApiProperty()
  attempts!: number;

  @ApiProperty()
  max_attempts!: number;

  @ApiProperty()
  created_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  published_at!: Date | null;

  @ApiProperty({ type: [PublicationMoveResponse], description: 'How it came here, oldest first.' })
  events!: readonly PublicationMoveResponse[];

  static from(row: PublicationRow): PublicationResponse {
    const { id, product, pipeline, step, location, state, reasons, version, path, attempts, events } = row;
    return {
      ...{
        id,
        product_id: row.productId,
        product,
        pipeline,
        step,
        run_id: row.runId,
        location,
        state,
        reasons,
      },
      ...{ version, path, attempts, max_attempts: row.maxAttempts },
      ...{ created_at: row.createdAt, published_at: row.publishedAt, events },
    };
  }
}
