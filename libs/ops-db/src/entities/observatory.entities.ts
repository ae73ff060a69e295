import {
  Column,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import type { StoredJson } from './stored-json.js';

@Entity('observatory')
export class Observatory {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;
}

@Entity('telescope')
export class Telescope {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @ManyToOne(() => Observatory)
  @JoinColumn({ name: 'observatory_id' })
  observatory!: Relation<Observatory>;

  @Column('text')
  name!: string;

  @Column({ type: 'double precision', name: 'latitude_deg', nullable: true })
  latitudeDeg!: number | null;

  @Column({ type: 'double precision', name: 'longitude_deg', nullable: true })
  longitudeDeg!: number | null;

  @Column({ type: 'double precision', name: 'altitude_m', nullable: true })
  altitudeM!: number | null;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;
}

@Entity('instrument')
export class Instrument {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @ManyToOne(() => Telescope)
  @JoinColumn({ name: 'telescope_id' })
  telescope!: Relation<Telescope>;

  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  @Column('boolean')
  available!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;
}

@Entity('instrument_module')
export class InstrumentModule {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @ManyToOne(() => Instrument)
  @JoinColumn({ name: 'instrument_id' })
  instrument!: Relation<Instrument>;

  /** Unique within its instrument; `instrument/module` names it everywhere else. */
  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;
}

@Entity('observing_program')
export class ObservingProgram {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @Column('text')
  name!: string;

  @Column('text')
  title!: string;

  @Column('text')
  lead!: string;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;
}

export const SOURCE_KINDS = ['FIXED', 'SOLAR_SYSTEM', 'CONSTANT_ELEVATION'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

@Entity('source')
export class Source {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @Column('text')
  name!: string;

  @Column('text')
  kind!: SourceKind;

  @Column({ type: 'double precision', name: 'ra_deg', nullable: true })
  raDeg!: number | null;

  @Column({ type: 'double precision', name: 'dec_deg', nullable: true })
  decDeg!: number | null;

  @Column({ type: 'integer', name: 'naif_id', nullable: true })
  naifId!: number | null;

  @Column({ type: 'double precision', name: 'elevation_deg', nullable: true })
  elevationDeg!: number | null;

  @Column('jsonb')
  metadata!: StoredJson;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;
}

@Entity('obs_unit')
export class ObsUnit {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;

  @Column('text')
  name!: string;

  @ManyToOne(() => ObservingProgram)
  @JoinColumn({ name: 'observing_program_id' })
  observingProgram!: Relation<ObservingProgram>;

  @ManyToOne(() => Source)
  @JoinColumn({ name: 'source_id' })
  source!: Relation<Source>;

  @ManyToOne(() => Instrument, { nullable: true })
  @JoinColumn({ name: 'instrument_id' })
  instrument!: Relation<Instrument> | null;

  @Column({ type: 'text', nullable: true })
  line!: string | null;

  @Column('jsonb')
  metadata!: StoredJson;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;
}

export const EXECUTION_OUTCOMES = ['SUCCEEDED', 'FAILED', 'ABORTED'] as const;
export type ExecutionOutcome = (typeof EXECUTION_OUTCOMES)[number];

@Entity('executed_obs_unit')
export class ExecutedObsUnit {
  /** Made at the telescope. */
  @PrimaryColumn('uuid')
  id!: string;

  @ManyToOne(() => ObsUnit)
  @JoinColumn({ name: 'obs_unit_id' })
  obsUnit!: Relation<ObsUnit>;

  @Column({ type: 'timestamptz', name: 'started_at' })
  startedAt!: Date;

  @Column({ type: 'timestamptz', name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column('text')
  status!: 'RUNNING' | ExecutionOutcome;

  @Column('jsonb')
  metadata!: StoredJson;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;
}
