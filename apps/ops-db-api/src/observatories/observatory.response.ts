import type { Observatory } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class ObservatoryResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty()
  created_at!: Date;

  static from(observatory: Observatory): ObservatoryResponse {
    return {
      id: observatory.id,
      name: observatory.name,
      description: observatory.description,
      created_at: observatory.createdAt,
    };
  }
}
