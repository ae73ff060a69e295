import { BREAKER_STATES, type BreakerRow, type BreakerState } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class BreakerResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  location!: string;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty({ example: 'SOFTWARE', description: 'The class of the failures that it counts.' })
  failure_class!: string;

  @ApiProperty({
    enum: BREAKER_STATES,
    description:
      'open: nothing of the step starts there; half_open: one run at a time may try; closed: it is history.',
  })
  state!: BreakerState;

  @ApiProperty({ description: 'So many failures …' })
  failures!: number;

  @ApiProperty({ description: '… among so many outcomes opened it.' })
  outcomes!: number;

  @ApiProperty()
  last_failure!: string;

  @ApiProperty()
  opened_at!: Date;

  @ApiProperty({ description: 'How often it opened, or a run that tried failed, since it was last closed.' })
  openings!: number;

  @ApiProperty({ description: 'From then on one run may try.' })
  retry_at!: Date;

  @ApiProperty({ type: Number, nullable: true, description: 'The run that tries now.' })
  probe_run_id!: number | null;

  @ApiProperty({ type: Date, nullable: true })
  closed_at!: Date | null;

  @ApiProperty({ type: String, nullable: true })
  closed_by!: string | null;

  static from(row: BreakerRow): BreakerResponse {
    return {
      id: row.id,
      location: row.location,
      pipeline: row.pipeline,
      step: row.step,
      failure_class: row.failureClass,
      state: row.state,
      failures: row.failures,
      outcomes: row.outcomes,
      last_failure: row.lastFailure,
      opened_at: row.openedAt,
      openings: row.openings,
      retry_at: row.retryAt,
      probe_run_id: row.probeRunId,
      closed_at: row.closedAt,
      closed_by: row.closedBy,
    };
  }
}
