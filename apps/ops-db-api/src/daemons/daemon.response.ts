import type { DaemonHeartbeat, StoredJson } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export const DAEMON_STATES = ['alive', 'late'] as const;
export type DaemonState = (typeof DAEMON_STATES)[number];

/** A daemon beats every few seconds; one that was silent for this long is stuck, cut off or gone. */
export const LATE_AFTER_SECONDS = 60;

/** Since its last heartbeat, by the database's clock. */
export const secondsSilent = ({ beatAt }: DaemonHeartbeat, now: Date): number =>
  Math.max(0, (now.getTime() - beatAt.getTime()) / 1000);

export class DaemonResponse {
  @ApiProperty({ example: 'workflow-manager' })
  daemon!: string;

  @ApiProperty()
  instance!: string;

  @ApiProperty()
  host!: string;

  @ApiProperty()
  pid!: number;

  @ApiProperty()
  version!: string;

  @ApiProperty()
  started_at!: Date;

  @ApiProperty()
  beat_at!: Date;

  @ApiProperty()
  seconds_since_beat!: number;

  @ApiProperty({ enum: DAEMON_STATES, description: `late: silent for more than ${LATE_AFTER_SECONDS} s.` })
  state!: DaemonState;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Per pass: its last run, what it changed, its last error.',
  })
  passes!: StoredJson;

  static from(beat: DaemonHeartbeat, now: Date): DaemonResponse {
    const silentSeconds = secondsSilent(beat, now);
    return {
      daemon: beat.daemon,
      instance: beat.instance,
      host: beat.host,
      pid: beat.pid,
      version: beat.version,
      started_at: beat.startedAt,
      beat_at: beat.beatAt,
      seconds_since_beat: Math.round(silentSeconds),
      state: silentSeconds > LATE_AFTER_SECONDS ? 'late' : 'alive',
      passes: beat.passes,
    };
  }
}

export class DaemonsResponse {
  @ApiProperty({ type: [DaemonResponse] })
  items!: DaemonResponse[];
}
