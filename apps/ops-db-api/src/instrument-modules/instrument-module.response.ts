import type { InstrumentModule } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class InstrumentModuleResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  instrument!: string;

  @ApiProperty({ description: 'How raw data name it.', example: 'CHAI/LFA' })
  full_name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty()
  created_at!: Date;

  static from(module: InstrumentModule): InstrumentModuleResponse {
    return {
      id: module.id,
      name: module.name,
      instrument: module.instrument.name,
      full_name: `${module.instrument.name}/${module.name}`,
      description: module.description,
      created_at: module.createdAt,
    };
  }
}
