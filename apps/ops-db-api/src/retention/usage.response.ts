import type { LocationUsage } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import type { DiskSpace } from './disk-space.js';

export class DiskSpaceResponse {
  @ApiProperty()
  total_bytes!: number;

  @ApiProperty({ description: 'For who is not root.' })
  free_bytes!: number;
}

export class LocationUsageResponse {
  @ApiProperty()
  location!: string;

  @ApiProperty({ description: 'Files that the records say lie there.' })
  files!: number;

  @ApiProperty()
  bytes!: number;

  @ApiProperty({ type: Number, nullable: true })
  capacity_bytes!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Where purging begins.' })
  high_water_bytes!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Where it ends.' })
  low_water_bytes!: number | null;

  @ApiProperty({ type: Date, nullable: true })
  purge_paused_at!: Date | null;

  @ApiProperty({ type: String, nullable: true })
  purge_paused_by!: string | null;

  @ApiProperty({ type: String, nullable: true })
  purge_pause_reason!: string | null;

  @ApiProperty({
    type: DiskSpaceResponse,
    nullable: true,
    description:
      'What the file system says, of everything on it; null where it is not mounted here, or nobody asked.',
  })
  disk!: DiskSpaceResponse | null;

  static from(usage: LocationUsage, disk: DiskSpace | null): LocationUsageResponse {
    const { name, files, bytes } = usage;
    return {
      ...{ location: name, files, bytes, capacity_bytes: usage.capacityBytes },
      ...{ high_water_bytes: usage.highWaterBytes, low_water_bytes: usage.lowWaterBytes },
      ...{ purge_paused_at: usage.purgePausedAt, purge_paused_by: usage.purgePausedBy },
      purge_pause_reason: usage.purgePauseReason,
      disk: disk === null ? null : { total_bytes: disk.totalBytes, free_bytes: disk.freeBytes },
    };
  }
}
