import type { LocationHealth } from '../queries/record-location-health.sql.js';
import type { Dims, LocationBackend, LocationKind, LocationRuntime, STAGING_KINDS } from '@meridian/core';
import {
  Column,
  Entity,
  JoinColumn,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { ExecutedObsUnit, InstrumentModule } from './observatory.entities.js';
import type { StoredJson } from './stored-json.js';

@Entity('data_location')
export class DataLocation {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @Column('text')
  name!: string;

  @Column('text')
  kind!: LocationKind;

  @Column({ type: 'text', name: 'base_path' })
  basePath!: string;

  @Column({ type: 'text', nullable: true })
  backend!: LocationBackend | null;

  @Column({ type: 'jsonb', name: 'backend_config' })
  backendConfig!: StoredJson;

  @Column({ type: 'text', nullable: true })
  runtime!: LocationRuntime | null;

  @Column('text')
  staging!: (typeof STAGING_KINDS)[number];

  @Column({ type: 'integer', name: 'max_active_runs', nullable: true })
  maxActiveRuns!: number | null;

  @Column({ type: 'integer', name: 'max_jobs_in_queue', nullable: true })
  maxJobsInQueue!: number | null;

  @Column({ type: 'bigint', name: 'capacity_bytes', nullable: true })
  capacityBytes!: number | null;

  @Column({ type: 'bigint', name: 'high_water_bytes', nullable: true })
  highWaterBytes!: number | null;

  @Column({ type: 'bigint', name: 'low_water_bytes', nullable: true })
  lowWaterBytes!: number | null;

  @Column({ type: 'timestamptz', name: 'purge_paused_at', nullable: true })
  purgePausedAt!: Date | null;

  @Column({ type: 'text', name: 'purge_paused_by', nullable: true })
  purgePausedBy!: string | null;

  @Column({ type: 'text', name: 'purge_pause_reason', nullable: true })
  purgePauseReason!: string | null;

  @Column({ type: 'timestamptz', name: 'paused_at', nullable: true })
  pausedAt!: Date | null;

  @Column({ type: 'text', name: 'paused_by', nullable: true })
  pausedBy!: string | null;

  @Column({ type: 'text', name: 'pause_reason', nullable: true })
  pauseReason!: string | null;

  @Column({ type: 'jsonb', nullable: true, insert: false, update: false })
  health!: LocationHealth | null;

  @Column({ type: 'timestamptz', name: 'health_checked_at', nullable: true, insert: false, update: false })
  healthCheckedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', insert: false })
  updatedAt!: Date;
}

export const DATA_ITEM_KINDS = ['RAW_DATA_FILE', 'RAW_DATA_PACKAGE', 'DATA_PRODUCT'] as const;
export type DataItemKind = (typeof DATA_ITEM_KINDS)[number];

@Entity('data_item')
export class DataItem {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @Column('text')
  kind!: DataItemKind;

  @Column('text')
  name!: string;

  @Column('jsonb')
  dims!: Dims;

  @Column({ type: 'text', name: 'content_hash' })
  contentHash!: string;

  @Column({ type: 'bigint', name: 'size_bytes' })
  sizeBytes!: number;

  @Column({ type: 'timestamptz', name: 'obs_time', nullable: true })
  obsTime!: Date | null;

  @Column({ type: 'timestamptz', name: 'obs_time_end', nullable: true })
  obsTimeEnd!: Date | null;

  @Column({ type: 'double precision', name: 'ra_deg', nullable: true })
  raDeg!: number | null;

  @Column({ type: 'double precision', name: 'dec_deg', nullable: true })
  decDeg!: number | null;

  @Column('jsonb')
  metadata!: StoredJson;

  @Column({ type: 'timestamptz', name: 'retired_at', nullable: true })
  retiredAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'registered_at', insert: false, update: false })
  registeredAt!: Date;

  @Column({ type: 'timestamptz', name: 'changed_at', insert: false })
  changedAt!: Date;

  @OneToMany(() => PhysicalCopy, (copy) => copy.item)
  copies!: Relation<PhysicalCopy>[];
}

export const COPY_STATUSES = [
  'PRESENT',
  'STAGED',
  'DELETION_SCHEDULED',
  'DELETION_IN_PROGRESS',
  'DELETED',
  'DELETION_FAILED',
  'MISSING',
  'CORRUPT',
] as const;
export type CopyStatus = (typeof COPY_STATUSES)[number];

@Entity('physical_copy')
export class PhysicalCopy {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @ManyToOne(() => DataItem, (item) => item.copies)
  @JoinColumn({ name: 'item_id' })
  item!: Relation<DataItem>;

  @ManyToOne(() => DataLocation)
  @JoinColumn({ name: 'data_location_id' })
  location!: Relation<DataLocation>;

  /** Relative to the location's base path. */
  @Column('text')
  path!: string;

  @Column('text')
  status!: CopyStatus;

  @Column({ type: 'timestamptz', name: 'verified_at', nullable: true })
  verifiedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;
}

export const PACKAGE_STATES = ['WAITING', 'TRANSFERRING', 'ARCHIVED', 'FAILED'] as const;
export type PackageState = (typeof PACKAGE_STATES)[number];

@Entity('raw_data_package')
export class RawDataPackage {
  @PrimaryColumn({ type: 'bigint', name: 'item_id' })
  itemId!: number;

  @OneToOne(() => DataItem)
  @JoinColumn({ name: 'item_id' })
  item!: Relation<DataItem>;

  @Column({ type: 'text', name: 'external_id' })
  externalId!: string;

  @ManyToOne(() => ExecutedObsUnit)
  @JoinColumn({ name: 'executed_obs_unit_id' })
  executedObsUnit!: Relation<ExecutedObsUnit>;

  @ManyToOne(() => InstrumentModule)
  @JoinColumn({ name: 'instrument_module_id' })
  instrumentModule!: Relation<InstrumentModule>;

  @Column('text')
  state!: PackageState;
}

@Entity('raw_data_file')
export class RawDataFile {
  @PrimaryColumn({ type: 'bigint', name: 'item_id' })
  itemId!: number;

  @OneToOne(() => DataItem)
  @JoinColumn({ name: 'item_id' })
  item!: Relation<DataItem>;

  /** The telescope's own id where it has one; otherwise location and path of the first copy. */
  @Column({ type: 'text', name: 'external_id' })
  externalId!: string;

  @ManyToOne(() => RawDataPackage, { nullable: true })
  @JoinColumn({ name: 'raw_data_package_id' })
  rawDataPackage!: Relation<RawDataPackage> | null;

  @ManyToOne(() => ExecutedObsUnit, { nullable: true })
  @JoinColumn({ name: 'executed_obs_unit_id' })
  executedObsUnit!: Relation<ExecutedObsUnit> | null;

  @ManyToOne(() => InstrumentModule, { nullable: true })
  @JoinColumn({ name: 'instrument_module_id' })
  instrumentModule!: Relation<InstrumentModule> | null;
}
