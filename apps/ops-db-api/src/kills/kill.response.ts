import { describeKill, KILL_SCOPES } from '@meridian/core';
import type { AliveJob, KillRow, KillSiteRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export const KILL_STATES = ['open', 'settled', 'given_up'] as const;
export type KillState = (typeof KILL_STATES)[number];

export class AliveJobResponse implements AliveJob {
  @ApiProperty()
  job_id!: string;

  @ApiProperty()
  token!: string;

  @ApiProperty()
  run_id!: number;

  @ApiProperty({ type: String, nullable: true, description: 'Null when the database does not know the run.' })
  pipeline!: string | null;

  @ApiProperty({ enum: ['queued', 'running'] })
  state!: 'queued' | 'running';

  @ApiProperty({ type: String, nullable: true, description: 'Since when, as far as the database knows.' })
  since!: string | null;
}

export class KillSiteResponse implements KillSiteRow {
  @ApiProperty()
  location!: string;

  @ApiProperty({ type: String, nullable: true, description: 'When it was last asked what is alive.' })
  asked_at!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'When it last answered.' })
  answered_at!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why the newest question got no answer; null when it did.',
  })
  silence!: string | null;

  @ApiProperty({ description: 'Answers in a row with nothing alive; two are the proof.' })
  clean_looks!: number;

  @ApiProperty({ description: 'How often a job there was told to stop.' })
  told_count!: number;

  @ApiProperty({ description: 'Jobs in scope that were alive at its newest answer.' })
  alive_count!: number;

  @ApiProperty({ type: [AliveJobResponse], description: 'The first 1000 of them.' })
  alive!: readonly AliveJobResponse[];
}

export class KillResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty({ enum: KILL_SCOPES })
  scope!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The id of the run, or the name of the pipeline or location; null for everything.',
  })
  target!: string | null;

  @ApiProperty()
  reason!: string;

  @ApiProperty()
  requested_by!: string;

  @ApiProperty()
  requested_at!: Date;

  @ApiProperty({
    enum: KILL_STATES,
    description: 'settled: it is proven that nothing is alive. given_up: lifted before that.',
  })
  state!: KillState;

  @ApiProperty({ description: 'While it is true nothing new starts in its scope.' })
  holds!: boolean;

  @ApiProperty({ type: Date, nullable: true })
  settled_at!: Date | null;

  @ApiProperty({ type: Date, nullable: true })
  lifted_at!: Date | null;

  @ApiProperty({ type: String, nullable: true })
  lifted_by!: string | null;

  @ApiProperty({ description: 'The proof, or what stands between us and it, in one sentence.' })
  summary!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Runs that it found active, by their status now.',
  })
  runs!: object;

  @ApiProperty({ type: [KillSiteResponse], description: 'Every site that is asked what is alive.' })
  sites!: readonly KillSiteResponse[];

  static from(row: KillRow): KillResponse {
    const { id, scope, target, reason, holds, runs, sites } = row;
    const accounts = sites.map((site) => ({
      location: site.location,
      answeredAt: site.answered_at,
      silence: site.silence,
      aliveCount: site.alive_count,
      cleanLooks: site.clean_looks,
    }));
    const { settledAt, liftedBy } = row;
    return {
      id,
      scope,
      target,
      reason,
      requested_by: row.requestedBy,
      requested_at: row.requestedAt,
      state: stateOf(row),
      holds,
      settled_at: settledAt,
      lifted_at: row.liftedAt,
      lifted_by: liftedBy,
      summary: describeKill({
        settledAt: settledAt?.toISOString() ?? null,
        liftedBy,
        runs,
        sites: accounts,
      }),
      runs,
      sites,
    };
  }
}

function stateOf({ settledAt, liftedAt }: KillRow): KillState {
  if (settledAt !== null) return 'settled';
  return liftedAt === null ? 'open' : 'given_up';
}
