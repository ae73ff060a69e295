import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { StoredJson } from './stored-json.js';

@Entity('api_token')
export class ApiToken {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @Column('text')
  name!: string;

  /** SHA-256 of the token, in hexadecimal. */
  @Column({ type: 'text', name: 'token_hash' })
  tokenHash!: string;

  @Column('text')
  prefix!: string;

  @Column('text')
  role!: string;

  @Column({ type: 'text', name: 'created_by' })
  createdBy!: string;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;
}

@Entity('audit_log')
export class AuditLogEntry {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @Column({ type: 'timestamptz', insert: false, update: false })
  at!: Date;

  @Column('text')
  actor!: string;

  @Column('text')
  action!: string;

  @Column('text')
  target!: string;

  @Column({ type: 'jsonb', nullable: true })
  before!: StoredJson | null;

  @Column({ type: 'jsonb', nullable: true })
  after!: StoredJson | null;

  @Column({ type: 'text', name: 'request_id' })
  requestId!: string;
}

@Entity('daemon_heartbeat')
export class DaemonHeartbeat {
  @PrimaryColumn('text')
  daemon!: string;

  @PrimaryColumn('text')
  instance!: string;

  @Column('text')
  host!: string;

  @Column('integer')
  pid!: number;

  @Column('text')
  version!: string;

  @Column({ type: 'timestamptz', name: 'started_at' })
  startedAt!: Date;

  @Column({ type: 'timestamptz', name: 'beat_at' })
  beatAt!: Date;

  @Column('jsonb')
  passes!: StoredJson;
}
