import type { RebuildRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class RebuildProblemResponse {
  @ApiProperty({ description: "Of the attempt, relative to the location's base." })
  directory!: string;

  @ApiProperty()
  reason!: string;
}

export class RebuildResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  location!: string;

  @ApiProperty()
  dry_run!: boolean;

  @ApiProperty()
  requested_by!: string;

  @ApiProperty({ enum: ['waiting', 'running', 'done', 'failed'] })
  state!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    description:
      'Attempts found, known already, rebuilt, that remade products of others, unfinished, failed, with problems; products; and of those the files that are lost.',
  })
  counts!: Readonly<Record<string, number>>;

  @ApiProperty({ type: [RebuildProblemResponse], description: 'The first of what could not be rebuilt.' })
  problems!: readonly RebuildProblemResponse[];

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed as a whole.' })
  problem!: string | null;

  @ApiProperty()
  created_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  finished_at!: Date | null;

  static from(row: RebuildRow): RebuildResponse {
    const { id, location, state, counts, problems, problem } = row;
    return {
      ...{ id, location, dry_run: row.dryRun, requested_by: row.requestedBy, state, counts },
      ...{ problems, problem, created_at: row.createdAt, finished_at: row.finishedAt },
    };
  }
}
