import type { PurgeDecisionRow, PurgeRehearsal, PurgeRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

const ACTIONS = ['delete', 'keep'];

export class PurgeSumResponse {
  @ApiProperty({ enum: ACTIONS })
  action!: string;

  @ApiProperty({ description: 'Why they went, or why they stay.' })
  reason!: string;

  @ApiProperty()
  files!: number;

  @ApiProperty()
  bytes!: number;
}

export class PurgeResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  location!: string;

  @ApiProperty({ enum: ['high_water', 'request'] })
  cause!: string;

  @ApiProperty({ type: String, nullable: true })
  requested_by!: string | null;

  @ApiProperty()
  reason!: string;

  @ApiProperty({ enum: ['waiting', 'running', 'done'] })
  state!: string;

  @ApiProperty({ description: 'The level that it goes down to.' })
  down_to_bytes!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'What the records said lay there when it began.',
  })
  used_before_bytes!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'When it ended: before, less what it deleted, plus what came meanwhile.',
  })
  used_after_bytes!: number | null;

  @ApiProperty()
  deleted_bytes!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'What was registered there, less what went otherwise, while it ran.',
  })
  arrived_bytes!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why it does not go on, or ended above its level.',
  })
  problem!: string | null;

  @ApiProperty({ type: [PurgeSumResponse], description: 'Everything that it decided about.' })
  sums!: readonly PurgeSumResponse[];

  @ApiProperty()
  created_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  started_at!: Date | null;

  @ApiProperty({ type: Date, nullable: true })
  finished_at!: Date | null;

  static from(row: PurgeRow): PurgeResponse {
    const { id, location, cause, reason, problem, sums, usedBeforeBytes, usedAfterBytes, finishedAt } = row;
    const deleted = sums.reduce((sum, { action, bytes }) => sum + (action === 'delete' ? bytes : 0), 0);
    const isOver = usedBeforeBytes !== null && usedAfterBytes !== null;
    const begun = row.startedAt === null ? 'waiting' : 'running';
    return {
      ...{ id, location, cause, requested_by: row.requestedBy, reason, problem, sums },
      state: finishedAt === null ? begun : 'done',
      down_to_bytes: row.downToBytes,
      used_before_bytes: usedBeforeBytes,
      used_after_bytes: usedAfterBytes,
      deleted_bytes: deleted,
      arrived_bytes: isOver ? usedAfterBytes - usedBeforeBytes + deleted : null,
      ...{ created_at: row.createdAt, started_at: row.startedAt, finished_at: finishedAt },
    };
  }
}

export class RehearsedFileResponse {
  @ApiProperty()
  product_id!: number;

  @ApiProperty({ description: "Relative to the location's base." })
  path!: string;

  @ApiProperty()
  bytes!: number;
}

export class RehearsedSumResponse extends PurgeSumResponse {
  @ApiProperty({ type: [RehearsedFileResponse], description: 'Some of them, the oldest.' })
  sample!: readonly RehearsedFileResponse[];
}

export class PurgePlanResponse {
  @ApiProperty()
  location!: string;

  @ApiProperty()
  down_to_bytes!: number;

  @ApiProperty()
  used_before_bytes!: number;

  @ApiProperty()
  used_after_bytes!: number;

  @ApiProperty({ description: 'False when there are more files than were looked at.' })
  is_complete!: boolean;

  @ApiProperty({ type: [RehearsedSumResponse] })
  sums!: readonly RehearsedSumResponse[];

  static from(location: string, downToBytes: number, plan: PurgeRehearsal): PurgePlanResponse {
    return {
      location,
      down_to_bytes: downToBytes,
      used_before_bytes: plan.usedBeforeBytes,
      used_after_bytes: plan.usedAfterBytes,
      is_complete: plan.isComplete,
      sums: plan.sums.map(({ sample, ...sum }) => ({
        ...sum,
        sample: sample.map(({ itemId, path, bytes }) => ({ product_id: itemId, path, bytes })),
      })),
    };
  }
}

export class PurgeDecisionResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'Null for what an attempt left.' })
  purge_id!: number | null;

  @ApiProperty()
  location!: string;

  @ApiProperty({ type: Number, nullable: true })
  item_id!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  run_id!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Whose leavings these were; null for a product.',
  })
  attempt!: number | null;

  @ApiProperty({ description: "Relative to the location's base." })
  path!: string;

  @ApiProperty()
  files!: number;

  @ApiProperty()
  bytes!: number;

  @ApiProperty({ enum: ACTIONS })
  action!: string;

  @ApiProperty()
  reason!: string;

  @ApiProperty({ description: 'What the site said, where it did.' })
  detail!: string;

  @ApiProperty({ description: 'Of what stays: since when for this reason.' })
  decided_at!: Date;

  @ApiProperty({ type: Date, nullable: true, description: 'When the bytes were found gone.' })
  deleted_at!: Date | null;

  static from(row: PurgeDecisionRow): PurgeDecisionResponse {
    const { id, location, attempt, path, files, bytes, action, reason, detail } = row;
    return {
      ...{ id, purge_id: row.purgeId, location, item_id: row.itemId, run_id: row.runId, attempt, path },
      ...{ files, bytes, action, reason, detail, decided_at: row.decidedAt, deleted_at: row.deletedAt },
    };
  }
}
