import { ApiProperty } from '@nestjs/swagger';

/** What goes by a name and can be paused: by whom, since when and why, all null while it is not. */
export abstract class PausableResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({ type: Date, nullable: true })
  paused_at!: Date | null;

  @ApiProperty({ type: String, nullable: true })
  paused_by!: string | null;

  @ApiProperty({ type: String, nullable: true })
  pause_reason!: string | null;
}

interface PausableRow {
  readonly id: number;
  readonly name: string;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

export const pausable = ({ id, name, pausedAt, pausedBy, pauseReason }: PausableRow): PausableResponse => ({
  id,
  name,
  paused_at: pausedAt,
  paused_by: pausedBy,
  pause_reason: pauseReason,
});
