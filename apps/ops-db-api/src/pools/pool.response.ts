import type { PoolRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { pausable, PausableResponse } from '../http/pausable.response.js';

/** Slots that runs share, whatever pipeline and location they belong to. */
export class PoolResponse extends PausableResponse {
  @ApiProperty({ description: 'How many runs may be active at once.' })
  slots!: number;

  @ApiProperty({ description: 'Runs that take a slot now.' })
  in_use!: number;

  @ApiProperty({ description: 'Runs of its steps that have not begun.' })
  pending!: number;

  @ApiProperty({ type: [String], description: 'As pipeline/step.' })
  steps!: readonly string[];

  static from(row: PoolRow): PoolResponse {
    const { slots, pending, steps } = row;
    return {
      ...pausable(row),
      slots,
      in_use: row.inUse,
      pending,
      steps,
    };
  }
}
