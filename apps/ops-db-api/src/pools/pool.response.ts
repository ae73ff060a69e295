import type { PoolRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

/** Slots that runs share, whatever pipeline and location they belong to. */
export class PoolResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({ description: 'How many runs may be active at once.' })
  slots!: number;

  @ApiProperty({ description: 'Runs that take a slot now.' })
  in_use!: number;

  @ApiProperty({ description: 'Runs of its steps that have not begun.' })
  pending!: number;

  @ApiProperty({ type: [String], description: 'As pipeline/step.' })
  steps!: readonly string[];

  @ApiProperty({ type: Date, nullable: true })
  paused_at!: Date | null;

  @ApiProperty({ type: String, nullable: true })
  paused_by!: string | null;

  @ApiProperty({ type: String, nullable: true })
  pause_reason!: string | null;

  static from(row: PoolRow): PoolResponse {
    const { id, name, slots, pending, steps } = row;
    return {
      id,
      name,
      slots,
      in_use: row.inUse,
      pending,
      steps,
      paused_at: row.pausedAt,
      paused_by: row.pausedBy,
      pause_reason: row.pauseReason,
    };
  }
}
