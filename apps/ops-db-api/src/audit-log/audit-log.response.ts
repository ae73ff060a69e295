import type { AuditLogEntry, StoredJson } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class AuditLogResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  at!: Date;

  @ApiProperty({ example: 'token:alice' })
  actor!: string;

  @ApiProperty({ example: 'location.pause' })
  action!: string;

  @ApiProperty({ example: 'location:cologne-cluster' })
  target!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  before!: StoredJson | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  after!: StoredJson | null;

  @ApiProperty()
  request_id!: string;

  static from(entry: AuditLogEntry): AuditLogResponse {
    const { id, at, actor, action, target, before, after, requestId } = entry;
    return { id, at, actor, action, target, before, after, request_id: requestId };
  }
}
