import type { Telescope } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class TelescopeResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  observatory!: string;

  @ApiProperty({ type: Number, nullable: true })
  latitude_deg!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  longitude_deg!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  altitude_m!: number | null;

  @ApiProperty()
  created_at!: Date;

  static from(telescope: Telescope): TelescopeResponse {
    return {
      id: telescope.id,
      name: telescope.name,
      observatory: telescope.observatory.name,
      latitude_deg: telescope.latitudeDeg,
      longitude_deg: telescope.longitudeDeg,
      altitude_m: telescope.altitudeM,
      created_at: telescope.createdAt,
    };
  }
}
