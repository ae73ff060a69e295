import type { LineageItem, LineageRun } from '@meridian/ops-db';
import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { LineageWalk } from './walk-lineage.js';

export class LineageItemNode {
  @ApiProperty({ example: 'item:17' })
  id!: string;

  @ApiProperty({ enum: ['RAW_DATA_FILE', 'RAW_DATA_PACKAGE', 'DATA_PRODUCT'] })
  kind!: string;

  @ApiProperty()
  item_id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Type of a product; null for raw data.' })
  type!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: object;

  @ApiProperty()
  size_bytes!: number;

  @ApiProperty()
  content_hash!: string;

  @ApiProperty({ type: Date, nullable: true })
  superseded_at!: Date | null;

  static from(item: LineageItem): LineageItemNode {
    const { id, kind, name, type, dims, sizeBytes, contentHash, supersededAt } = item;
    return {
      id: `item:${id}`,
      kind,
      item_id: id,
      name,
      type,
      dims,
      size_bytes: sizeBytes,
      content_hash: contentHash,
      superseded_at: supersededAt,
    };
  }
}

export class LineageRunNode {
  @ApiProperty({ example: 'run:5' })
  id!: string;

  @ApiProperty({ enum: ['RUN'] })
  kind!: 'RUN';

  @ApiProperty()
  run_id!: number;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty()
  status!: string;

  @ApiProperty()
  software!: string;

  @ApiProperty()
  software_version!: string;

  @ApiProperty()
  software_digest!: string;

  @ApiProperty()
  recipe_hash!: string;

  @ApiProperty({ type: Date, nullable: true })
  finished_at!: Date | null;

  static from(run: LineageRun): LineageRunNode {
    const { id, pipeline, step, status, software } = run;
    return {
      id: `run:${id}`,
      kind: 'RUN',
      run_id: id,
      pipeline,
      step,
      status,
      software,
      software_version: run.softwareVersion,
      software_digest: run.softwareDigest,
      recipe_hash: run.recipeHash,
      finished_at: run.finishedAt,
    };
  }
}

export class LineageEdgeResponse {
  @ApiProperty({ example: 'item:17' })
  from!: string;

  @ApiProperty({ example: 'run:5' })
  to!: string;

  @ApiProperty({ enum: ['used', 'generated'] })
  relation!: 'used' | 'generated';

  @ApiProperty({
    description: 'What was consumed or written; differs from the content_hash of an item that changed since.',
  })
  content_hash!: string;
}

@ApiExtraModels(LineageItemNode, LineageRunNode)
export class LineageResponse {
  @ApiProperty({ example: 'item:17' })
  root!: string;

  @ApiProperty({ enum: ['up', 'down'] })
  direction!: string;

  @ApiProperty({
    type: 'array',
    items: { oneOf: [{ $ref: getSchemaPath(LineageItemNode) }, { $ref: getSchemaPath(LineageRunNode) }] },
  })
  nodes!: readonly (LineageItemNode | LineageRunNode)[];

  @ApiProperty({ type: [LineageEdgeResponse], description: 'Always in the direction in which data flow.' })
  edges!: readonly LineageEdgeResponse[];

  @ApiProperty({ description: 'There is more than depth and limit allowed to show.' })
  truncated!: boolean;
}

/** The edges of a walk, in the direction in which data flow. */
export const lineageEdges = ({ used, generated }: LineageWalk): LineageEdgeResponse[] => [
  ...used.map((edge) => ({
    from: `item:${edge.itemId}`,
    to: `run:${edge.runId}`,
    relation: 'used' as const,
    content_hash: edge.contentHash,
  })),
  ...generated.map((edge) => ({
    from: `run:${edge.runId}`,
    to: `item:${edge.itemId}`,
    relation: 'generated' as const,
    content_hash: edge.contentHash,
  })),
];
