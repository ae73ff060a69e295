import type { ApiToken } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { ROLES } from '../auth/roles.js';

export class TokenResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({ description: 'The first characters of the secret, to recognise it by.' })
  prefix!: string;

  @ApiProperty({ enum: ROLES })
  role!: string;

  @ApiProperty()
  created_by!: string;

  @ApiProperty()
  created_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  expires_at!: Date | null;

  @ApiProperty({ type: Date, nullable: true })
  revoked_at!: Date | null;

  @ApiProperty({ type: Date, nullable: true, description: 'Exact to a minute.' })
  last_used_at!: Date | null;

  static from(token: ApiToken): TokenResponse {
    return {
      id: token.id,
      name: token.name,
      prefix: token.prefix,
      role: token.role,
      created_by: token.createdBy,
      created_at: token.createdAt,
      expires_at: token.expiresAt,
      revoked_at: token.revokedAt,
      last_used_at: token.lastUsedAt,
    };
  }
}

export class CreatedTokenResponse extends TokenResponse {
  @ApiProperty({ description: 'The secret. It cannot be shown again.', example: 'mrd_…' })
  token!: string;

  static with(token: ApiToken, secret: string): CreatedTokenResponse {
    return { ...TokenResponse.from(token), token: secret };
  }
}
