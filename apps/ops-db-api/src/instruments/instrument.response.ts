import type { Instrument } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class InstrumentResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  telescope!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty()
  available!: boolean;

  @ApiProperty()
  created_at!: Date;

  static from(instrument: Instrument): InstrumentResponse {
    return {
      id: instrument.id,
      name: instrument.name,
      telescope: instrument.telescope.name,
      description: instrument.description,
      available: instrument.available,
      created_at: instrument.createdAt,
    };
  }
}
