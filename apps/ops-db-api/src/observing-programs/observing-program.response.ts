import type { ObservingProgram } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class ObservingProgramResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty()
  lead!: string;

  @ApiProperty()
  created_at!: Date;

  static from(program: ObservingProgram): ObservingProgramResponse {
    return {
      id: program.id,
      name: program.name,
      title: program.title,
      lead: program.lead,
      created_at: program.createdAt,
    };
  }
}
